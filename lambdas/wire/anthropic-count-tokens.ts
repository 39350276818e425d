import type { TokenUsage } from '../metering/token-usage.ts';
import { type JsonBody, withMembers } from './json-body.ts';
import { isObject, requireMessages, requireModel, tokenCount } from './json-fields.ts';
import { forward, type RequestFacts, type WireProtocol } from './protocol.ts';

/** Counting is free at Anthropic, so an answer always tells its usage: none. */
const free: TokenUsage = {
  inputTokens: 0,
  cacheReadInputTokens: 0,
  cacheWrite5mInputTokens: 0,
  cacheWrite1hInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
};

/** Anthropic's count of a request's tokens. https://platform.claude.com/docs/en/api/messages-count-tokens */
export const anthropicCountTokens = {
  name: 'anthropic-count-tokens',
  dialect: 'anthropic',
  readRequest,
  buildRequest: (body, facts, changes) =>
    withMembers(body, changes.model === facts.model ? {} : { model: changes.model }),
  readResponse: (value) =>
    isObject(value) && tokenCount(value['input_tokens']) !== undefined
      ? { usage: free, finishReason: undefined }
      : undefined,
  // A count never streams; a provider that answers with events anyway is passed on unread.
  createStreamTap: () => ({
    read: () => forward,
    facts: () => ({ usage: undefined, finishReason: undefined }),
    contentEvents: () => 0,
  }),
} as const satisfies WireProtocol;

function readRequest(body: JsonBody): RequestFacts {
  requireMessages(body.value);
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
