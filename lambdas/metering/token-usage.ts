/**
 * One canonical usage shape. The five parts never overlap, so a price can be applied to each without counting a token twice:
 * the whole input is `inputTokens + cacheReadInputTokens + cacheWrite5mInputTokens + cacheWrite1hInputTokens`. Reasoning
 * tokens are part of `outputTokens` and shown beside it.
 */
export interface TokenUsage {
  /** Input tokens neither read from nor written to a cache. */
  readonly inputTokens: number;
  readonly cacheReadInputTokens: number;
  readonly cacheWrite5mInputTokens: number;
  readonly cacheWrite1hInputTokens: number;
  /** All output, reasoning included. */
  readonly outputTokens: number;
  readonly reasoningTokens: number;
}

export const noUsage: TokenUsage = {
  inputTokens: 0,
  cacheReadInputTokens: 0,
  cacheWrite5mInputTokens: 0,
  cacheWrite1hInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
};

export function totalInputTokens(usage: TokenUsage): number {
  return usage.inputTokens + usage.cacheReadInputTokens + usage.cacheWrite5mInputTokens + usage.cacheWrite1hInputTokens;
}

export function totalTokens(usage: TokenUsage): number {
  return totalInputTokens(usage) + usage.outputTokens;
}
