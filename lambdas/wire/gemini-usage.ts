import type { TokenUsage } from '../metering/token-usage.ts';
import { geminiMember } from './gemini-fields.ts';
import { isObject, tokenCount } from './json-fields.ts';

/**
 * Gemini's `usageMetadata`. The prompt includes cached content and excludes what tools gave back to the model, which is billed as
 * input; candidates exclude thoughts. Every chunk of a stream repeats it with the sums so far. `undefined` when there is no
 * usable figure. https://ai.google.dev/api/generate-content#UsageMetadata
 */
export function readGeminiUsage(value: unknown): TokenUsage | undefined {
  if (!isObject(value)) return undefined;
  const count = (name: string): number | undefined => tokenCount(geminiMember(value, name).value);
  const prompt = count('promptTokenCount');
  if (prompt === undefined) return undefined;
  const cached = Math.min(count('cachedContentTokenCount') ?? 0, prompt);
  const thoughts = count('thoughtsTokenCount') ?? 0;
  return {
    inputTokens: prompt - cached + (count('toolUsePromptTokenCount') ?? 0),
    cacheReadInputTokens: cached,
    cacheWrite5mInputTokens: 0,
    cacheWrite1hInputTokens: 0,
    outputTokens: (count('candidatesTokenCount') ?? 0) + thoughts,
    reasoningTokens: thoughts,
  };
}
