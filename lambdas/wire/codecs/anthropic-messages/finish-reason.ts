import type { FinishReason } from '../../protocol.ts';

/** `undefined` where the message has not stopped. */
export function readFinishReason(reason: unknown): FinishReason | undefined {
  switch (reason) {
    case undefined:
    case null:
      return undefined;
    case 'end_turn':
    case 'stop_sequence':
      return 'stop';
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return 'length';
    case 'tool_use':
      return 'tool_calls';
    case 'refusal':
      return 'refusal';
    case 'pause_turn':
      return 'pause';
    default:
      return 'other';
  }
}

/** How a message ended, as the members of the document or of `message_delta`. */
export function writeStop(reason: FinishReason, stopSequence: string | undefined): object {
  const stopReason = writeFinishReason(reason, stopSequence);
  return {
    stop_reason: stopReason,
    stop_sequence: stopReason === 'stop_sequence' ? stopSequence : null,
    stop_details: stopReason === 'refusal' ? { type: 'refusal', category: null, explanation: null } : null,
  };
}

function writeFinishReason(reason: FinishReason, stopSequence: string | undefined): string {
  switch (reason) {
    case 'stop':
      return stopSequence === undefined ? 'end_turn' : 'stop_sequence';
    case 'length':
      return 'max_tokens';
    case 'tool_calls':
      return 'tool_use';
    case 'refusal':
    case 'content_filter':
      return 'refusal';
    case 'pause':
      return 'pause_turn';
    case 'other':
      return 'end_turn';
  }
}
