import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { isConditionFailed, type StoreClient, StoreError } from './client.ts';
import { deletePartition } from './delete-partition.ts';
import type { RequestRecord } from './request-record.ts';
import { UpdateExpression } from './update-expression.ts';

/*
 * Access patterns of the `usage` table: sums of request records (docs/usage.md). Credential uses live there too:
 * credential-use.ts.
 *
 * | pattern      | key                                                              | called by               |
 * |--------------|------------------------------------------------------------------|-------------------------|
 * | applyUsage   | `org#<id>` / `<day>#<workspace>#<key>#<provider>#<model>`         | usage rollup            |
 * | replaceUsage | the same                                                         | rebuildUsageOfDay       |
 * | listUsage    | `org#<id>` / between two days                                    | control plane, rebuild  |
 * | deleteUsage  | `org#<id>`                                                       | control plane           |
 *
 * A record belongs to exactly one item. The model comes last in the key because it alone may contain `#`.
 */

/** Where sums live. */
export interface UsageStore {
  readonly store: StoreClient;
  /** Physical table name. */
  readonly table: string;
}

export interface UsageDimensions {
  readonly organization: string;
  /** UTC day on which the requests arrived, such as `2026-11-22`. */
  readonly day: string;
  readonly workspace: string;
  readonly key: string;
  readonly provider: string;
  readonly model: string;
}

const copiedSums = [
  'inputTokens',
  'cacheReadInputTokens',
  'cacheWrite5mInputTokens',
  'cacheWrite1hInputTokens',
  'outputTokens',
  'reasoningTokens',
  'costMicroUsd',
] as const satisfies readonly (keyof RequestRecord)[];

const sumNames = ['requests', 'failedRequests', 'estimatedRequests', ...copiedSums] as const;

/** `failedRequests` had a status of 400 or more; `estimatedRequests` have tokens and cost by estimate. Integers all. */
export type UsageSums = Readonly<Record<(typeof sumNames)[number], number>>;

export interface UsageRow extends UsageDimensions, UsageSums {}

/** A record as a stream delivers it. */
export interface UsageEntry {
  /** Decimal number of at most 40 digits that grows within the shard. */
  readonly sequence: string;
  readonly shard: string;
  readonly record: RequestRecord;
}

const dimensionNames = ['day', 'workspace', 'key', 'provider', 'model'] as const;

export function usageDimensionsOf(record: RequestRecord): UsageDimensions {
  const { organization, workspace, key, provider, model } = record;
  return { organization, day: record.createdAt.slice(0, 10), workspace, key, provider, model };
}

export function sumUsage(records: Iterable<RequestRecord>): UsageSums {
  const sums = Object.fromEntries(sumNames.map((name) => [name, 0])) as Record<(typeof sumNames)[number], number>;
  for (const record of records) {
    sums.requests += 1;
    sums.failedRequests += record.status >= 400 ? 1 : 0;
    sums.estimatedRequests += record.usageEstimated ? 1 : 0;
    for (const name of copiedSums) sums[name] += record[name];
  }
  return sums;
}

const partitionOf = (organization: string): string => `org#${organization}`;

function usageKey(dimensions: UsageDimensions): Record<'pk' | 'sk', { S: string }> {
  const sortKey = dimensionNames.map((name) => dimensions[name]).join('#');
  return { pk: { S: partitionOf(dimensions.organization) }, sk: { S: sortKey } };
}

/** Last sequence number applied, one attribute for each shard that ever brought something. */
const sequencePrefix = 'seq_';
/** A day's records come through one shard at a time, each open for about four hours: more than a day has. */
const rememberedShards = 16;
const maxAttempts = 10;

/** Placeholders allow letters, digits and underscores only. Shard ids look like `shardId-00000001414576573621-f55eea83`. */
function sequenceAttribute(shard: string): string {
  return `${sequencePrefix}${shard.replace(/^shardId-/, '').replaceAll(/\W/g, '_')}`;
}

/**
 * Adds entries of one shard, all of the same dimensions, to their item; what it has already is left out. The sums and the
 * shard's last sequence number change in one conditional write, so that an entry counts once however often, and by however
 * many at the same time, it is delivered. A write whose outcome is unknown may be repeated for the same reason.
 *
 * The order must be the shard's on first delivery: what comes after a later one of the same item counts as applied.
 *
 * @throws StoreError; then it may have been applied or not, and calling again is right.
 */
export async function applyUsage(
  { store, table }: UsageStore,
  shard: string,
  entries: readonly UsageEntry[],
): Promise<void> {
  const first = entries[0];
  if (first === undefined) return;
  const dimensions = usageDimensionsOf(first.record);
  const Key = usageKey(dimensions);
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const { Item = {} } = await store.getItem({ TableName: table, Key, ConsistentRead: true });
    const fresh = entriesAfter(Item[sequenceAttribute(shard)]?.S, entries);
    if (fresh.length === 0) return;
    const expression = describe(dimensions);
    const sums = sumUsage(fresh.map(({ record }) => record));
    for (const name of sumNames) expression.add(name, sums[name]);
    advance(expression, shard, lastSequence(fresh), Item);
    try {
      await store.updateItem({ ...expression.build(table, ''), Key });
      return;
    } catch (error) {
      if (!isConditionFailed(error)) throw error;
    }
  }
  throw new StoreError('unavailable', 'a usage sum was changed by others at every attempt to add to it');
}

/** Without those at or before `remembered`, and each sequence number once. */
function entriesAfter(remembered: string | undefined, entries: readonly UsageEntry[]): readonly UsageEntry[] {
  const applied = remembered === undefined ? undefined : BigInt(remembered);
  const fresh = entries.filter(({ sequence }) => applied === undefined || BigInt(sequence) > applied);
  return [...new Map(fresh.map((entry) => [BigInt(entry.sequence), entry])).values()];
}

function lastSequence(entries: readonly UsageEntry[]): string {
  const sequences = entries.map(({ sequence }) => BigInt(sequence));
  return String(sequences.reduce((last, sequence) => (sequence > last ? sequence : last), 0n));
}

function describe(dimensions: UsageDimensions): UpdateExpression {
  const expression = new UpdateExpression().set('organization', dimensions.organization);
  for (const name of dimensionNames) expression.set(name, dimensions[name]);
  return expression;
}

/** Remembers `sequence`, on condition that nobody else did meanwhile, and forgets the oldest of too many shards. */
function advance(
  expression: UpdateExpression,
  shard: string,
  sequence: string,
  item: Readonly<Record<string, AttributeValue>>,
): void {
  const own = sequenceAttribute(shard);
  const before = item[own]?.S;
  if (before === undefined) expression.requireAbsent(own);
  else expression.require(own, '=', before);
  expression.set(own, sequence);
  const others = Object.entries(item)
    .filter(([name]) => name.startsWith(sequencePrefix) && name !== own)
    .map(([name, value]) => ({ name, sequence: value.S ?? '0' }))
    .toSorted((one, other) => (BigInt(one.sequence) < BigInt(other.sequence) ? 1 : -1));
  for (const forgotten of others.slice(rememberedShards - 1)) {
    expression.require(forgotten.name, '=', forgotten.sequence).remove(forgotten.name);
  }
}

/**
 * Sets an item's sums, on condition that it still has the number of requests it was read with (`undefined`: that there is
 * none). What it remembers of shards stays.
 *
 * @throws StoreError `condition-failed` when somebody else changed it.
 */
export async function replaceUsage({ store, table }: UsageStore, row: UsageRow, requests?: number): Promise<void> {
  const expression = describe(row);
  for (const name of sumNames) expression.set(name, row[name]);
  if (requests === undefined) expression.requireAbsent('requests');
  else expression.require('requests', '=', requests);
  await store.updateItem({ ...expression.build(table, ''), Key: usageKey(row) });
}

/**
 * Every sum of the days `from` to `to`, both included, by day and then by the other dimensions.
 *
 * @throws StoreError
 */
export async function* listUsage(
  store: StoreClient,
  table: string,
  organization: string,
  { from, to }: { readonly from: string; readonly to: string },
): AsyncGenerator<UsageRow> {
  let start: Record<string, AttributeValue> | undefined;
  do {
    const page = await store.query({
      TableName: table,
      KeyConditionExpression: '#pk = :pk AND #sk BETWEEN :from AND :to',
      ExpressionAttributeNames: { '#pk': 'pk', '#sk': 'sk' },
      // `$` is the character after `#`, so that the last day is whole.
      ExpressionAttributeValues: {
        ':pk': { S: partitionOf(organization) },
        ':from': { S: `${from}#` },
        ':to': { S: `${to}$` },
      },
      ConsistentRead: true,
      ...(start !== undefined && { ExclusiveStartKey: start }),
    });
    for (const item of page.Items ?? []) yield parseUsageRow(item);
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
}

function parseUsageRow(item: Readonly<Record<string, AttributeValue>>): UsageRow {
  const dimensions = ['organization', ...dimensionNames].map((name) => [name, item[name]?.S ?? '']);
  const sums = sumNames.map((name) => [name, Number(item[name]?.N ?? 0)]);
  return Object.fromEntries([...dimensions, ...sums]) as UsageRow;
}

/**
 * Deletes all sums of an organization, until `deadlineMs` (epoch milliseconds); says whether none is left. Records that the
 * stream has not delivered yet make new ones.
 *
 * @throws StoreError
 */
export function deleteUsage(
  store: StoreClient,
  table: string,
  organization: string,
  deadlineMs = Infinity,
): Promise<boolean> {
  return deletePartition(store, table, partitionOf(organization), deadlineMs);
}
