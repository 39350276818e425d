import { createHash } from 'node:crypto';
import * as z from 'zod';
import { countInputTokens } from '../count-usage.ts';
import { type Exchange, refuseOnPurpose, sendJson } from '../exchange.ts';
import { parseBody } from '../json.ts';
import { requireModel } from '../models.ts';

const tokens = z.array(z.int().nonnegative()).min(1).max(8192);
const text = z.string().min(1);

const embeddingsRequest = z.object({
  model: z.string().min(1),
  input: z.union([text, tokens, z.array(text).min(1).max(2048), z.array(tokens).min(1).max(2048)]),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: z.int().min(1).max(4096).nullish(),
});
type EmbeddingsRequest = z.infer<typeof embeddingsRequest>;

const defaultDimensions = 1536;

/** `POST /v1/embeddings`, as OpenAI answers it. The same input always gets the same vector; close texts are not close. */
export async function answerEmbeddings(exchange: Exchange): Promise<void> {
  const request = parseBody(embeddingsRequest, exchange.body);
  const model = requireModel(request.model, 'embedding');
  await refuseOnPurpose(model, exchange);

  const inputs = listInputs(request.input);
  const promptTokens = model.parameters.input ?? inputs.reduce((total, input) => total + countTokens(input), 0);
  sendJson(exchange.response, 200, {
    object: 'list',
    data: inputs.map((input, index) => {
      const vector = embed(input, request.dimensions ?? defaultDimensions);
      return {
        object: 'embedding',
        index,
        embedding: request.encoding_format === 'base64' ? encode(vector) : [...vector],
      };
    }),
    model: model.name,
    usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
  });
}

type Input = string | number[];

function listInputs(input: EmbeddingsRequest['input']): Input[] {
  if (typeof input === 'string') return [input];
  return isTokens(input) ? [input] : input;
}

function isTokens(input: number[] | Input[]): input is number[] {
  return typeof input[0] === 'number';
}

function countTokens(input: Input): number {
  return typeof input === 'string' ? countInputTokens([input]) : input.length;
}

/** A unit vector; SHAKE gives as many bytes as it needs, and the same first ones for fewer dimensions. */
function embed(input: Input, dimensions: number): Float32Array {
  const bytes = createHash('shake256', { outputLength: dimensions * 4 })
    .update(JSON.stringify(input))
    .digest();
  // Odd integers only, so that no vector is all zeros.
  const raw = Array.from({ length: dimensions }, (_, index) => bytes.readInt32LE(index * 4) | 1);
  const length = Math.hypot(...raw);
  return Float32Array.from(raw, (value) => value / length);
}

function encode(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4);
  vector.forEach((value, index) => bytes.writeFloatLE(value, index * 4));
  return bytes.toString('base64');
}
