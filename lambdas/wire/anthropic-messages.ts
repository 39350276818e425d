import { type Counts, readCounts, readFinishReason, toUsage } from './anthropic-answer.ts';
import { type JsonBody, mentionsAny, withMembers } from './json-body.ts';
import {
  invalid,
  isObject,
  readBoolean,
  readObject,
  readPositiveInteger,
  requireMessages,
  requireModel,
  tokenCount,
} from './json-fields.ts';
import {
  type EventVerdict,
  end,
  failed,
  type FinishReason,
  forward,
  type RequestFacts,
  type ResponseFacts,
  type StreamTap,
  type UpstreamRequestChanges,
  type WireProtocol,
} from './protocol.ts';
import { eventData, eventName } from './sse.ts';
import { WireError } from './wire-error.ts';

/** Anthropic messages. https://docs.anthropic.com/en/api/messages and .../messages-streaming */
export const anthropicMessages = {
  name: 'anthropic-messages',
  dialect: 'anthropic',
  readRequest,
  buildRequest,
  readResponse,
  createStreamTap,
} as const satisfies WireProtocol;

function readRequest(body: JsonBody): RequestFacts {
  const fields = body.value;
  requireMessages(fields);
  refuseThread(fields);
  const maxTokens = readPositiveInteger(fields, 'max_tokens', 10_000_000);
  if (maxTokens === undefined) throw invalid('max_tokens', 'is required');
  const thinking = readObject(fields, 'thinking');
  const thinkingBudget = thinking === undefined ? undefined : tokenCount(thinking['budget_tokens']);
  return {
    model: requireModel(fields),
    fallbackModels: [],
    stream: readBoolean(fields, 'stream'),
    maxOutputTokens: maxTokens,
    // Anthropic refuses a thinking budget that is not below max_tokens, so a cap may not go under it.
    minOutputTokens: thinkingBudget === undefined ? 1 : Math.min(thinkingBudget + 1, maxTokens),
    choices: 1,
    wantsStreamUsage: true,
    // A small base64 image is no attachment by its size, and still costs more tokens than it has bytes.
    hasReferences: mentionsAny(body, [
      '"url"',
      '"file_id"',
      '"container"',
      ...(body.attachments === 0 ? ['"base64"'] : []),
    ]),
    unpricedOption: unpricedOption(fields),
  };
}

/** A thread is a conversation that the provider keeps; Gatehouse stores no content, and lets no provider store it on its behalf. */
function refuseThread(fields: Readonly<Record<string, unknown>>): void {
  if ((fields['thread'] ?? null) === null) return;
  const message = '"thread" is not supported, because Gatehouse stores no content: send all messages each time.';
  throw new WireError('parameter_not_supported', message, { param: 'thread' });
}

/** Priority tier is a commitment billed elsewhere, `speed: "fast"` costs a multiple, and inference kept to one region a tenth more. https://docs.anthropic.com/en/api/service-tiers */
function unpricedOption(fields: Readonly<Record<string, unknown>>): string | undefined {
  if ((fields['speed'] ?? 'standard') !== 'standard') return 'speed';
  return (fields['inference_geo'] ?? 'global') === 'global' ? undefined : 'inference_geo';
}

function buildRequest(body: JsonBody, facts: RequestFacts, changes: UpstreamRequestChanges): Buffer {
  const members: Record<string, unknown> = {};
  if (changes.model !== facts.model) members['model'] = changes.model;
  const cap = changes.maxOutputTokens;
  if (cap !== undefined && cap < (facts.maxOutputTokens ?? Infinity)) members['max_tokens'] = cap;
  return withMembers(body, members);
}

function readResponse(value: unknown): ResponseFacts | undefined {
  if (!isObject(value) || value['type'] !== 'message') return undefined;
  const counts = readCounts(value['usage']);
  return { usage: toUsage(counts), finishReason: readFinishReason(value['stop_reason']) };
}

function createStreamTap(): StreamTap {
  let counts: Counts = {};
  let finish: FinishReason | undefined;
  let contentEvents = 0;

  const noteCounts = (text: string): void => {
    const event = parseData(text);
    if (!isObject(event)) return;
    const message = isObject(event['message']) ? event['message'] : event;
    counts = { ...counts, ...readCounts(message['usage']) };
    if (isObject(event['delta'])) finish = readFinishReason(event['delta']['stop_reason']) ?? finish;
  };

  return {
    read(text): EventVerdict {
      switch (eventType(text)) {
        case 'content_block_delta':
          contentEvents += 1;
          return forward;
        case 'message_start':
        case 'message_delta':
          noteCounts(text);
          return forward;
        case 'message_stop':
          return end;
        case 'error':
          return failed;
        default:
          return forward;
      }
    },
    facts: () => ({ usage: toUsage(counts), finishReason: finish }),
    contentEvents: () => contentEvents,
  };
}

function eventType(text: string): string | undefined {
  // Nearly every event of an answer is this one; it needs no look at its lines.
  if (text.startsWith('event: content_block_delta\n')) return 'content_block_delta';
  const name = eventName(text);
  if (name !== undefined) return name;
  const data = parseData(text);
  return isObject(data) && typeof data['type'] === 'string' ? data['type'] : undefined;
}

function parseData(text: string): unknown {
  try {
    return JSON.parse(eventData(text) ?? 'null');
  } catch {
    return undefined;
  }
}
