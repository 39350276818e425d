import type { Translation, TranslationSource } from './translation.ts';

export function createCountTokensTranslation({ client }: TranslationSource): Translation {
  throw new TypeError(`${client} is not translated`);
}
