import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { StoreClient } from './client.ts';
import { deletePartition } from './delete-partition.ts';

/*
 * Access patterns of the `requests` table. The day is the UTC day of `createdAt`, such as `2026-11-22`.
 *
 * | pattern              | key                                        | called by                       |
 * |----------------------|--------------------------------------------|---------------------------------|
 * | putRequestRecord     | `org#<id>#<day>` / request id              | settle (once per request)       |
 * | getRequestRecord     | the same; the day comes from the id        | GET /v1/generation              |
 * | listRequestRecords   | `org#<id>#<day>` / below an id, backwards  | control plane                   |
 * | readRequestRecords   | `org#<id>#<day>`                           | rebuildUsageOfDay               |
 * | deleteRequestRecords | `org#<id>#<day>`                           | control plane, for a gone tenant |
 */

/** How a request ended; docs/settlement.md has one row for each. */
export type Ending =
  | 'completed'
  | 'provider-refused'
  | 'provider-failed'
  | 'provider-failed-midstream'
  | 'caller-gone'
  | 'timed-out'
  | 'gateway-failed';

/**
 * Everything that is ever stored about a request: a closed list, metadata only. The model is the one we resolved, never the
 * caller's text; the error is one of our codes, never a message.
 */
export interface RequestRecord {
  readonly id: string;
  /** ISO 8601 UTC. */
  readonly createdAt: string;
  readonly organization: string;
  readonly workspace: string;
  readonly key: string;
  readonly region: string;
  readonly endpoint: string;
  readonly provider: string;
  readonly model: string;
  readonly streamed: boolean;
  readonly ending: Ending;
  readonly status: number;
  readonly errorCode?: string;
  readonly finishReason?: string;
  readonly inputTokens: number;
  readonly cacheReadInputTokens: number;
  readonly cacheWrite5mInputTokens: number;
  readonly cacheWrite1hInputTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  /** Of a model that is charged by another unit than tokens: seconds of audio, searches, characters. */
  readonly billedUnits?: number;
  /** The provider sent no usage; tokens and cost are Gatehouse's estimate. */
  readonly usageEstimated: boolean;
  readonly costMicroUsd: number;
  /** Whose credential the last attempt used: the workspace's own (BYOK) or the platform's; absent where none was needed. */
  readonly credentialOwner?: 'workspace' | 'platform';
  readonly credentialVersion?: number;
  readonly attempts: number;
  readonly latencyMs: number;
  readonly firstByteMs: number;
  /** Time spent in Gatehouse before the first byte went out, waiting for the provider excluded. */
  readonly overheadMs: number;
  /** Versions of the policies that admitted it. */
  readonly keyPolicyVersion: number;
  readonly workspacePolicyVersion: number;
  /** Epoch seconds; reads treat an expired record as gone. */
  readonly expiresAt: number;
}

const attributeKinds = {
  id: 'S',
  createdAt: 'S',
  organization: 'S',
  workspace: 'S',
  key: 'S',
  region: 'S',
  endpoint: 'S',
  provider: 'S',
  model: 'S',
  streamed: 'BOOL',
  ending: 'S',
  status: 'N',
  errorCode: 'S',
  finishReason: 'S',
  inputTokens: 'N',
  cacheReadInputTokens: 'N',
  cacheWrite5mInputTokens: 'N',
  cacheWrite1hInputTokens: 'N',
  outputTokens: 'N',
  reasoningTokens: 'N',
  billedUnits: 'N',
  usageEstimated: 'BOOL',
  costMicroUsd: 'N',
  credentialOwner: 'S',
  credentialVersion: 'N',
  attempts: 'N',
  latencyMs: 'N',
  firstByteMs: 'N',
  overheadMs: 'N',
  keyPolicyVersion: 'N',
  workspacePolicyVersion: 'N',
  expiresAt: 'N',
} as const satisfies Record<keyof RequestRecord, 'S' | 'N' | 'BOOL'>;

/** The closed list itself; the privacy test compares every stored attribute with it. */
export const requestRecordAttributes = Object.keys(attributeKinds) as readonly (keyof RequestRecord)[];

type OptionalAttribute = {
  [Name in keyof RequestRecord]-?: undefined extends RequestRecord[Name] ? Name : never;
}[keyof RequestRecord];

const optionalAttributes = {
  errorCode: true,
  finishReason: true,
  billedUnits: true,
  credentialOwner: true,
  credentialVersion: true,
} as const satisfies Record<OptionalAttribute, true>;

const partitionOf = (organization: string, day: string): string => `org#${organization}#${day}`;

function recordKey(organization: string, id: string, createdAt: string): Record<'pk' | 'sk', { S: string }> {
  return { pk: { S: partitionOf(organization, createdAt.slice(0, 10)) }, sk: { S: id } };
}

/** Idempotent: the same record under the same key, however often it is sent. */
export async function putRequestRecord(store: StoreClient, table: string, record: RequestRecord): Promise<void> {
  const item: Record<string, AttributeValue> = recordKey(record.organization, record.id, record.createdAt);
  for (const name of requestRecordAttributes) {
    const value = record[name];
    if (value !== undefined) item[name] = toAttribute(name, value);
  }
  await store.putItem({ TableName: table, Item: item });
}

function toAttribute(name: keyof RequestRecord, value: string | number | boolean): AttributeValue {
  switch (attributeKinds[name]) {
    case 'S':
      return { S: String(value) };
    case 'N':
      return { N: String(value) };
    case 'BOOL':
      return { BOOL: value === true };
  }
}

/** The record, unless it is absent or past its retention. */
export async function getRequestRecord(
  store: StoreClient,
  table: string,
  place: { organization: string; id: string; createdAt: string },
  now: number,
): Promise<RequestRecord | undefined> {
  const Key = recordKey(place.organization, place.id, place.createdAt);
  const { Item } = await store.getItem({ TableName: table, Key, ConsistentRead: true });
  if (Item === undefined || Number(Item['expiresAt']?.N) <= now / 1000) return undefined;
  return parseRequestRecord(Item);
}

/** The record in a stored item or in an image of one, or `undefined` when it is not a whole record. */
export function parseRequestRecord(item: Readonly<Record<string, AttributeValue>>): RequestRecord | undefined {
  const record: Partial<Record<keyof RequestRecord, string | number | boolean>> = {};
  for (const name of requestRecordAttributes) {
    const attribute = item[name];
    if (attribute === undefined && Object.hasOwn(optionalAttributes, name)) continue;
    const value = attribute === undefined ? undefined : fromAttribute(name, attribute);
    if (value === undefined) return undefined;
    record[name] = value;
  }
  return record as unknown as RequestRecord;
}

function fromAttribute(name: keyof RequestRecord, attribute: AttributeValue): string | number | boolean | undefined {
  switch (attributeKinds[name]) {
    case 'S':
      return attribute.S;
    case 'N':
      return Number.isFinite(Number(attribute.N)) ? Number(attribute.N) : undefined;
    case 'BOOL':
      return attribute.BOOL;
  }
}

/** Only records that have exactly these values; an absent member is no filter. */
export interface RequestRecordFilter {
  readonly workspace?: string | undefined;
  readonly key?: string | undefined;
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  readonly status?: number | undefined;
  readonly ending?: Ending | undefined;
  readonly errorCode?: string | undefined;
}

export interface RequestRecordQuery {
  readonly organization: string;
  /** UTC day such as `2026-11-22`. */
  readonly day: string;
  /** Only records with a smaller id: `next` of the page before. */
  readonly before?: string | undefined;
  /** At least 1. */
  readonly limit: number;
  readonly filter: RequestRecordFilter;
}

export interface RequestRecordPage {
  /** Newest first. Fewer than `limit`, even none, does not mean that there are no more. */
  readonly records: readonly RequestRecord[];
  /** Given when there may be more: `before` of the next page. */
  readonly next?: string;
}

const filterAttributes = [
  'workspace',
  'key',
  'provider',
  'model',
  'status',
  'ending',
  'errorCode',
] as const satisfies readonly (keyof RequestRecordFilter)[];

/** What one listing may cost: the store charges for each item it looks at, also for those that a filter leaves out. */
const maxStorePages = 10;
const filteredPageItems = 1000;

/**
 * One page of a day's records that are within their retention at `now` (epoch milliseconds), newest first.
 *
 * @throws StoreError
 */
export async function listRequestRecords(
  store: StoreClient,
  table: string,
  query: RequestRecordQuery,
  now: number,
): Promise<RequestRecordPage> {
  const { limit } = query;
  const input = listingOf(table, query, now);
  const records: RequestRecord[] = [];
  let start: Record<string, AttributeValue> | undefined;
  let pages = 0;
  do {
    const page = await store.query({ ...input, ...(start !== undefined && { ExclusiveStartKey: start }) });
    records.push(...parseAll(page.Items));
    pages += 1;
    start = page.LastEvaluatedKey;
  } while (start !== undefined && records.length < limit && pages < maxStorePages);
  // One more than asked for shows that there are more, and where the next page begins.
  const last = records.length > limit ? records[limit - 1]?.id : start?.['sk']?.S;
  return { records: records.slice(0, limit), ...(last !== undefined && { next: last }) };
}

function listingOf(table: string, { organization, day, before, limit, filter }: RequestRecordQuery, now: number) {
  const names: Record<string, string> = { '#pk': 'pk', '#expiresAt': 'expiresAt' };
  const values: Record<string, AttributeValue> = {
    ':pk': { S: partitionOf(organization, day) },
    ':now': { N: String(now / 1000) },
  };
  const conditions = ['#expiresAt > :now'];
  for (const name of filterAttributes) {
    const value = filter[name];
    if (value === undefined) continue;
    names[`#${name}`] = name;
    values[`:${name}`] = toAttribute(name, value);
    conditions.push(`#${name} = :${name}`);
  }
  if (before !== undefined) {
    names['#sk'] = 'sk';
    values[':before'] = { S: before };
  }
  return {
    TableName: table,
    KeyConditionExpression: before === undefined ? '#pk = :pk' : '#pk = :pk AND #sk < :before',
    FilterExpression: conditions.join(' AND '),
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: values,
    ScanIndexForward: false,
    ConsistentRead: true,
    Limit: conditions.length > 1 ? filteredPageItems : limit + 1,
  };
}

function parseAll(items: readonly Record<string, AttributeValue>[] = []): RequestRecord[] {
  return items.flatMap((item) => parseRequestRecord(item) ?? []);
}

/**
 * Every record of a day that the table still has, oldest first, past its retention or not: for sums only, never to be shown.
 *
 * @throws StoreError
 */
export async function* readRequestRecords(
  store: StoreClient,
  table: string,
  organization: string,
  day: string,
): AsyncGenerator<RequestRecord> {
  let start: Record<string, AttributeValue> | undefined;
  do {
    const page = await store.query({
      TableName: table,
      KeyConditionExpression: '#pk = :pk',
      ExpressionAttributeNames: { '#pk': 'pk' },
      ExpressionAttributeValues: { ':pk': { S: partitionOf(organization, day) } },
      ConsistentRead: true,
      ...(start !== undefined && { ExclusiveStartKey: start }),
    });
    yield* parseAll(page.Items);
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
}

/**
 * Deletes a day's records of an organization, until `deadlineMs` (epoch milliseconds); says whether none is left.
 *
 * @throws StoreError
 */
export function deleteRequestRecords(
  store: StoreClient,
  table: string,
  { organization, day }: { readonly organization: string; readonly day: string },
  deadlineMs: number,
): Promise<boolean> {
  return deletePartition(store, table, partitionOf(organization, day), deadlineMs);
}
