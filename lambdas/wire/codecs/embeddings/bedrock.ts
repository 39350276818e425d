import type { Losses } from '../../canonical/losses.ts';
import { given } from '../../canonical/read.ts';
import { isObject } from '../../json-fields.ts';
import type { EmbeddingsRequest, EmbeddingsUpstreamCodec } from './codec.ts';
import { encodeTexts, readFloats } from './cohere.ts';
import { dropDimensions, dropTask, encodeTask, plainTexts } from './encode-inputs.ts';
import { vectorsResponse } from './vectors.ts';

/** InvokeModel, whose bodies are each model's own; the model is in the URL. */
export const bedrockEmbeddingsCodec: EmbeddingsUpstreamCodec = {
  name: 'bedrock-embeddings',
  encodeRequest(request, { model }, losses) {
    if (/cohere\.embed/i.test(model)) return encodeCohere(request, model, losses);
    if (/amazon\.titan-embed/i.test(model)) return encodeTitan(request, model, losses);
    if (/amazon\.nova.*embed/i.test(model)) return encodeNova(request, losses);
    return losses.refuse(
      'model',
      'embeddings are translated for models of Cohere, Titan and Nova; its name says neither',
    );
  },
  decodeResponse(value, expected) {
    if (!isObject(value)) return undefined;
    const inputTokens = value['inputTextTokenCount'] ?? expected.inputTokens;
    if (Array.isArray(value['embedding'])) return vectorsResponse([value['embedding']], expected, { inputTokens });
    const vectors = readFloats(value['embeddings']).map((entry) => (isObject(entry) ? entry['embedding'] : entry));
    return vectorsResponse(vectors, expected, { inputTokens });
  },
};

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed.html */
function encodeCohere(request: EmbeddingsRequest, model: string, losses: Losses): object {
  const texts = encodeTexts(request, losses);
  if (/embed-v[4-9]/.test(model)) return { ...texts, ...given('output_dimension', request.dimensions) };
  dropDimensions(request, losses);
  return texts;
}

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html */
function encodeTitan(request: EmbeddingsRequest, model: string, losses: Losses): object {
  const inputText = onlyText(request, losses);
  dropTask(request, losses);
  if (model.includes('titan-embed-image')) {
    const { dimensions } = request;
    return { inputText, ...(dimensions !== undefined && { embeddingConfig: { outputEmbeddingLength: dimensions } }) };
  }
  if (model.includes('titan-embed-text-v2')) return { inputText, ...given('dimensions', request.dimensions) };
  dropDimensions(request, losses);
  return { inputText };
}

const purposes = {
  query: 'GENERIC_RETRIEVAL',
  'question-answering': 'GENERIC_RETRIEVAL',
  'fact-verification': 'GENERIC_RETRIEVAL',
  'code-query': 'GENERIC_RETRIEVAL',
  document: 'GENERIC_INDEX',
  classification: 'CLASSIFICATION',
  clustering: 'CLUSTERING',
} as const;

/** Demands a purpose, as Cohere does. https://docs.aws.amazon.com/nova/latest/userguide/embeddings-schema.html */
function encodeNova(request: EmbeddingsRequest, losses: Losses): object {
  return {
    taskType: 'SINGLE_EMBEDDING',
    singleEmbeddingParams: {
      embeddingPurpose: encodeTask(request, purposes, losses) ?? 'GENERIC_INDEX',
      ...given('embeddingDimension', request.dimensions),
      text: { truncationMode: 'NONE', value: onlyText(request, losses) },
    },
  };
}

/** We send one request for one of the client's, so that its answer has one cost and one outcome. */
function onlyText(request: EmbeddingsRequest, losses: Losses): string {
  const [text = '', ...more] = plainTexts(request, losses);
  const [, second] = request.inputs;
  if (more.length > 0) losses.refuse(second?.path ?? 'input', 'the model embeds one text per request');
  return text;
}
