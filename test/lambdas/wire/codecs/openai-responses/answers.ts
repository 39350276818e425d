import type { AnswerContext } from '../../../../../lambdas/wire/canonical/codec.ts';
import type { AssistantPart } from '../../../../../lambdas/wire/canonical/request.ts';
import type { BlockStart, CanonicalEvent, Choice } from '../../../../../lambdas/wire/canonical/response.ts';
import { openaiResponsesCodec as codec } from '../../../../../lambdas/wire/codecs/openai-responses/codec.ts';
import type { FinishReason } from '../../../../../lambdas/wire/protocol.ts';
import { eventData, eventName, SseSplitter } from '../../../../../lambdas/wire/sse.ts';

const usage = {
  inputTokens: 5,
  cacheReadInputTokens: 4,
  cacheWrite5mInputTokens: 1,
  cacheWrite1hInputTokens: 2,
  outputTokens: 7,
  reasoningTokens: 3,
};
const context = (request: object = {}): AnswerContext => ({
  requestId: 'req_01ABC',
  createdAt: 1_700_000_000,
  model: 'vendor/model',
  includeUsage: true,
  request: { model: 'm', input: 'Hi', ...request },
});
export const patching = { tools: [{ type: 'custom', name: 'apply_patch' }] };

export function whole(
  content: readonly AssistantPart[],
  finishReason: FinishReason = 'stop',
  more: Partial<Choice> = {},
  request = {},
) {
  const choices = [{ content, finishReason, ...more }];
  return JSON.parse(JSON.stringify(codec.encodeResponse({ model: 'named', choices, usage }, context(request))));
}

export function stream(events: readonly CanonicalEvent[], request: object = {}) {
  const encoder = codec.createStreamEncoder(context(request));
  const bytes = Buffer.from(events.map((event) => encoder.encode(event)).join(''));
  const { text, ends } = new SseSplitter().push(bytes);
  return ends.map((end, index) => {
    const each = Buffer.from(text.slice(ends[index - 1] ?? 0, end), 'latin1').toString();
    return { event: eventName(each), ...JSON.parse(eventData(each) ?? '') };
  });
}

export const start: CanonicalEvent = { type: 'start', model: 'named', usage: undefined };
export const ending = (reason: FinishReason): CanonicalEvent[] => [
  { type: 'finish', choice: 0, reason, stopSequence: undefined },
  { type: 'end', usage },
];
export const at = (index: number) => ({ choice: 0, index });
export const block = (index: number, opened: BlockStart, ...inside: CanonicalEvent[]): CanonicalEvent[] => [
  { type: 'block-start', ...at(index), block: opened },
  ...inside,
  { type: 'block-stop', ...at(index) },
];
export const delta = (index: number, text: string): CanonicalEvent => ({ type: 'delta', ...at(index), text });
