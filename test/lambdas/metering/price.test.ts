import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  affordableOutputTokens,
  costMicroUsd,
  freePrice,
  type Price,
  type PriceTier,
  worstCaseMicroUsd,
} from '../../../lambdas/metering/price.ts';
import { noUsage, type TokenUsage, totalInputTokens } from '../../../lambdas/metering/token-usage.ts';

const perMillion = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 9 }), fc.nat({ max: 600_000_000 }));
const tokens = fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 2_000_000 }));

const tier = fc.record(
  {
    inputPerMillion: perMillion,
    outputPerMillion: perMillion,
    cacheReadPerMillion: perMillion,
    cacheWritePerMillion: perMillion,
    cacheWrite1hPerMillion: perMillion,
  },
  { requiredKeys: ['inputPerMillion', 'outputPerMillion'] },
);

// The tiers are drawn independently: a long-context tier may be cheaper than the base, a cache write dearer than the input.
const price: fc.Arbitrary<Price> = fc.oneof(
  tier,
  fc
    .tuple(tier, tier, fc.nat({ max: 1_000_000 }))
    .map(([base, long, aboveInputTokens]) => ({ ...base, longContext: { ...long, aboveInputTokens } })),
);

const usage: fc.Arbitrary<TokenUsage> = fc.record({
  inputTokens: tokens,
  cacheReadInputTokens: tokens,
  cacheWrite5mInputTokens: tokens,
  cacheWrite1hInputTokens: tokens,
  outputTokens: tokens,
  reasoningTokens: fc.constant(0),
});

/** A second implementation with the rules spelled out one by one, to compare against. */
function expectedCost(spent: TokenUsage, { longContext, ...base }: Price): bigint {
  const isLong = longContext !== undefined && totalInputTokens(spent) > longContext.aboveInputTokens;
  const charged: PriceTier = isLong ? longContext : base;
  const fallback = (...candidates: (number | undefined)[]) =>
    BigInt(candidates.find((each) => each !== undefined) ?? 0);
  const { inputPerMillion, cacheWritePerMillion } = charged;
  const numerator =
    BigInt(spent.inputTokens) * BigInt(inputPerMillion) +
    BigInt(spent.cacheReadInputTokens) * fallback(charged.cacheReadPerMillion, inputPerMillion) +
    BigInt(spent.cacheWrite5mInputTokens) * fallback(cacheWritePerMillion, inputPerMillion) +
    BigInt(spent.cacheWrite1hInputTokens) *
      fallback(charged.cacheWrite1hPerMillion, cacheWritePerMillion, inputPerMillion) +
    BigInt(spent.outputTokens) * BigInt(charged.outputPerMillion);
  return numerator % 1_000_000n === 0n ? numerator / 1_000_000n : numerator / 1_000_000n + 1n;
}

describe('costMicroUsd', () => {
  it('charges every kind of token at its own price', () => {
    const sonnet: Price = {
      inputPerMillion: 3_000_000,
      outputPerMillion: 15_000_000,
      cacheReadPerMillion: 300_000,
      cacheWritePerMillion: 3_750_000,
      cacheWrite1hPerMillion: 6_000_000,
    };
    const spent: TokenUsage = {
      inputTokens: 1_000,
      cacheReadInputTokens: 10_000,
      cacheWrite5mInputTokens: 2_000,
      cacheWrite1hInputTokens: 500,
      outputTokens: 100,
      reasoningTokens: 40,
    };

    const cost = costMicroUsd(spent, sonnet);

    expect(cost).toBe(3_000 + 3_000 + 7_500 + 3_000 + 1_500);
  });

  it('moves the whole request to the long-context tier one token above the threshold, cached tokens counted', () => {
    const tiered: Price = {
      inputPerMillion: 1_000_000,
      outputPerMillion: 0,
      cacheReadPerMillion: 0,
      longContext: { aboveInputTokens: 200, inputPerMillion: 2_000_000, outputPerMillion: 0, cacheReadPerMillion: 0 },
    };

    const at = costMicroUsd({ ...noUsage, inputTokens: 100, cacheReadInputTokens: 100 }, tiered);
    const above = costMicroUsd({ ...noUsage, inputTokens: 100, cacheReadInputTokens: 101 }, tiered);

    expect([at, above]).toEqual([100, 200]);
  });

  it('falls back from a missing cache price to the write price or the input price', () => {
    const withWrite: Price = { inputPerMillion: 1_000_000, outputPerMillion: 0, cacheWritePerMillion: 4_000_000 };
    const bare: Price = { inputPerMillion: 1_000_000, outputPerMillion: 0 };
    const longWrite: TokenUsage = { ...noUsage, cacheWrite1hInputTokens: 10 };
    const read: TokenUsage = { ...noUsage, cacheReadInputTokens: 10 };

    const costs = [costMicroUsd(longWrite, withWrite), costMicroUsd(longWrite, bare), costMicroUsd(read, withWrite)];

    expect(costs).toEqual([40, 10, 10]);
  });

  it('rounds the smallest cost up to one micro-dollar, and charges nothing for a free model', () => {
    const one: TokenUsage = { ...noUsage, inputTokens: 1 };

    const costs = [costMicroUsd(one, { inputPerMillion: 1, outputPerMillion: 0 }), costMicroUsd(one, freePrice)];

    expect(costs).toEqual([1, 0]);
  });

  it('agrees with an independent computation for any usage and price', () => {
    fc.assert(
      fc.property(usage, price, (spent, charged) => {
        expect(BigInt(costMicroUsd(spent, charged))).toBe(expectedCost(spent, charged));
      }),
      { numRuns: 500 },
    );
  });

  it('never falls when tokens are added within the same tier', () => {
    fc.assert(
      fc.property(usage, usage, tier, (spent, more, charged) => {
        const sum = {
          inputTokens: spent.inputTokens + more.inputTokens,
          cacheReadInputTokens: spent.cacheReadInputTokens + more.cacheReadInputTokens,
          cacheWrite5mInputTokens: spent.cacheWrite5mInputTokens + more.cacheWrite5mInputTokens,
          cacheWrite1hInputTokens: spent.cacheWrite1hInputTokens + more.cacheWrite1hInputTokens,
          outputTokens: spent.outputTokens + more.outputTokens,
          reasoningTokens: 0,
        };

        const cost = costMicroUsd(spent, charged);

        expect(cost).toBeGreaterThanOrEqual(0);
        expect(costMicroUsd(sum, charged)).toBeGreaterThanOrEqual(cost);
      }),
    );
  });

  it('refuses a fraction of a token instead of guessing', () => {
    const half: TokenUsage = { ...noUsage, inputTokens: 0.5 };

    const cost = () => costMicroUsd(half, { inputPerMillion: 1, outputPerMillion: 1 });

    expect(cost).toThrow(RangeError);
  });
});

describe('worstCaseMicroUsd', () => {
  it('is never below the cost of a usage within the bound', () => {
    fc.assert(
      fc.property(usage, tokens, tokens, price, (spent, spareInput, spareOutput, charged) => {
        const bound = {
          inputTokens: totalInputTokens(spent) + spareInput,
          outputTokens: spent.outputTokens + spareOutput,
        };

        expect(worstCaseMicroUsd(bound, charged)).toBeGreaterThanOrEqual(costMicroUsd(spent, charged));
      }),
      { numRuns: 500 },
    );
  });

  it('is the cost of some usage within the bound, not more', () => {
    const kinds = [
      'inputTokens',
      'cacheReadInputTokens',
      'cacheWrite5mInputTokens',
      'cacheWrite1hInputTokens',
    ] as const;
    fc.assert(
      fc.property(tokens, tokens, price, (inputTokens, outputTokens, charged) => {
        const threshold = Math.min(inputTokens, charged.longContext?.aboveInputTokens ?? inputTokens);
        const candidates = kinds.flatMap((kind) =>
          [inputTokens, threshold].map((count) => costMicroUsd({ ...noUsage, outputTokens, [kind]: count }, charged)),
        );

        const worst = worstCaseMicroUsd({ inputTokens, outputTokens }, charged);

        expect(worst).toBe(Math.max(...candidates));
      }),
      { numRuns: 500 },
    );
  });

  it('counts a base tier that is dearer than the long-context tier', () => {
    const inverted: Price = {
      inputPerMillion: 10_000_000,
      outputPerMillion: 1_000_000,
      longContext: { aboveInputTokens: 1_000, inputPerMillion: 1_000_000, outputPerMillion: 2_000_000 },
    };

    const worst = worstCaseMicroUsd({ inputTokens: 2_000, outputTokens: 10 }, inverted);

    expect(worst).toBe(1_000 * 10 + 10);
  });

  it('never falls when the bound grows', () => {
    const bound = fc.record({ inputTokens: tokens, outputTokens: tokens });
    fc.assert(
      fc.property(bound, bound, price, (smaller, more, charged) => {
        const larger = {
          inputTokens: smaller.inputTokens + more.inputTokens,
          outputTokens: smaller.outputTokens + more.outputTokens,
        };

        expect(worstCaseMicroUsd(larger, charged)).toBeGreaterThanOrEqual(worstCaseMicroUsd(smaller, charged));
      }),
    );
  });

  it('stays a safe integer when no number could hold the amount', () => {
    const dear: Price = { inputPerMillion: Number.MAX_SAFE_INTEGER, outputPerMillion: Number.MAX_SAFE_INTEGER };

    const worst = worstCaseMicroUsd({ inputTokens: 2_000_000, outputTokens: 2_000_000 }, dear);

    expect(worst).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe('affordableOutputTokens', () => {
  it('is exact: that many tokens fit into the money, one more does not', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2_000_000_000 }), tokens, price, (available, inputTokens, charged) => {
        const affordable = affordableOutputTokens(available, inputTokens, charged);

        const worst = (outputTokens: number) => worstCaseMicroUsd({ inputTokens, outputTokens }, charged);
        if (worst(0) > available) {
          expect(affordable).toBe(0);
        } else {
          expect(worst(affordable)).toBeLessThanOrEqual(available);
          if (affordable < Number.MAX_SAFE_INTEGER) expect(worst(affordable + 1)).toBeGreaterThan(available);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('spends the last micro-dollar', () => {
    const oneDollar: Price = { inputPerMillion: 1_000_000, outputPerMillion: 1_000_000 };

    const affordable = affordableOutputTokens(100, 40, oneDollar);

    expect(affordable).toBe(60);
  });

  it('has no bound when output is free', () => {
    const affordable = affordableOutputTokens(0, 1_000, freePrice);

    expect(affordable).toBe(Number.MAX_SAFE_INTEGER);
  });
});
