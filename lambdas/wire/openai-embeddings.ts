import { type JsonBody, withMembers } from './json-body.ts';
import { invalid, isObject, requireModel } from './json-fields.ts';
import { readOpenAiUsage } from './openai-usage.ts';
import { forward, type RequestFacts, type WireProtocol } from './protocol.ts';

/** OpenAI embeddings. https://platform.openai.com/docs/api-reference/embeddings */
export const openaiEmbeddings = {
  name: 'openai-embeddings',
  dialect: 'openai',
  readRequest,
  buildRequest: (body, facts, changes) =>
    withMembers(body, changes.model === facts.model ? {} : { model: changes.model }),
  readResponse: (value) =>
    isObject(value) && Array.isArray(value['data'])
      ? { usage: readOpenAiUsage(value['usage']), finishReason: undefined }
      : undefined,
  // Embeddings never stream; a provider that answers with events anyway is passed on unread.
  createStreamTap: () => ({
    read: () => forward,
    facts: () => ({ usage: undefined, finishReason: undefined }),
    contentEvents: () => 0,
  }),
} as const satisfies WireProtocol;

function readRequest(body: JsonBody): RequestFacts {
  const { input } = body.value;
  if (input === undefined || input === null) throw invalid('input', 'is required');
  if (typeof input !== 'string' && !Array.isArray(input)) throw invalid('input', 'must be a string or an array');
  if (input.length === 0) throw invalid('input', 'must not be empty');
  return {
    model: requireModel(body.value),
    fallbackModels: [],
    stream: false,
    maxOutputTokens: undefined,
    minOutputTokens: 0,
    choices: 0,
    wantsStreamUsage: false,
    hasReferences: false,
    unpricedOption: undefined,
  };
}
