import type * as z from 'zod';
import { embed } from '../embedding-vector.ts';
import { type Exchange, sendJson } from '../exchange.ts';
import { parseBody } from '../json.ts';
import { requireModel } from '../models.ts';
import { refuse } from '../refusal.ts';
import { toCamelCase, wordUnknown } from './field-names.ts';
import { batchEmbedContentsRequest, embedContentRequest } from './request.ts';

/** `POST /v1beta/models/{model}:embedContent`, as Google answers it. */
export async function answerEmbedContent(exchange: Exchange): Promise<void> {
  const request = parseBody(embedContentRequest, toCamelCase(exchange.body), wordUnknown);
  await requireEmbeddingModel(exchange);
  sendJson(exchange.response, 200, { embedding: embedOne(request) });
}

/** `POST /v1beta/models/{model}:batchEmbedContents`; each request repeats the model of the path. */
export async function answerBatchEmbedContents(exchange: Exchange): Promise<void> {
  const { requests } = parseBody(batchEmbedContentsRequest, toCamelCase(exchange.body), wordUnknown);
  const name = await requireEmbeddingModel(exchange);
  for (const [index, { model }] of requests.entries()) {
    if (model === `models/${name}`) continue;
    refuse(
      `requests[${index}].model`,
      `* BatchEmbedContentsRequest.requests[${index}].model: must be the model of the path, models/${name}`,
    );
  }
  sendJson(exchange.response, 200, { embeddings: requests.map(embedOne) });
}

async function requireEmbeddingModel(exchange: Exchange): Promise<string> {
  const model = requireModel(exchange.pathModel ?? '', 'embedding');
  return model.name;
}

function embedOne({ content, outputDimensionality }: z.infer<typeof embedContentRequest>): object {
  const text = content.parts.map((part) => part.text).join('');
  return { values: [...embed(text, outputDimensionality)] };
}
