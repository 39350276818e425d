import type { TokenUsage } from '../metering/token-usage.ts';
import { isObject, tokenCount } from './json-fields.ts';

/**
 * OpenAI's `usage` object, with its dialects. `prompt_tokens` includes cached tokens; `completion_tokens` includes reasoning,
 * except at xAI, whose total shows that it does not. DeepSeek and Moonshot name their cache hits differently.
 * `undefined` when there is no usable figure.
 */
export function readOpenAiUsage(value: unknown): TokenUsage | undefined {
  if (!isObject(value)) return undefined;
  const prompt = tokenCount(value['prompt_tokens']);
  if (prompt === undefined) return undefined;
  const completion = tokenCount(value['completion_tokens']) ?? 0;
  const promptDetails = isObject(value['prompt_tokens_details']) ? value['prompt_tokens_details'] : {};
  const completionDetails = isObject(value['completion_tokens_details']) ? value['completion_tokens_details'] : {};
  const cached =
    tokenCount(promptDetails['cached_tokens']) ??
    tokenCount(value['prompt_cache_hit_tokens']) ??
    tokenCount(value['cached_tokens']) ??
    0;
  const written = tokenCount(promptDetails['cache_write_tokens']) ?? 0;
  const reasoning = tokenCount(completionDetails['reasoning_tokens']) ?? 0;
  const reasoningBeside = reasoning > 0 && tokenCount(value['total_tokens']) === prompt + completion + reasoning;
  const cacheRead = Math.min(cached, prompt);
  const cacheWrite = Math.min(written, prompt - cacheRead);
  return {
    inputTokens: prompt - cacheRead - cacheWrite,
    cacheReadInputTokens: cacheRead,
    cacheWrite5mInputTokens: cacheWrite,
    cacheWrite1hInputTokens: 0,
    outputTokens: reasoningBeside ? completion + reasoning : completion,
    reasoningTokens: reasoning,
  };
}
