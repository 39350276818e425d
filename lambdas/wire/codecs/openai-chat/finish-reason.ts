import type { FinishReason } from '../../protocol.ts';

/**
 * OpenAI's reasons and those that compatible vendors add: Mistral's `model_length`, Together's `eos`, Z.ai's `sensitive`.
 * `undefined` where the answer goes on; Perplexity and others send an empty one on every chunk.
 */
export function readFinishReason(reason: unknown): FinishReason | undefined {
  switch (reason) {
    case undefined:
    case null:
    case '':
      return undefined;
    case 'stop':
    case 'eos':
    case 'end_turn':
    case 'stop_sequence':
      return 'stop';
    case 'length':
    case 'max_tokens':
    case 'model_length':
      return 'length';
    case 'tool_calls':
    case 'function_call':
    case 'tool_use':
      return 'tool_calls';
    case 'content_filter':
    case 'safety':
    case 'sensitive':
      return 'content_filter';
    case 'refusal':
      return 'refusal';
    default:
      return 'other';
  }
}

/** @param saysRefusal Whether the message has a `refusal`: OpenAI's refusals stop, so only one without a word needs telling. */
export function writeFinishReason(reason: FinishReason, saysRefusal: boolean): string {
  switch (reason) {
    case 'stop':
    case 'length':
    case 'tool_calls':
    case 'content_filter':
      return reason;
    case 'refusal':
      return saysRefusal ? 'stop' : 'content_filter';
    case 'pause':
    case 'other':
      return 'stop';
  }
}
