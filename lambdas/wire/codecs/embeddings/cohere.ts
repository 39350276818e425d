import type { Losses } from '../../canonical/losses.ts';
import { given } from '../../canonical/read.ts';
import { isObject } from '../../json-fields.ts';
import type { EmbeddingsRequest, EmbeddingsUpstreamCodec } from './codec.ts';
import { encodeTask, plainTexts } from './encode-inputs.ts';
import { vectorsResponse } from './vectors.ts';

const inputTypes = {
  query: 'search_query',
  'question-answering': 'search_query',
  'fact-verification': 'search_query',
  'code-query': 'search_query',
  document: 'search_document',
  classification: 'classification',
  clustering: 'clustering',
} as const;

/**
 * Cohere demands a type. A text of which nobody says what it is for counts as a document: most texts are embedded to be found.
 * Vectors of one kind for both sides, as other vendors make them by default, it does not have.
 */
export function encodeTexts(request: EmbeddingsRequest, losses: Losses): object {
  return {
    texts: plainTexts(request, losses),
    input_type: encodeTask(request, inputTypes, losses) ?? 'search_document',
    embedding_types: ['float'],
    // Its default cuts a text that is too long and says nothing.
    truncate: 'NONE',
  };
}

/** https://docs.cohere.com/v2/reference/embed */
export const cohereEmbeddingsCodec: EmbeddingsUpstreamCodec = {
  name: 'cohere-embeddings',
  encodeRequest: (request, { model }, losses) => ({
    model,
    ...encodeTexts(request, losses),
    ...given('output_dimension', request.dimensions),
  }),
  decodeResponse(value, expected) {
    if (!isObject(value)) return undefined;
    const meta = isObject(value['meta']) ? value['meta'] : {};
    const billed = isObject(meta['billed_units']) ? meta['billed_units'] : {};
    return vectorsResponse(readFloats(value['embeddings']), expected, { inputTokens: billed['input_tokens'] });
  },
};

/** By type, or, as Bedrock gives them where only one type was asked for, a plain list. */
export function readFloats(embeddings: unknown): readonly unknown[] {
  const floats = isObject(embeddings) ? embeddings['float'] : embeddings;
  return Array.isArray(floats) ? floats : [];
}
