import * as z from 'zod';
import { countInputTokens } from '../count-usage.ts';
import { embed, encodeVector } from '../embedding-vector.ts';
import { type Exchange, sendJson } from '../exchange.ts';
import { parseBody } from '../json.ts';
import { requireModel } from '../models.ts';

const embedRequest = z.strictObject({
  model: z.string().min(1),
  input_type: z.enum(['search_document', 'search_query', 'classification', 'clustering']),
  texts: z.array(z.string().min(1)).min(1).max(96),
  embedding_types: z.array(z.enum(['float', 'base64'])).optional(),
  output_dimension: z.int().min(1).max(4096).optional(),
  truncate: z.enum(['NONE', 'START', 'END']).optional(),
  max_tokens: z.int().optional(),
  priority: z.int().optional(),
});

/** `POST /v2/embed`, as Cohere answers it: https://docs.cohere.com/reference/embed */
export async function answerEmbed(exchange: Exchange): Promise<void> {
  const request = parseBody(embedRequest, exchange.body);
  const model = requireModel(request.model, 'embedding');
  const vectors = request.texts.map((text) => embed(text, request.output_dimension));
  const types = request.embedding_types ?? ['float'];
  const input_tokens = model.parameters.input ?? countInputTokens(request.texts);
  sendJson(exchange.response, 200, {
    id: 'simulated',
    embeddings: {
      ...(types.includes('float') && { float: vectors.map((vector) => [...vector]) }),
      ...(types.includes('base64') && { base64: vectors.map(encodeVector) }),
    },
    texts: request.texts,
    meta: { api_version: { version: '2' }, billed_units: { input_tokens } },
    response_type: 'embeddings_by_type',
  });
}
