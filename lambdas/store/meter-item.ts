import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/** A request lives at most this long; its hold is returned soon after, whatever became of the process. */
const maxRequestSeconds = 15 * 60;
/** After its deadline a request may still wait a minute for a caller who does not read, and then has to be settled. */
const settlingSeconds = 2 * 60;
const bucketSeconds = 5 * 60;

/** Money and places held by unsettled requests whose time ends at `end` (epoch seconds). */
export interface HoldBucket {
  readonly end: number;
  readonly amountMicroUsd: number;
  readonly count: number;
}

/**
 * One meter as stored. The invariant that everything rests on:
 * `budgetMicroUsd = balanceMicroUsd + sum of hold amounts + what was spent`, and `inflight = sum of hold counts`.
 */
export interface MeterItem {
  readonly policyVersion: number | undefined;
  /** Epoch minute and day of the windows that the counters belong to. */
  readonly minute: number;
  readonly minuteRequests: number;
  readonly minuteTokens: number;
  readonly day: number;
  readonly dayRequests: number;
  readonly inflight: number;
  readonly balanceMicroUsd: number;
  readonly budgetMicroUsd: number;
  /** The budget period the balance belongs to, such as `2026-11`; empty where no budget is managed. */
  readonly period: string;
  /** Version of the policy that the period came from. */
  readonly budgetVersion: number;
  readonly buckets: readonly HoldBucket[];
  /** False for an item that somebody created with less than all counters. */
  readonly complete: boolean;
}

/** Attribute names, always used through placeholders: several are DynamoDB reserved words. */
export const meterAttributes = [
  'policyVersion',
  'minute',
  'minuteRequests',
  'minuteTokens',
  'day',
  'dayRequests',
  'inflight',
  'balance',
  'budget',
  'period',
  'budgetVersion',
] as const;

export const holdAttribute = (end: number): string => `hold_${end}`;
export const countAttribute = (end: number): string => `count_${end}`;

/** End of the bucket in which a hold taken now is returned if nobody settles it: 17 to 22 minutes from now. */
export function bucketEnd(nowMs: number): number {
  return Math.ceil((Math.floor(nowMs / 1000) + maxRequestSeconds + settlingSeconds) / bucketSeconds) * bucketSeconds;
}

export const minuteOf = (nowMs: number): number => Math.floor(nowMs / 60_000);
export const dayOf = (nowMs: number): number => Math.floor(nowMs / 86_400_000);

export function parseMeterItem(item: Record<string, AttributeValue> | undefined): MeterItem | undefined {
  if (item === undefined) return undefined;
  const number = (name: string): number => Number(item[name]?.N ?? 0);
  const buckets: HoldBucket[] = [];
  for (const name of Object.keys(item)) {
    if (!name.startsWith('count_')) continue;
    const end = Number(name.slice('count_'.length));
    buckets.push({ end, amountMicroUsd: number(holdAttribute(end)), count: number(name) });
  }
  return {
    policyVersion: item['policyVersion']?.N === undefined ? undefined : number('policyVersion'),
    minute: number('minute'),
    minuteRequests: number('minuteRequests'),
    minuteTokens: number('minuteTokens'),
    day: number('day'),
    dayRequests: number('dayRequests'),
    inflight: number('inflight'),
    balanceMicroUsd: number('balance'),
    budgetMicroUsd: number('budget'),
    period: item['period']?.S ?? '',
    budgetVersion: number('budgetVersion'),
    buckets,
    complete: meterAttributes.every((name) => name === 'policyVersion' || item[name] !== undefined),
  };
}

export interface HoldTotal {
  readonly amountMicroUsd: number;
  readonly count: number;
}

/** Holds whose bucket has ended: nobody will settle them any more. */
export function expiredBuckets(item: MeterItem, nowMs: number): readonly HoldBucket[] {
  return item.buckets.filter((bucket) => bucket.end * 1000 < nowMs);
}

export function totalHolds(buckets: readonly HoldBucket[]): HoldTotal {
  let amountMicroUsd = 0;
  let count = 0;
  for (const bucket of buckets) {
    amountMicroUsd += bucket.amountMicroUsd;
    count += bucket.count;
  }
  return { amountMicroUsd, count };
}
