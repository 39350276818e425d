import type { TokenUsage } from '../../../metering/token-usage.ts';

/** The prompt includes what a cache gave or took; candidates exclude thoughts. */
export function writeUsageMetadata(usage: TokenUsage): object {
  const written = usage.cacheWrite5mInputTokens + usage.cacheWrite1hInputTokens;
  const prompt = usage.inputTokens + usage.cacheReadInputTokens + written;
  return {
    promptTokenCount: prompt,
    candidatesTokenCount: usage.outputTokens - usage.reasoningTokens,
    totalTokenCount: prompt + usage.outputTokens,
    ...(usage.cacheReadInputTokens > 0 && { cachedContentTokenCount: usage.cacheReadInputTokens }),
    ...(usage.reasoningTokens > 0 && { thoughtsTokenCount: usage.reasoningTokens }),
  };
}
