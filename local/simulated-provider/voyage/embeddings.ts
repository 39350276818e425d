import * as z from 'zod';
import { countInputTokens } from '../count-usage.ts';
import { embed, encodeVector } from '../embedding-vector.ts';
import { type Exchange, sendJson } from '../exchange.ts';
import { parseBody } from '../json.ts';
import { requireModel } from '../models.ts';

const embeddingsRequest = z.strictObject({
  model: z.string().min(1),
  input: z.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(1000)]),
  input_type: z.enum(['query', 'document']).nullish(),
  truncation: z.boolean().optional(),
  output_dimension: z.int().min(1).max(4096).nullish(),
  output_dtype: z.enum(['float', 'int8', 'uint8', 'binary', 'ubinary']).optional(),
  encoding_format: z.literal('base64').nullish(),
});

/** `POST /voyage/v1/embeddings`, as Voyage answers it: https://docs.voyageai.com/reference/embeddings-api */
export async function answerVoyageEmbeddings(exchange: Exchange): Promise<void> {
  const request = parseBody(
    embeddingsRequest,
    exchange.body,
    (path) => `Argument '${path}' is not supported by our API.`,
  );
  const model = requireModel(request.model, 'embedding');
  const inputs = typeof request.input === 'string' ? [request.input] : request.input;
  const vectors = inputs.map((input) => embed(input, request.output_dimension ?? undefined));
  sendJson(exchange.response, 200, {
    object: 'list',
    data: vectors.map((vector, index) => ({
      object: 'embedding',
      embedding: request.encoding_format === 'base64' ? encodeVector(vector) : [...vector],
      index,
    })),
    model: model.name,
    usage: { total_tokens: model.parameters.input ?? countInputTokens(inputs) },
  });
}
