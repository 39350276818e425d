import type { StoreClient } from './client.ts';
import { readRequestRecords } from './request-record.ts';
import type { TableNames } from './tables.ts';
import {
  listUsage,
  replaceUsage,
  sumUsage,
  type UsageDimensions,
  usageDimensionsOf,
  type UsageRow,
  type UsageSums,
} from './usage-rollup.ts';

export interface UsageRebuild {
  /** Sums that were missing or different and are now what the records add up to. */
  readonly replaced: number;
  /** Sums of more requests than there are records, left as they were. */
  readonly kept: number;
}

/**
 * Recomputes the sums of one day from the records the table still has, and replaces those that differ. A sum never comes to
 * stand for fewer requests than before: records expire and sums do not, so that a missing record says nothing. For a sum that
 * is too high, see docs/usage.md.
 *
 * Not while the stream may still bring records of that day: one that is in the table already, but was not delivered, would be
 * counted twice.
 *
 * @throws StoreError; `condition-failed` when the stream added to a sum meanwhile. Calling again is right.
 */
export async function rebuildUsageOfDay(
  store: StoreClient,
  tables: Pick<TableNames, 'requests' | 'usage'>,
  organization: string,
  day: string,
): Promise<UsageRebuild> {
  // Sums before records: a request that ends in between is missing in what is replaced, never in what replaces it.
  const before = new Map<string, UsageRow>();
  for await (const row of listUsage(store, tables.usage, organization, { from: day, to: day })) {
    before.set(identityOf(row), row);
  }
  const rows = new Map<string, UsageRow>();
  for await (const record of readRequestRecords(store, tables.requests, organization, day)) {
    const dimensions = usageDimensionsOf(record);
    const identity = identityOf(dimensions);
    rows.set(identity, { ...dimensions, ...addSums(rows.get(identity), sumUsage([record])) });
  }

  let replaced = 0;
  for (const [identity, row] of rows) {
    const known = before.get(identity);
    if (known !== undefined && (known.requests > row.requests || isSame(known, row))) continue;
    await replaceUsage({ store, table: tables.usage }, row, known?.requests);
    replaced += 1;
  }
  const kept = [...before].filter(([identity, row]) => row.requests > (rows.get(identity)?.requests ?? 0)).length;
  return { replaced, kept };
}

function identityOf({ workspace, key, provider, model }: UsageDimensions): string {
  return JSON.stringify([workspace, key, provider, model]);
}

function addSums(sums: UsageSums | undefined, more: UsageSums): UsageSums {
  if (sums === undefined) return more;
  const names = Object.keys(more) as (keyof UsageSums)[];
  return Object.fromEntries(names.map((name) => [name, sums[name] + more[name]])) as unknown as UsageSums;
}

function isSame(one: UsageRow, other: UsageRow): boolean {
  return (Object.keys(other) as (keyof UsageRow)[]).every((name) => one[name] === other[name]);
}
