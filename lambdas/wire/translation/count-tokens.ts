import { anthropicCountTokensCodec } from '../codecs/count-tokens/anthropic.ts';
import type { CountTokensCodec } from '../codecs/count-tokens/codec.ts';
import { geminiCountTokensCodec } from '../codecs/count-tokens/gemini.ts';
import { openaiCountTokensCodec } from '../codecs/count-tokens/openai.ts';
import { freeUsage } from '../counting.ts';
import { codecsByName, neverStreamed, passLosses } from './codecs-by-name.ts';
import type { Translation, TranslationSource } from './translation.ts';

const codecs = codecsByName<CountTokensCodec>([
  anthropicCountTokensCodec,
  openaiCountTokensCodec,
  geminiCountTokensCodec,
]);

/** Counts of a conversation's tokens. Counting is free everywhere, so an answer always tells its usage: none. */
export function createCountTokensTranslation({ client, fields, dropUnsupported }: TranslationSource): Translation {
  const speaker = codecs(client);
  const request = speaker.decodeRequest(fields);
  return {
    encode: (target) =>
      passLosses(request, target, dropUnsupported, {
        encode: (losses) => codecs(target.protocol).encodeCount(request, target, losses),
      }),
    answer: ({ protocol }) => ({
      ...neverStreamed,
      readWhole(value) {
        const tokens = codecs(protocol).decodeCount(value);
        if (tokens === undefined) return undefined;
        const body = Buffer.from(JSON.stringify(speaker.encodeCountResponse(tokens)));
        return { body, facts: { usage: freeUsage, finishReason: undefined } };
      },
    }),
  };
}
