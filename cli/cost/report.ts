import { formatUsd } from '../money.ts';
import { formatTable, type Style } from '../table.ts';
import { type CostItem, formatCents, sumOf } from './charge.ts';
import type { StackCost } from './idle.ts';
import type { RequestCost, Traffic } from './per-million.ts';
import { defaultPrices, type PriceList } from './prices.ts';

export interface CostReport {
  readonly prices: PriceList;
  readonly idle: { readonly stacks: readonly StackCost[]; readonly microUsd: number };
  readonly perMillionRequests: RequestCost | undefined;
  readonly traffic: Traffic;
  /** Paid by use, and in no figure. */
  readonly notIncluded: readonly string[];
  readonly month: { readonly requests: number; readonly microUsd: number } | undefined;
}

/** The report for people. Every figure stands beside the arithmetic it is the result of. */
export function formatReport(report: CostReport, style: Style): string[] {
  const { prices, idle, perMillionRequests } = report;
  return [
    `USD by prices of ${prices.region}, ${prices.date}. No free tier is taken off; each figure is rounded by itself.`,
    ...regionNote(report),
    '',
    ...formatTable(
      [
        { title: 'IDLE, A MONTH', value: ({ stack }: IdleRow) => stack },
        { title: 'ITEM', value: ({ group }) => group },
        { title: 'ARITHMETIC', value: ({ arithmetic }) => arithmetic },
        { title: 'USD', value: ({ microUsd }) => formatCents(microUsd), align: 'right' },
      ],
      idleRows(idle),
      style,
    ),
    ...(perMillionRequests === undefined ? [] : ['', ...formatMillion(perMillionRequests, style)]),
    ...formatMonth(report),
    '',
    ...formatNotes(report),
  ];
}

type Row = Pick<CostItem, 'group' | 'arithmetic' | 'microUsd'>;

interface IdleRow extends Row {
  readonly stack: string;
}

function idleRows({ stacks, microUsd }: CostReport['idle']): IdleRow[] {
  return [
    ...stacks.flatMap(({ stack, items, microUsd: ofStack }) => [
      ...items.map((item) => ({ stack, ...item })),
      { stack, group: 'together', arithmetic: items.length === 0 ? 'nothing' : addition(items), microUsd: ofStack },
    ]),
    { stack: 'all stacks', group: 'together', arithmetic: addition(stacks), microUsd },
  ];
}

function addition(parts: readonly { readonly microUsd: number }[]): string {
  return parts.map(({ microUsd }) => formatCents(microUsd)).join(' + ');
}

function formatMillion({ items, microUsd }: RequestCost, style: Style): string[] {
  return formatTable(
    [
      { title: 'A MILLION REQUESTS', value: ({ group }: Row) => group },
      { title: 'ARITHMETIC', value: ({ arithmetic }) => arithmetic },
      { title: 'USD', value: (item) => formatCents(item.microUsd), align: 'right' },
    ],
    [...items, { group: 'together', arithmetic: addition(items), microUsd }],
    style,
  );
}

function formatMonth({ idle, perMillionRequests, month }: CostReport): string[] {
  if (month === undefined || perMillionRequests === undefined) return [];
  const millions = (month.requests / 1_000_000).toLocaleString('en-US', { maximumFractionDigits: 6 });
  const requests = month.requests.toLocaleString('en-US');
  const sum = `${formatUsd(idle.microUsd)} + ${millions} x ${formatUsd(perMillionRequests.microUsd)}`;
  return ['', `A month with ${requests} requests: ${sum} = ${formatUsd(month.microUsd)}`];
}

function regionNote({ prices, idle }: CostReport): string[] {
  const elsewhere = [...new Set(idle.stacks.map(({ region }) => region))].filter((region) => region !== prices.region);
  // A web ACL of CloudFront is in us-east-1 wherever the rest is.
  const isForeign = elsewhere.some((region) => region !== 'us-east-1' || prices.region === defaultPrices.region);
  if (!isForeign) return [];
  return [`Not the prices of ${elsewhere.join(', ')}: --prices takes a file with those.`];
}

function formatNotes(report: CostReport): string[] {
  const { prices, idle, notIncluded } = report;
  const keys = idle.stacks.flatMap(({ items }) => items).filter(({ group }) => group === 'KMS keys');
  const list = (items: readonly string[]): string[] => items.map((text) => `  ${text}`);
  return [
    ...(keys.length === 0
      ? []
      : [
          `Keys are rotated each year: ${formatCents(sumOf(keys))} more after the first time and again after the second.`,
        ]),
    'Not in these figures, since paid by use:',
    ...list([
      ...notIncluded,
      `custom metrics of requests, ${prices.prices.customMetric.usd} each a month in which there are requests`,
      'what model providers charge',
    ]),
    ...formatDoubts(report),
  ];
}

function formatDoubts({ prices, idle, perMillionRequests }: CostReport): string[] {
  const items = [...idle.stacks.flatMap((stack) => stack.items), ...(perMillionRequests?.items ?? [])];
  const doubtful = [...new Set(items.flatMap((item) => item.prices))].filter(
    (name) => prices.prices[name].doubt !== undefined,
  );
  if (doubtful.length === 0) return [];
  return [
    'Prices to check, which could not be read on their own page (--json has each with its source):',
    ...doubtful.map((name) => `  ${prices.prices[name].usd} per ${prices.prices[name].per}`),
  ];
}
