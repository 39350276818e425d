import { type TokenUsage, totalInputTokens } from './token-usage.ts';

/** Micro-USD per million tokens, each a non-negative integer. A tier's missing cache price falls back to its input price. */
export interface PriceTier {
  readonly inputPerMillion: number;
  readonly outputPerMillion: number;
  readonly cacheReadPerMillion?: number;
  /** Cache write with the provider's default lifetime (Anthropic: 5 minutes, OpenAI: 30 minutes). */
  readonly cacheWritePerMillion?: number;
  /** Cache write with the long lifetime (Anthropic: 1 hour, OpenAI: 12 hours). Falls back to `cacheWritePerMillion`. */
  readonly cacheWrite1hPerMillion?: number;
}

/** A model's price. `longContext` replaces the whole tier when the request's input (cached tokens included) exceeds its bound. */
export interface Price extends PriceTier {
  readonly longContext?: PriceTier & { readonly aboveInputTokens: number };
  /** Micro-USD per million of the unit that its protocol counts beside tokens (docs/decisions/0033). */
  readonly perMillionUnits?: number;
}

/** The price of a model that is free by declaration. Free is a decision somebody made; a missing price is never free. */
export const freePrice: Price = { inputPerMillion: 0, outputPerMillion: 0 };

/**
 * Cost of one request in integer micro-USD, rounded up once at the end, so that cost is never under-reported and the sum over a
 * ledger is exact. Computed in BigInt: tokens times price can pass 2^53.
 *
 * @throws RangeError when a token count or a price is not an integer.
 */
export function costMicroUsd(usage: TokenUsage, price: Price, billedUnits = 0): number {
  const tier = tierFor(totalInputTokens(usage), price);
  const cacheWrite = tier.cacheWritePerMillion ?? tier.inputPerMillion;
  return roundUp(
    amount(usage.inputTokens, tier.inputPerMillion) +
      amount(usage.cacheReadInputTokens, tier.cacheReadPerMillion ?? tier.inputPerMillion) +
      amount(usage.cacheWrite5mInputTokens, cacheWrite) +
      amount(usage.cacheWrite1hInputTokens, tier.cacheWrite1hPerMillion ?? cacheWrite) +
      amount(usage.outputTokens, tier.outputPerMillion) +
      amount(billedUnits, price.perMillionUnits ?? 0),
  );
}

/**
 * The most that a request with at most this much input and output can cost: no usage within the bound costs more, and one costs
 * exactly this. A bound above the long-context threshold does not mean that the request reaches it, so both tiers are compared,
 * each with the most input it can be charged for.
 *
 * @throws RangeError when a token count or a price is not an integer.
 */
export function worstCaseMicroUsd(
  bound: { inputTokens: number; outputTokens: number; billedUnits?: number | undefined },
  price: Price,
): number {
  let worst = 0n;
  for (const { input, outputPerMillion } of worstTiers(bound.inputTokens, price)) {
    const total = input + amount(bound.outputTokens, outputPerMillion);
    if (total > worst) worst = total;
  }
  return roundUp(worst + amount(bound.billedUnits ?? 0, price.perMillionUnits ?? 0));
}

/**
 * The largest number of output tokens whose worst case, with `inputTokens` of input, is within `microUsdAvailable`. 0 when the
 * input alone is not affordable too, so compare the worst case of the request that is sent; `Number.MAX_SAFE_INTEGER` when
 * output is free.
 *
 * @throws RangeError when an argument or a price is not an integer.
 */
export function affordableOutputTokens(microUsdAvailable: number, inputTokens: number, price: Price): number {
  const available = amount(microUsdAvailable, oneMillion);
  let tokens = BigInt(Number.MAX_SAFE_INTEGER);
  for (const { input, outputPerMillion } of worstTiers(inputTokens, price)) {
    if (input > available) return 0;
    if (outputPerMillion === 0) continue;
    const affordable = (available - input) / BigInt(outputPerMillion);
    if (affordable < tokens) tokens = affordable;
  }
  return Number(tokens);
}

const oneMillion = 1_000_000;

function tierFor(inputTokens: number, price: Price): PriceTier {
  return price.longContext !== undefined && inputTokens > price.longContext.aboveInputTokens
    ? price.longContext
    : price;
}

/** Every tier that a request with at most `inputTokens` of input can be charged in, with the dearest its input can be there. */
function worstTiers(inputTokens: number, price: Price): { input: bigint; outputPerMillion: number }[] {
  const { longContext } = price;
  const threshold = longContext?.aboveInputTokens ?? inputTokens;
  const tiers = [worstTier(Math.min(inputTokens, threshold), price)];
  if (longContext !== undefined && inputTokens > threshold) tiers.push(worstTier(inputTokens, longContext));
  return tiers;
}

function worstTier(inputTokens: number, tier: PriceTier): { input: bigint; outputPerMillion: number } {
  const dearest = Math.max(
    tier.inputPerMillion,
    tier.cacheReadPerMillion ?? 0,
    tier.cacheWritePerMillion ?? 0,
    tier.cacheWrite1hPerMillion ?? 0,
  );
  return { input: amount(inputTokens, dearest), outputPerMillion: tier.outputPerMillion };
}

/** Tokens at a price per million: an exact amount in millionths of a micro-USD. */
function amount(tokens: number, perMillion: number): bigint {
  return BigInt(tokens) * BigInt(perMillion);
}

/** To whole micro-USD. An amount no number holds exactly (above nine billion dollars) is reported as the largest that one does. */
function roundUp(millionths: bigint): number {
  const microUsd = (millionths + 999_999n) / 1_000_000n;
  return microUsd > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(microUsd);
}
