import type { TokenUsage } from '../../../metering/token-usage.ts';
import { isObject, tokenCount } from '../../json-fields.ts';

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

const nothing: TokenUsage = {
  inputTokens: 0,
  cacheReadInputTokens: 0,
  cacheWrite5mInputTokens: 0,
  cacheWrite1hInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
};

/** Every field there and a number: Claude Code breaks on a `message_start` that lacks one. */
export function writeUsage(usage: TokenUsage = nothing): object {
  return {
    input_tokens: usage.inputTokens,
    cache_creation_input_tokens: usage.cacheWrite5mInputTokens + usage.cacheWrite1hInputTokens,
    cache_read_input_tokens: usage.cacheReadInputTokens,
    cache_creation: {
      ephemeral_5m_input_tokens: usage.cacheWrite5mInputTokens,
      ephemeral_1h_input_tokens: usage.cacheWrite1hInputTokens,
    },
    output_tokens: usage.outputTokens,
    output_tokens_details: { thinking_tokens: usage.reasoningTokens },
  };
}
