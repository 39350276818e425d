import type { JsonBody } from './json-body.ts';
import { mentionsAny, withMembers } from './json-body.ts';
import {
  isObject,
  readBoolean,
  readModelList,
  readObject,
  readPositiveInteger,
  requireMessages,
  requireModel,
} from './json-fields.ts';
import { readOpenAiUsage } from './openai-usage.ts';
import {
  type EventVerdict,
  end,
  failed,
  type FinishReason,
  forward,
  hide,
  type RequestFacts,
  type ResponseFacts,
  type StreamTap,
  type UpstreamRequestChanges,
  type WireProtocol,
} from './protocol.ts';
import { eventData } from './sse.ts';

/** OpenAI chat completions. https://platform.openai.com/docs/api-reference/chat */
export const openaiChat = {
  name: 'openai-chat',
  dialect: 'openai',
  readRequest,
  buildRequest,
  readResponse,
  createStreamTap,
} as const satisfies WireProtocol;

const maxTokensLimit = 10_000_000;

/** https://platform.openai.com/docs/guides/priority-processing: the others cost a multiple; `flex` costs less than is charged here. */
const listPriceTiers: ReadonlySet<unknown> = new Set([null, 'auto', 'default', 'flex']);

function readRequest(body: JsonBody): RequestFacts {
  const fields = body.value;
  requireMessages(fields);
  const maxTokens = readPositiveInteger(fields, 'max_tokens', maxTokensLimit);
  const maxCompletionTokens = readPositiveInteger(fields, 'max_completion_tokens', maxTokensLimit);
  return {
    model: requireModel(fields),
    fallbackModels: readModelList(fields, 'models'),
    stream: readBoolean(fields, 'stream'),
    maxOutputTokens: maxCompletionTokens ?? maxTokens,
    minOutputTokens: 1,
    choices: readPositiveInteger(fields, 'n', 128) ?? 1,
    wantsStreamUsage: readObject(fields, 'stream_options')?.['include_usage'] === true,
    hasReferences: mentionsAny(body, ['"image_url"', '"file_id"', '"file"']),
    unpricedOption: unpricedOption(fields),
  };
}

/** Web search is billed per call, beside the tokens. https://platform.openai.com/docs/pricing */
function unpricedOption(fields: Readonly<Record<string, unknown>>): string | undefined {
  if (!listPriceTiers.has(fields['service_tier'] ?? null)) return 'service_tier';
  return (fields['web_search_options'] ?? null) === null ? undefined : 'web_search_options';
}

function buildRequest(body: JsonBody, facts: RequestFacts, changes: UpstreamRequestChanges): Buffer {
  const members: Record<string, unknown> = { models: undefined };
  if (changes.model !== facts.model) members['model'] = changes.model;
  if (changes.maxOutputTokens !== undefined)
    Object.assign(members, cappedOutput(body, changes, changes.maxOutputTokens));
  if (!changes.requestStreamUsage) {
    // A vendor that does not know the field refuses it, and sends usage in its last chunk unasked.
    members['stream_options'] = undefined;
  } else if (facts.stream && !facts.wantsStreamUsage) {
    members['stream_options'] = { ...readObject(body.value, 'stream_options'), include_usage: true };
  }
  return withMembers(body, members);
}

/**
 * Whichever cap the caller used is lowered in place; both, if both were sent. A missing one is added under the vendor's name, and
 * one under the newer name moves to it where the vendor knows only the older: a cap that is ignored is none.
 */
function cappedOutput(
  body: JsonBody,
  changes: UpstreamRequestChanges,
  cap: number,
): Record<string, number | undefined> {
  const { max_tokens: older, max_completion_tokens: newer } = body.value;
  if (typeof older !== 'number' && changes.maxTokensField === 'max_tokens') {
    return { max_completion_tokens: undefined, max_tokens: typeof newer === 'number' ? Math.min(newer, cap) : cap };
  }
  if (typeof older !== 'number' && typeof newer !== 'number') return { [changes.maxTokensField]: cap };
  return {
    ...(typeof older === 'number' && older > cap && { max_tokens: cap }),
    ...(typeof newer === 'number' && newer > cap && { max_completion_tokens: cap }),
  };
}

function readResponse(value: unknown): ResponseFacts | undefined {
  if (!isObject(value) || !Array.isArray(value['choices'])) return undefined;
  return { usage: readOpenAiUsage(value['usage']), finishReason: finishReasonOf(value['choices']) };
}

function finishReasonOf(choices: readonly unknown[]): FinishReason | undefined {
  for (const choice of choices) {
    if (isObject(choice) && typeof choice['finish_reason'] === 'string') return finishReason(choice['finish_reason']);
  }
  return undefined;
}

function finishReason(reason: string): FinishReason | undefined {
  switch (reason) {
    case 'stop':
    case 'length':
    case 'tool_calls':
    case 'content_filter':
      return reason;
    case 'function_call':
      return 'tool_calls';
    case '': // Perplexity sends an empty one on every chunk.
      return undefined;
    default:
      return 'other';
  }
}

function createStreamTap(options: { hideUsage: boolean }): StreamTap {
  let usage: ResponseFacts['usage'];
  let finish: FinishReason | undefined;
  let contentEvents = 0;

  const readTelling = (text: string): EventVerdict => {
    const chunk = parseData(text);
    if (!isObject(chunk)) return forward;
    if (isError(chunk['error'])) return failed;
    const choices = Array.isArray(chunk['choices']) ? chunk['choices'] : [];
    finish = finishReasonOf(choices) ?? finish;
    usage = readOpenAiUsage(chunk['usage']) ?? usage;
    if (options.hideUsage && choices.length === 0 && isObject(chunk['usage'])) return hide;
    return withoutNullUsage(text);
  };

  // Asked for usage, OpenAI adds a null one to every other chunk; a caller who did not ask must not see that either.
  const withoutNullUsage = (text: string): EventVerdict => {
    if (!options.hideUsage || !text.includes('"usage"')) return forward;
    const without = text.replace(nullUsage, '');
    return without === text ? forward : { kind: 'replace', bytes: Buffer.from(without, 'latin1') };
  };

  return {
    read(text) {
      if (isDone(text)) return end;
      contentEvents += text.startsWith(':') ? 0 : 1;
      if (mayTell(text)) return readTelling(text);
      return withoutNullUsage(text);
    },
    facts: () => ({ usage, finishReason: finish }),
    contentEvents: () => contentEvents,
  };
}

/** Inside a JSON string these quotes would be escaped, so the patterns meet structure only. */
const telling = /"usage"\s*:\s*\{|"finish_reason"\s*:\s*"|"error"\s*:\s*[{"]/;

const nullUsage = /,\s*"usage"\s*:\s*null|"usage"\s*:\s*null\s*,/;

function mayTell(text: string): boolean {
  return telling.test(text);
}

/** An object in OpenAI's own form; some inference servers send the message alone. */
function isError(value: unknown): boolean {
  return isObject(value) || (typeof value === 'string' && value !== '');
}

/** Short, so that of the many events only those are looked at that could be it; a comment or further blank line may come first. */
function isDone(text: string): boolean {
  return text.length <= 64 && text.includes('[DONE]') && eventData(text)?.trim() === '[DONE]';
}

function parseData(text: string): unknown {
  try {
    return JSON.parse(eventData(text) ?? 'null');
  } catch {
    return undefined;
  }
}
