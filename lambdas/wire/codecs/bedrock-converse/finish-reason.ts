import type { FinishReason } from '../../protocol.ts';

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_MessageStopEvent.html; the last two are Claude's own. */
const reasons = new Map<unknown, FinishReason>([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['tool_use', 'tool_calls'],
  ['guardrail_intervened', 'content_filter'],
  ['content_filtered', 'content_filter'],
  ['refusal', 'refusal'],
  ['pause_turn', 'pause'],
]);

/** A malformed answer or call (`malformed_model_output`, `malformed_tool_use`) and anything unknown ended, but not as it should. */
export function finishReason(value: unknown): FinishReason {
  return reasons.get(value) ?? 'other';
}
