import type { TokenUsage } from '../../../metering/token-usage.ts';
import type { Fields } from '../../canonical/read.ts';
import { isObject } from '../../json-fields.ts';
import { readOpenAiUsage } from '../../openai-usage.ts';

/** At the top, in Groq's own member, or in the last choice (Moonshot). */
export function readUsage(value: Fields): TokenUsage | undefined {
  const groq = isObject(value['x_groq']) ? value['x_groq']['usage'] : undefined;
  const choice: unknown = Array.isArray(value['choices']) ? value['choices'].at(-1) : undefined;
  const inChoice = isObject(choice) ? choice['usage'] : undefined;
  return readOpenAiUsage(value['usage']) ?? readOpenAiUsage(groq) ?? readOpenAiUsage(inChoice);
}

/** OpenAI counts cached tokens as part of the prompt. `cache_write_tokens` is OpenRouter's. */
export function writeUsage(usage: TokenUsage): object {
  const written = usage.cacheWrite5mInputTokens + usage.cacheWrite1hInputTokens;
  const prompt = usage.inputTokens + usage.cacheReadInputTokens + written;
  return {
    prompt_tokens: prompt,
    completion_tokens: usage.outputTokens,
    total_tokens: prompt + usage.outputTokens,
    prompt_tokens_details: {
      cached_tokens: usage.cacheReadInputTokens,
      ...(written > 0 && { cache_write_tokens: written }),
    },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
  };
}
