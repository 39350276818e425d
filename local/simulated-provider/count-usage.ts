import { createHash } from 'node:crypto';
import type { TokenUsage } from '../../lambdas/metering/token-usage.ts';
import type { RequestedModel } from './models.ts';

/** Shorter leading messages are never cached, as with real vendors (whose bound is in tokens). */
const minimumCachedCharacters = 1024;
const maximumRememberedPrefixes = 1000;

/** Whether a prefix was seen before; asking remembers it. */
export type PrefixCache = (prefix: string) => boolean;

/** Keeps hashes only, and only the most recent ones. */
export function createPrefixCache(): PrefixCache {
  const hashes = new Set<string>();
  return (prefix) => {
    const hash = createHash('sha256').update(prefix).digest('base64');
    const known = hashes.delete(hash);
    hashes.add(hash);
    for (const oldest of hashes) {
      if (hashes.size <= maximumRememberedPrefixes) break;
      hashes.delete(oldest);
    }
    return known;
  };
}

/**
 * - `automatic`: OpenAI's way: repeated prefixes are cheaper, writing them costs nothing
 * - `5m`, `1h`: Anthropic's way, when the request marks something with `cache_control`: the first writes, the next ones read
 * - `none`: Anthropic without a marker
 */
export type CachePolicy = 'automatic' | '5m' | '1h' | 'none';

/** Four characters (UTF-16 units, as in `string.length`) are a token; the sum over all texts is rounded up once. */
export function countInputTokens(texts: readonly string[]): number {
  return Math.ceil(texts.reduce((total, text) => total + text.length, 0) / 4);
}

/** The input side of the usage; `texts` are all messages in order, the first being what a prompt cache can hold. */
export function countInput(
  model: RequestedModel,
  texts: readonly string[],
  prompt: { readonly policy: CachePolicy; readonly cache: PrefixCache },
): Omit<TokenUsage, 'outputTokens' | 'reasoningTokens'> {
  const counted = countInputTokens(texts);
  const { input, cacheRead, cacheWrite } = model.parameters;
  if (input !== undefined || cacheRead !== undefined || cacheWrite !== undefined) {
    return {
      inputTokens: input ?? counted,
      cacheReadInputTokens: cacheRead ?? 0,
      cacheWrite5mInputTokens: cacheWrite ?? 0,
      cacheWrite1hInputTokens: 0,
    };
  }

  const leading = texts[0] ?? '';
  const cacheable = prompt.policy !== 'none' && leading.length >= minimumCachedCharacters;
  const known = cacheable && prompt.cache(`${model.id}\n${leading}`);
  const cached = cacheable ? countInputTokens([leading]) : 0;
  const usage = {
    cacheReadInputTokens: known ? cached : 0,
    cacheWrite5mInputTokens: !known && prompt.policy === '5m' ? cached : 0,
    cacheWrite1hInputTokens: !known && prompt.policy === '1h' ? cached : 0,
  };
  const priced = usage.cacheReadInputTokens + usage.cacheWrite5mInputTokens + usage.cacheWrite1hInputTokens;
  return { inputTokens: counted - priced, ...usage };
}
