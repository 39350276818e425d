import type { TokenUsage } from '../metering/token-usage.ts';
import { mentionsAny, withMembers } from './json-body.ts';
import { isObject, requireModel, tokenCount } from './json-fields.ts';
import { withoutForeignStates } from './openai-responses-states.ts';
import { refuseStorage } from './openai-responses.ts';
import { forward, type WireProtocol } from './protocol.ts';

const noUsage: TokenUsage = {
  inputTokens: 0,
  cacheReadInputTokens: 0,
  cacheWrite5mInputTokens: 0,
  cacheWrite1hInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
};

/** Counting the input of a response: free of charge. https://platform.openai.com/docs/api-reference/responses/input-tokens */
export const openaiCountTokens = {
  name: 'openai-count-tokens',
  dialect: 'openai',
  readRequest: (body) => {
    refuseStorage(body.value);
    return {
      model: requireModel(body.value),
      fallbackModels: [],
      stream: false,
      maxOutputTokens: undefined,
      minOutputTokens: 0,
      choices: 0,
      wantsStreamUsage: false,
      hasReferences: mentionsAny(body, ['"image_url"', '"input_file"', '"file_id"']),
      unpricedOption: undefined,
    };
  },
  buildRequest: (body, facts, changes) => {
    const input = withoutForeignStates(body.value['input']);
    const model = changes.model === facts.model ? {} : { model: changes.model };
    return withMembers(body, { ...model, ...(input !== undefined && { input }) });
  },
  readResponse: (value) =>
    isObject(value) && tokenCount(value['input_tokens']) !== undefined
      ? { usage: noUsage, finishReason: undefined }
      : undefined,
  // A count never streams; a provider that answers with events anyway is passed on unread.
  createStreamTap: () => ({
    read: () => forward,
    facts: () => ({ usage: noUsage, finishReason: undefined }),
    contentEvents: () => 0,
  }),
} as const satisfies WireProtocol;
