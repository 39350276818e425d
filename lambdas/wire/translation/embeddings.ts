import type { Translation, TranslationSource } from './translation.ts';

export function createEmbeddingsTranslation({ client }: TranslationSource): Translation {
  throw new TypeError(`${client} is not translated`);
}
