import type { Price, PriceTier } from '../price.ts';

/**
 * Dollars per million tokens, as price pages write them, to micro-USD per million tokens.
 *
 * @throws RangeError for a price finer than a micro-dollar per million: it has no exact integer form.
 */
export function usd(dollars: number): number {
  const microUsd = Math.round(dollars * 1_000_000);
  if (microUsd / 1_000_000 !== dollars) throw new RangeError(`${dollars} USD is not a whole number of micro-USD`);
  return microUsd;
}

/** A price tier from the three columns that most price pages have. Leave `cacheRead` out where the page lists none. */
export function usdTier(input: number, output: number, cacheRead?: number): PriceTier {
  const tier = { inputPerMillion: usd(input), outputPerMillion: usd(output) };
  return cacheRead === undefined ? tier : { ...tier, cacheReadPerMillion: usd(cacheRead) };
}

/** What a request pays once its input passes a threshold, for vendors that state it as multiples of the base rates. */
export interface LongContext {
  readonly aboveInputTokens: number;
  /** Factor of the input and cache rates. */
  readonly input: number;
  /** Factor of the output rate. */
  readonly output: number;
}

/** A price whose long-context tier is the base tier times the vendor's factors. */
export function withLongContext(tier: PriceTier, { aboveInputTokens, input, output }: LongContext): Price {
  const rates = Object.entries(tier).map(([name, rate]: [string, number]) => [
    name,
    rate * (name === 'outputPerMillion' ? output : input),
  ]);
  return { ...tier, longContext: { ...(Object.fromEntries(rates) as PriceTier), aboveInputTokens } };
}

/**
 * Every rate of a price times a factor, for services that charge a percentage more.
 *
 * @throws RangeError where a rate would be finer than a micro-dollar per million.
 */
export function scaled({ longContext, ...tier }: Price, factor: number): Price {
  if (longContext === undefined) return scaledTier(tier, factor);
  const { aboveInputTokens, ...long } = longContext;
  return { ...scaledTier(tier, factor), longContext: { ...scaledTier(long, factor), aboveInputTokens } };
}

function scaledTier(tier: PriceTier, factor: number): PriceTier {
  const rates = Object.entries(tier).map(([name, rate]: [string, number]) => {
    const exact = rate * factor;
    const scaledRate = Math.round(exact);
    if (Math.abs(scaledRate - exact) > 1e-6) throw new RangeError(`${exact} is not a whole number of micro-USD`);
    return [name, scaledRate];
  });
  return Object.fromEntries(rates) as PriceTier;
}
