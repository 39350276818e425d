import { type JsonBody, mentionsAny, withMembers } from './json-body.ts';
import { invalid, isObject } from './json-fields.ts';
import { mediaFacts, usageOf } from './media-facts.ts';
import { readOpenAiUsage } from './openai-usage.ts';
import { forward, type RequestFacts, type WireProtocol } from './protocol.ts';

/** What OpenAI takes where none is named, and what its SDKs leave out. */
const defaultModel = 'omni-moderation-latest';

/**
 * OpenAI moderation; the unit beside tokens is a request. https://platform.openai.com/docs/api-reference/moderations/create
 */
export const openaiModerations = {
  name: 'openai-moderations',
  dialect: 'openai',
  readRequest,
  buildRequest: (body, _facts, changes) =>
    withMembers(body, changes.model === body.value['model'] ? {} : { model: changes.model }),
  readResponse: (value) =>
    isObject(value) && Array.isArray(value['results'])
      ? { usage: readOpenAiUsage(usageOf(value)), finishReason: undefined, billedUnits: 1 }
      : undefined,
  // Moderations never stream; a provider that answers with events anyway is passed on unread.
  createStreamTap: () => ({
    read: () => forward,
    facts: () => ({ usage: undefined, finishReason: undefined }),
    contentEvents: () => 0,
  }),
} as const satisfies WireProtocol;

function readRequest(body: JsonBody): RequestFacts {
  const { input, model } = body.value;
  if (typeof input !== 'string' && !Array.isArray(input)) throw invalid('input', 'must be a string or an array');
  return mediaFacts(
    { model: model ?? defaultModel },
    {
      stream: false,
      hasReferences: mentionsAny(body, ['"image_url"']),
      choices: 0,
      outputTokens: 0,
      atMost: { inputTokens: body.bytes.length, billedUnits: 1 },
    },
  );
}
