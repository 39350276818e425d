import { given } from '../../canonical/read.ts';
import type { EmbeddingsUpstreamCodec } from './codec.ts';
import { encodeTask, plainTexts } from './encode-inputs.ts';
import { decodeResponse } from './openai.ts';

/** Without a type the text is embedded as it is. */
const inputTypes = {
  query: 'query',
  'question-answering': 'query',
  'code-query': 'query',
  document: 'document',
} as const;

/** https://docs.voyageai.com/reference/embeddings-api */
export const voyageEmbeddingsCodec: EmbeddingsUpstreamCodec = {
  name: 'voyage-embeddings',
  encodeRequest: (request, { model }, losses) => ({
    model,
    input: plainTexts(request, losses),
    ...given('input_type', encodeTask(request, inputTypes, losses)),
    ...given('output_dimension', request.dimensions),
    // Without this Voyage cuts a text that is too long and says nothing.
    truncation: false,
  }),
  decodeResponse,
};
