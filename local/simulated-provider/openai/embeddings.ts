import * as z from 'zod';
import { countInputTokens } from '../count-usage.ts';
import { embed, type EmbeddingInput, encodeVector } from '../embedding-vector.ts';
import { type Exchange, sendJson } from '../exchange.ts';
import { parseBody } from '../json.ts';
import { requireModel } from '../models.ts';

const tokens = z.array(z.int().nonnegative()).min(1).max(8192);
const text = z.string().min(1);

const embeddingsRequest = z.strictObject({
  model: z.string().min(1),
  input: z.union([text, tokens, z.array(text).min(1).max(2048), z.array(tokens).min(1).max(2048)]),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: z.int().min(1).max(4096).nullish(),
  user: z.string().optional(),
});
type EmbeddingsRequest = z.infer<typeof embeddingsRequest>;

/** `POST /v1/embeddings`, as OpenAI answers it. */
export async function answerEmbeddings(exchange: Exchange): Promise<void> {
  const request = parseBody(embeddingsRequest, exchange.body);
  const model = requireModel(request.model, 'embedding');

  const inputs = listInputs(request.input);
  const promptTokens = model.parameters.input ?? inputs.reduce((total, input) => total + countTokens(input), 0);
  sendJson(exchange.response, 200, {
    object: 'list',
    data: inputs.map((input, index) => {
      const vector = embed(input, request.dimensions ?? undefined);
      return {
        object: 'embedding',
        index,
        embedding: request.encoding_format === 'base64' ? encodeVector(vector) : [...vector],
      };
    }),
    model: model.name,
    usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
  });
}

function listInputs(input: EmbeddingsRequest['input']): EmbeddingInput[] {
  if (typeof input === 'string') return [input];
  return isTokens(input) ? [input] : input;
}

function isTokens(input: number[] | EmbeddingInput[]): input is number[] {
  return typeof input[0] === 'number';
}

function countTokens(input: EmbeddingInput): number {
  return typeof input === 'string' ? countInputTokens([input]) : input.length;
}
