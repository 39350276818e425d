import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatBudget, formatUsd, parseBudget, parseUsd } from '../../cli/money.ts';

describe('amounts of money', () => {
  test.each([
    ['12.50', 12_500_000],
    ['12.50USD', 12_500_000],
    ['0.000001', 1],
    ['0.1 usd', 100_000],
    ['-3.5', -3_500_000],
    ['-0', 0],
    ['1000000000', 1_000_000_000_000_000],
    // 0.29 * 1e6 is 290000.00000000006 in floating point, and 1.005 * 1e6 falls short.
    ['0.29', 290_000],
    ['1.005', 1_005_000],
  ])('reads %s as %d micro-USD', (text, expected) => {
    expect(parseUsd(text)).toBe(expected);
  });

  test.each(['', 'USD', '1.', '.5', '1.0000001', '1,5', '1e3', '0x10', '5EUR', '1000000000.000001', '+5', '--5', '１'])(
    'refuses %j',
    (text) => {
      expect(() => parseUsd(text)).toThrow(/USD|dollars/);
    },
  );

  test('are read back as they were shown, to the micro-dollar', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1_000_000_000_000_000, max: 1_000_000_000_000_000 }), (microUsd) => {
        expect(parseUsd(formatUsd(microUsd).replace(' USD', ''))).toBe(microUsd);
      }),
    );
  });

  test.each([
    [0, '0.00 USD'],
    [1, '0.000001 USD'],
    [12_500_000, '12.50 USD'],
    [1_234_567, '1.234567 USD'],
    [120_000, '0.12 USD'],
    [-3_500_000, '-3.50 USD'],
  ])('shows %d micro-USD as %s', (microUsd, expected) => {
    expect(formatUsd(microUsd)).toBe(expected);
  });
});

describe('budgets', () => {
  test('are an amount and a period', () => {
    expect(parseBudget('12.50USD/month')).toEqual({ amountMicroUsd: 12_500_000, period: 'month' });
    expect(parseBudget('0/total')).toEqual({ amountMicroUsd: 0, period: 'total' });
  });

  test.each(['12.50', '12.50USD/', '12.50USD/year', '12.50USD/month/day', '-1/day', '/day'])('refuse %j', (text) => {
    expect(() => parseBudget(text)).toThrow(/Give/);
  });

  test('are shown as they are given', () => {
    expect(formatBudget({ amountMicroUsd: 500_000, period: 'week' })).toBe('0.50USD/week');
  });
});
