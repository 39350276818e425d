import { type TokenUsage, totalInputTokens } from './token-usage.ts';

/** Micro-USD per million tokens, each a non-negative integer. A tier's missing cache price falls back to its input price. */
export interface PriceTier {
  readonly inputPerMillion: number;
  readonly outputPerMillion: number;
  readonly cacheReadPerMillion?: number;
  /** Cache write with the provider's default lifetime (Anthropic: 5 minutes). */
  readonly cacheWritePerMillion?: number;
  /** Cache write with a one-hour lifetime. Falls back to `cacheWritePerMillion`. */
  readonly cacheWrite1hPerMillion?: number;
}

/** A model's price. `longContext` replaces the whole tier when the request's input (cached tokens included) exceeds its bound. */
export interface Price extends PriceTier {
  readonly longContext?: PriceTier & { readonly aboveInputTokens: number };
}

/** The price of a model that is free by declaration. Free is a decision somebody made; a missing price is never free. */
export const freePrice: Price = { inputPerMillion: 0, outputPerMillion: 0 };

/**
 * Cost of one request in integer micro-USD, rounded up once at the end, so that cost is never under-reported and the sum over a
 * ledger is exact. Computed in BigInt: tokens times price can pass 2^53.
 */
export function costMicroUsd(usage: TokenUsage, price: Price): number {
  const tier = tierFor(totalInputTokens(usage), price);
  return microUsd([
    [usage.inputTokens, tier.inputPerMillion],
    [usage.cacheReadInputTokens, tier.cacheReadPerMillion ?? tier.inputPerMillion],
    [usage.cacheWrite5mInputTokens, tier.cacheWritePerMillion ?? tier.inputPerMillion],
    [usage.cacheWrite1hInputTokens, tier.cacheWrite1hPerMillion ?? tier.cacheWritePerMillion ?? tier.inputPerMillion],
    [usage.outputTokens, tier.outputPerMillion],
  ]);
}

/** The worst case of a request whose input and output are bounded: the dearest way each token could be charged. */
export function worstCaseMicroUsd(bound: { inputTokens: number; outputTokens: number }, price: Price): number {
  const tiers = reachableTiers(bound.inputTokens, price);
  const input = Math.max(...tiers.map(dearestInput));
  const output = Math.max(...tiers.map((tier) => tier.outputPerMillion));
  return microUsd([
    [bound.inputTokens, input],
    [bound.outputTokens, output],
  ]);
}

/** How many output tokens `microUsdAvailable` still buys once `inputTokens` are paid for at their worst; 0 when it buys none. */
export function affordableOutputTokens(microUsdAvailable: number, inputTokens: number, price: Price): number {
  const remaining = microUsdAvailable - worstCaseMicroUsd({ inputTokens, outputTokens: 0 }, price);
  if (remaining <= 0) return 0;
  const perMillion = Math.max(...reachableTiers(inputTokens, price).map((tier) => tier.outputPerMillion));
  return perMillion === 0 ? Number.MAX_SAFE_INTEGER : Math.floor((remaining - 1) / (perMillion / 1_000_000));
}

function tierFor(inputTokens: number, price: Price): PriceTier {
  return price.longContext !== undefined && inputTokens > price.longContext.aboveInputTokens ? price.longContext : price;
}

function reachableTiers(inputTokens: number, price: Price): PriceTier[] {
  const { longContext } = price;
  return longContext !== undefined && inputTokens > longContext.aboveInputTokens ? [price, longContext] : [price];
}

function dearestInput(tier: PriceTier): number {
  return Math.max(
    tier.inputPerMillion,
    tier.cacheReadPerMillion ?? 0,
    tier.cacheWritePerMillion ?? 0,
    tier.cacheWrite1hPerMillion ?? 0,
  );
}

function microUsd(parts: readonly (readonly [tokens: number, perMillion: number])[]): number {
  let total = 0n;
  for (const [tokens, perMillion] of parts) {
    if (tokens !== 0 && perMillion !== 0) total += BigInt(tokens) * BigInt(perMillion);
  }
  return Number((total + 999_999n) / 1_000_000n);
}
