import { type JsonBody, withMembers } from './json-body.ts';
import { invalid, isObject } from './json-fields.ts';
import { mediaFacts, unitCount, usageOf } from './media-facts.ts';
import { readOpenAiUsage } from './openai-usage.ts';
import { forward, type RequestFacts, type ResponseFacts, type WireProtocol } from './protocol.ts';

/**
 * Documents in the order of their relevance, as Cohere, Jina and Voyage have it: one shape of request, three of answers, each
 * passed on as it is. The unit beside tokens is Cohere's search.
 *
 * https://docs.cohere.com/reference/rerank
 * https://docs.voyageai.com/reference/reranker-api
 * https://jina.ai/reranker/
 */
export const rerank = {
  name: 'rerank',
  dialect: 'openai',
  readRequest,
  buildRequest: (body, facts, changes) =>
    withMembers(body, changes.model === facts.model ? {} : { model: changes.model }),
  readResponse: (value) =>
    isObject(value) && (Array.isArray(value['results']) || Array.isArray(value['data'])) ? readFacts(value) : undefined,
  // Ranking never streams; a provider that answers with events anyway is passed on unread.
  createStreamTap: () => ({
    read: () => forward,
    facts: () => ({ usage: undefined, finishReason: undefined }),
    contentEvents: () => 0,
  }),
} as const satisfies WireProtocol;

function readFacts(answer: Readonly<Record<string, unknown>>): ResponseFacts {
  const usage = usageOf(answer);
  const tokens = isObject(usage) ? usage['total_tokens'] : undefined;
  const billed = isObject(answer['meta']) ? answer['meta']['billed_units'] : undefined;
  return {
    usage: readOpenAiUsage({ prompt_tokens: tokens }),
    finishReason: undefined,
    billedUnits: isObject(billed) ? unitCount(billed['search_units']) : undefined,
  };
}

/**
 * A search is a query with up to 100 documents, and a long document counts once for each 500 tokens, of which the query is part.
 * https://docs.cohere.com/docs/how-does-cohere-pricing-work
 */
const documentsOfSearch = 100;
const bytesOfDocument = 250;

function readRequest(body: JsonBody): RequestFacts {
  const { query, documents } = body.value;
  if (typeof query !== 'string' || query === '') throw invalid('query', 'must be a string that is not empty');
  if (!Array.isArray(documents) || documents.length === 0) throw invalid('documents', 'must be a non-empty array');
  const counted = documents.length + Math.ceil(body.bytes.length / bytesOfDocument);
  return mediaFacts(body.value, {
    stream: false,
    hasReferences: false,
    choices: 0,
    outputTokens: 0,
    // The query is read again with every document.
    atMost: {
      inputTokens: body.bytes.length + Buffer.byteLength(query) * documents.length,
      billedUnits: Math.ceil(counted / documentsOfSearch),
    },
  });
}
