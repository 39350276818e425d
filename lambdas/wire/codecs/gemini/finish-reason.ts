import type { FinishReason } from '../../protocol.ts';

/** Gemini has no word for function calls, of which the parts tell, nor for a model's own refusal. */
export function writeFinishReason(reason: FinishReason): string {
  switch (reason) {
    case 'stop':
    case 'tool_calls':
      return 'STOP';
    case 'length':
      return 'MAX_TOKENS';
    case 'content_filter':
    case 'refusal':
      return 'SAFETY';
    case 'pause':
    case 'other':
      return 'OTHER';
  }
}
