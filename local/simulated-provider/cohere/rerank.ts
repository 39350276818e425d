import * as z from 'zod';
import { type Exchange, sendJson } from '../exchange.ts';
import { parseBody } from '../json.ts';
import { requireModel } from '../models.ts';

const rerankRequest = z.strictObject({
  model: z.string().min(1),
  query: z.string().min(1),
  documents: z.array(z.string()).min(1).max(1000),
  top_n: z.int().positive().optional(),
  max_tokens_per_doc: z.int().positive().optional(),
  priority: z.int().optional(),
});

/** `POST /v2/rerank`, as Cohere answers it; relevant is what shares words with the query. */
export async function answerRerank(exchange: Exchange): Promise<void> {
  const request = parseBody(rerankRequest, exchange.body);
  requireModel(request.model, 'rerank');
  const wanted = listWords(request.query);
  const results = request.documents
    .map((document, index) => {
      const words = new Set(listWords(document));
      return { index, relevance_score: wanted.filter((word) => words.has(word)).length / Math.max(1, wanted.length) };
    })
    .toSorted((one, other) => other.relevance_score - one.relevance_score)
    .slice(0, request.top_n);
  const meta = {
    api_version: { version: '2' },
    billed_units: { search_units: Math.ceil(request.documents.length / 100) },
  };
  sendJson(exchange.response, 200, { id: 'simulated', results, meta });
}

function listWords(text: string): string[] {
  return text.toLowerCase().match(/\w+/g) ?? [];
}
