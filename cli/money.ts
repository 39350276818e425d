import { InvalidArgumentError } from 'commander';

export const budgetPeriods = ['day', 'week', 'month', 'total'] as const;

export interface Budget {
  readonly amountMicroUsd: number;
  readonly period: (typeof budgetPeriods)[number];
}

const largestMicroUsd = 1_000_000_000_000_000;

/**
 * `12.50`, `12.50USD`, `-3`: exact micro-USD. The digits are joined, never multiplied, so nothing is rounded.
 *
 * @throws InvalidArgumentError
 */
export function parseUsd(text: string): number {
  const match = /^(-?)(\d{1,10})(?:\.(\d{1,6}))?\s?(?:USD)?$/i.exec(text);
  if (match === null) {
    throw new InvalidArgumentError('Give US dollars with at most 6 decimals, such as 12.50 or 12.50USD.');
  }
  const [, sign = '', dollars = '0', decimals = ''] = match;
  const microUsd = Number(dollars + decimals.padEnd(6, '0'));
  if (microUsd > largestMicroUsd) throw new InvalidArgumentError('At most 1000000000 USD.');
  return sign === '-' && microUsd !== 0 ? -microUsd : microUsd;
}

/**
 * `12.50USD/month`.
 *
 * @throws InvalidArgumentError
 */
export function parseBudget(text: string): Budget {
  const [amount = '', name, ...rest] = text.split('/');
  const period = budgetPeriods.find((candidate) => candidate === name);
  if (period === undefined || rest.length > 0 || amount.startsWith('-')) {
    throw new InvalidArgumentError(
      `Give an amount and a period (${budgetPeriods.join(', ')}), such as 12.50USD/month.`,
    );
  }
  return { amountMicroUsd: parseUsd(amount), period };
}

/** Micro-USD as dollars: at least two decimals, at most six, exact. */
export function formatUsd(microUsd: number): string {
  const digits = String(Math.abs(microUsd)).padStart(7, '0');
  const decimals = digits.slice(-6).replace(/0{1,4}$/, '');
  return `${microUsd < 0 ? '-' : ''}${digits.slice(0, -6)}.${decimals} USD`;
}

/** As it would be given to `--budget`. */
export function formatBudget({ amountMicroUsd, period }: Budget): string {
  return `${formatUsd(amountMicroUsd).replace(' ', '')}/${period}`;
}
