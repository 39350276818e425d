import { readGeminiCall } from './gemini-call.ts';
import { type JsonBody, withMembers } from './json-body.ts';
import { invalid, isObject, tokenCount } from './json-fields.ts';
import { forward, type RequestCall, type RequestFacts, type ResponseFacts, type WireProtocol } from './protocol.ts';

const common = {
  name: 'gemini-embeddings',
  dialect: 'gemini',
  readResponse: (value: unknown): ResponseFacts | undefined =>
    isObject(value) && Array.isArray(value['embeddings']) ? factsOf(value['usageMetadata']) : undefined,
  // Embeddings never stream; a provider that answers with events anyway is passed on unread.
  createStreamTap: () => ({
    read: () => forward,
    facts: () => factsOf(undefined),
    contentEvents: () => 0,
  }),
} as const;

/** Gemini batchEmbedContents, which is what Google's own clients call. https://ai.google.dev/api/embeddings */
export const geminiEmbeddings = {
  ...common,
  readRequest(body: JsonBody, call: RequestCall): RequestFacts {
    requireRequests(body.value['requests']);
    return readCall(call, 'batchEmbedContents');
  },
  buildRequest: (body, facts, changes) =>
    withMembers(body, changes.model === facts.model ? {} : { requests: named(body.value['requests'], changes.model) }),
} as const satisfies WireProtocol;

/** One text without a batch. Providers are asked for batches alone, so it is always translated, for Gemini's models too. */
export const geminiEmbedContent = {
  ...common,
  alwaysTranslated: true,
  readRequest(body: JsonBody, call: RequestCall): RequestFacts {
    if (!isObject(body.value['content'])) throw invalid('content', 'must be an object');
    return readCall(call, 'embedContent');
  },
  buildRequest() {
    throw new TypeError('embedContent is never passed through');
  },
} as const satisfies WireProtocol;

/** Each of the requests repeats the model of the path, and Gemini refuses another one there. */
function named(requests: unknown, model: string): readonly unknown[] {
  const entries: readonly unknown[] = Array.isArray(requests) ? requests : [];
  return entries.map((entry) => (isObject(entry) ? { ...entry, model: `models/${model}` } : entry));
}

/** Older answers do not tell the tokens. */
function factsOf(usage: unknown): ResponseFacts {
  const inputTokens = isObject(usage) ? tokenCount(usage['promptTokenCount']) : undefined;
  return {
    usage:
      inputTokens === undefined
        ? undefined
        : {
            inputTokens,
            cacheReadInputTokens: 0,
            cacheWrite5mInputTokens: 0,
            cacheWrite1hInputTokens: 0,
            outputTokens: 0,
            reasoningTokens: 0,
          },
    finishReason: undefined,
  };
}

function readCall(call: RequestCall, method: string): RequestFacts {
  return {
    model: readGeminiCall(call, [method]).model,
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

function requireRequests(requests: unknown): void {
  if (!Array.isArray(requests) || requests.length === 0) throw invalid('requests', 'must be a non-empty array');
  const wrong = requests.findIndex((entry) => !isObject(entry));
  if (wrong !== -1) throw invalid(`requests[${wrong}]`, 'must be an object');
}
