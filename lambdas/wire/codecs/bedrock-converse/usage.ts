import type { TokenUsage } from '../../../metering/token-usage.ts';
import { isObject, tokenCount } from '../../json-fields.ts';

/**
 * As Anthropic's: `inputTokens` excludes both cache reads and writes. What `cacheDetails` leaves out of the writes is five minutes.
 * Reasoning is part of the output and not told apart.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html
 */
export function readUsage(value: unknown): TokenUsage | undefined {
  if (!isObject(value)) return undefined;
  const input = tokenCount(value['inputTokens']);
  if (input === undefined) return undefined;
  const written = tokenCount(value['cacheWriteInputTokens']) ?? 0;
  const written1h = detail(value['cacheDetails'], '1h');
  return {
    inputTokens: input,
    cacheReadInputTokens: tokenCount(value['cacheReadInputTokens']) ?? 0,
    cacheWrite5mInputTokens: Math.max(detail(value['cacheDetails'], '5m'), written - written1h),
    cacheWrite1hInputTokens: written1h,
    outputTokens: tokenCount(value['outputTokens']) ?? 0,
    reasoningTokens: 0,
  };
}

function detail(details: unknown, ttl: '5m' | '1h'): number {
  if (!Array.isArray(details)) return 0;
  const counts = details.map((entry: unknown) =>
    isObject(entry) && entry['ttl'] === ttl ? (tokenCount(entry['inputTokens']) ?? 0) : 0,
  );
  return counts.reduce((sum, count) => sum + count, 0);
}
