import type { TokenUsage } from '../metering/token-usage.ts';
import { readGeminiCall } from './gemini-call.ts';
import { geminiMember } from './gemini-fields.ts';
import { type JsonBody, withMembers } from './json-body.ts';
import { invalid, isObject, tokenCount } from './json-fields.ts';
import { forward, type RequestCall, type RequestFacts, type WireProtocol } from './protocol.ts';

/** Counting costs nothing, which is another thing than a usage that is not known. */
const free: TokenUsage = {
  inputTokens: 0,
  cacheReadInputTokens: 0,
  cacheWrite5mInputTokens: 0,
  cacheWrite1hInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
};

/** Gemini countTokens. https://ai.google.dev/api/tokens */
export const geminiCountTokens = {
  name: 'gemini-count-tokens',
  dialect: 'gemini',
  readRequest,
  buildRequest: (body) => withMembers(body, { model: undefined }),
  readResponse: (value) =>
    isObject(value) && tokenCount(value['totalTokens']) !== undefined
      ? { usage: free, finishReason: undefined }
      : undefined,
  // Counts never stream; a provider that answers with events anyway is passed on unread.
  createStreamTap: () => ({
    read: () => forward,
    facts: () => ({ usage: undefined, finishReason: undefined }),
    contentEvents: () => 0,
  }),
} as const satisfies WireProtocol;

function readRequest(body: JsonBody, call: RequestCall): RequestFacts {
  const { model } = readGeminiCall(call);
  const whole = geminiMember(body.value, 'generateContentRequest');
  const { contents } = body.value;
  if (!Array.isArray(contents) && !isObject(whole.value)) throw invalid('contents', 'must be an array');
  return {
    model,
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
