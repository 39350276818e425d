import type { FinishReason } from '../protocol.ts';

/**
 * The finish reason that fits what was seen. Providers say `stop` beside tool calls, which clients then never answer, and some
 * say `tool_calls` without any, which leaves clients waiting. An answer that was cut or filtered stays that, whatever is in it.
 */
export function settleFinishReason(
  said: FinishReason | undefined,
  seen: { readonly toolCalls: boolean; readonly refusal: boolean },
): FinishReason {
  if (said === 'length' || said === 'content_filter' || said === 'pause' || said === 'refusal') return said;
  if (seen.toolCalls) return 'tool_calls';
  if (seen.refusal) return 'refusal';
  return said === 'tool_calls' ? 'stop' : (said ?? 'other');
}
