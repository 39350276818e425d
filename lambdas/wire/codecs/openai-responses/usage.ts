import type { ResponseUsage } from 'openai/resources/responses/responses';
import type { TokenUsage } from '../../../metering/token-usage.ts';

/** `readResponsesUsage` is the way back. */
export function writeUsage(usage: TokenUsage): ResponseUsage {
  const written = usage.cacheWrite5mInputTokens + usage.cacheWrite1hInputTokens;
  const input = usage.inputTokens + usage.cacheReadInputTokens + written;
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: usage.cacheReadInputTokens, cache_write_tokens: written },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: input + usage.outputTokens,
  };
}
