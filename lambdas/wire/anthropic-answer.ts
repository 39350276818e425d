import type { TokenUsage } from '../metering/token-usage.ts';
import { isObject, tokenCount } from './json-fields.ts';
import type { FinishReason } from './protocol.ts';

/** Figures as Anthropic reports them; a later event repeats or completes those of an earlier one. */
export type Counts = Partial<
  Record<'input' | 'output' | 'reasoning' | 'cacheRead' | 'cacheWrite' | 'cacheWrite5m' | 'cacheWrite1h', number>
>;

export function readCounts(value: unknown): Counts {
  if (!isObject(value)) return {};
  const split = isObject(value['cache_creation']) ? value['cache_creation'] : {};
  const details = isObject(value['output_tokens_details']) ? value['output_tokens_details'] : {};
  const all = {
    input: tokenCount(value['input_tokens']),
    output: tokenCount(value['output_tokens']),
    reasoning: tokenCount(details['thinking_tokens']),
    cacheRead: tokenCount(value['cache_read_input_tokens']),
    cacheWrite: tokenCount(value['cache_creation_input_tokens']),
    cacheWrite5m: tokenCount(split['ephemeral_5m_input_tokens']),
    cacheWrite1h: tokenCount(split['ephemeral_1h_input_tokens']),
  };
  return Object.fromEntries(Object.entries(all).filter(([, count]) => count !== undefined));
}

/** `input_tokens` excludes both cache reads and writes; what the split by lifetime leaves out of the sum is five minutes. */
export function toUsage(counts: Counts): TokenUsage | undefined {
  if (counts.input === undefined) return undefined;
  const write1h = counts.cacheWrite1h ?? 0;
  const output = counts.output ?? 0;
  return {
    inputTokens: counts.input,
    cacheReadInputTokens: counts.cacheRead ?? 0,
    cacheWrite5mInputTokens: Math.max(counts.cacheWrite5m ?? 0, (counts.cacheWrite ?? 0) - write1h),
    cacheWrite1hInputTokens: write1h,
    outputTokens: output,
    reasoningTokens: Math.min(counts.reasoning ?? 0, output),
  };
}

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
