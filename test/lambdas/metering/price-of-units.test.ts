import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { costMicroUsd, type Price, worstCaseMicroUsd } from '../../../lambdas/metering/price.ts';
import { noUsage } from '../../../lambdas/metering/token-usage.ts';

/** $0.006 for a minute of audio. */
const bySecond: Price = { inputPerMillion: 0, outputPerMillion: 0, perMillionUnits: 100_000_000 };

describe('a unit beside tokens', () => {
  test('is charged exactly, with the tokens and rounded up once with them', () => {
    const both: Price = { inputPerMillion: 500_000, outputPerMillion: 0, perMillionUnits: 250_000 };

    const costs = [
      costMicroUsd(noUsage, bySecond, 61),
      costMicroUsd({ ...noUsage, inputTokens: 1 }, both, 1),
      costMicroUsd({ ...noUsage, inputTokens: 1 }, both, 3),
    ];

    expect(costs).toEqual([6_100, 1, 2]);
  });

  test('costs nothing where a model has no price for it, which is for others to decide', () => {
    expect(costMicroUsd(noUsage, { inputPerMillion: 0, outputPerMillion: 0 }, 10)).toBe(0);
  });

  test('is in the worst case, whose cost it never passes', () => {
    const rate = fc.integer({ min: 0, max: 1_000_000_000 });
    const count = fc.integer({ min: 0, max: 1_000_000 });
    fc.assert(
      fc.property(
        rate,
        rate,
        rate,
        count,
        count,
        count,
        (input, output, units, inputTokens, outputTokens, billedUnits) => {
          const price: Price = { inputPerMillion: input, outputPerMillion: output, perMillionUnits: units };

          const worst = worstCaseMicroUsd({ inputTokens, outputTokens, billedUnits }, price);

          const cost = costMicroUsd({ ...noUsage, inputTokens, outputTokens }, price, billedUnits);
          expect(worst).toBe(cost);
        },
      ),
    );
  });
});
