import * as z from 'zod';
import { countInputTokens } from '../count-usage.ts';
import { embed } from '../embedding-vector.ts';
import { type Exchange, sendJson } from '../exchange.ts';
import { isRecord, parseBody } from '../json.ts';
import { requireBedrockModel } from './model-id.ts';
import { wordUnknown } from './request.ts';

const titanRequest = z.strictObject({
  inputText: z.string().min(1).max(50_000),
  dimensions: z.union([z.literal(256), z.literal(512), z.literal(1024)]).optional(),
  normalize: z.boolean().optional(),
  embeddingTypes: z.array(z.enum(['float', 'binary'])).optional(),
});

const cohereRequest = z.strictObject({
  texts: z.array(z.string().min(1)).min(1).max(96),
  input_type: z.enum(['search_document', 'search_query', 'classification', 'clustering']),
  truncate: z.enum(['NONE', 'START', 'END', 'LEFT', 'RIGHT']).optional(),
  embedding_types: z.array(z.enum(['float', 'int8', 'uint8', 'binary', 'ubinary'])).optional(),
  output_dimension: z.int().optional(),
  max_tokens: z.int().optional(),
});

/** `POST /model/{model}/invoke` of embedding models: each takes and answers what its vendor made of it. */
export async function answerInvokeModel(exchange: Exchange): Promise<void> {
  const id = exchange.pathModel ?? '';
  requireBedrockModel(id, 'embedding');
  const isCohere = id.includes('cohere.') || (isRecord(exchange.body) && 'texts' in exchange.body);
  const { texts, body } = isCohere ? embedByCohere(exchange.body) : embedByTitan(exchange.body);
  exchange.response.setHeader('x-amzn-bedrock-input-token-count', countInputTokens(texts));
  sendJson(exchange.response, 200, body);
}

interface Embedded {
  readonly texts: readonly string[];
  readonly body: object;
}

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html */
function embedByTitan(request: unknown): Embedded {
  const { inputText, dimensions = 1024 } = parseBody(titanRequest, request, wordUnknown);
  const embedding = [...embed(inputText, dimensions)];
  const inputTextTokenCount = countInputTokens([inputText]);
  return { texts: [inputText], body: { embedding, embeddingsByType: { float: embedding }, inputTextTokenCount } };
}

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed.html */
function embedByCohere(request: unknown): Embedded {
  const {
    texts,
    output_dimension: dimensions = 1024,
    embedding_types: types,
  } = parseBody(cohereRequest, request, wordUnknown);
  const vectors = texts.map((text) => [...embed(text, dimensions)]);
  const answer = { id: 'simulated', texts };
  return types === undefined
    ? { texts, body: { ...answer, embeddings: vectors, response_type: 'embeddings_floats' } }
    : { texts, body: { ...answer, embeddings: { float: vectors }, response_type: 'embeddings_by_type' } };
}
