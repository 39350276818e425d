import { embeddingsCodecs } from '../codecs/embeddings/embeddings-codecs.ts';
import { codecsByName, neverStreamed, passLosses } from './codecs-by-name.ts';
import type { Translation, TranslationSource } from './translation.ts';

const clientCodecs = codecsByName([...embeddingsCodecs.clients.values()]);
const upstreamCodecs = codecsByName([...embeddingsCodecs.upstreams.values()]);

/** Vectors of texts. */
export function createEmbeddingsTranslation({ client, fields, dropUnsupported }: TranslationSource): Translation {
  const speaker = clientCodecs(client);
  const request = speaker.decodeRequest(fields);
  return {
    encode: (target) =>
      passLosses(request, target, dropUnsupported, {
        encode: (losses) => upstreamCodecs(target.protocol).encodeRequest(request, target, losses),
      }),
    answer: ({ protocol, model }) => ({
      ...neverStreamed,
      readWhole(value, inputTokens) {
        const response = upstreamCodecs(protocol).decodeResponse(value, {
          inputs: request.inputs.length,
          ...(inputTokens !== undefined && { inputTokens }),
        });
        if (response === undefined) return undefined;
        const body = Buffer.from(JSON.stringify(speaker.encodeResponse(response, { model, request: fields })));
        return { body, facts: { usage: response.usage, finishReason: undefined } };
      },
    }),
  };
}
