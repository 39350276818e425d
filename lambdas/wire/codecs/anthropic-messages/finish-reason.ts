import type { FinishReason } from '../../protocol.ts';

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
