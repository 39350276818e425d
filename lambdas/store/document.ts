import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { isConditionFailed, type StoreClient } from './client.ts';

/*
 * How items of the `control` table are kept: one JSON document per item, with a version that every change raises by one. Writes
 * are conditional, so that of two operators who change the same thing one is told. Reads are consistent. What an item means is
 * in `control/`, one file per type.
 */

/** Where documents live. */
export interface DocumentTable {
  readonly store: StoreClient;
  /** Physical table name. */
  readonly table: string;
}

export interface DocumentKey {
  readonly pk: string;
  readonly sk: string;
}

export interface Stored<Value> {
  readonly value: Value;
  /** 1 when created; the resource's ETag. */
  readonly version: number;
}

/** The document, or `undefined` when there is none or its time is over. */
export async function getDocument<Value>(
  { store, table }: DocumentTable,
  key: DocumentKey,
  nowMs = Date.now(),
): Promise<Stored<Value> | undefined> {
  const { Item } = await store.getItem({ TableName: table, Key: toKey(key), ConsistentRead: true });
  return parseItem(Item, nowMs);
}

/** Creates it unless it exists; says whether it did. `expiresAt` in epoch seconds: an item past it counts as absent. */
export async function createDocument(
  { store, table }: DocumentTable,
  key: DocumentKey,
  value: unknown,
  { expiresAt, nowMs = Date.now() }: { expiresAt?: number; nowMs?: number } = {},
): Promise<boolean> {
  return whetherItHeld(
    store.putItem({
      TableName: table,
      Item: {
        ...toKey(key),
        version: { N: '1' },
        document: { S: JSON.stringify(value) },
        ...(expiresAt !== undefined && { expiresAt: { N: String(Math.floor(expiresAt)) } }),
      },
      ConditionExpression: 'attribute_not_exists(pk) OR expiresAt <= :now',
      ExpressionAttributeValues: { ':now': { N: String(Math.floor(nowMs / 1000)) } },
    }),
  );
}

/** Replaces the document if it still has this version; the new version, or `undefined` where it has another or is gone. */
export async function replaceDocument(
  { store, table }: DocumentTable,
  key: DocumentKey,
  value: unknown,
  version: number,
): Promise<number | undefined> {
  const held = await whetherItHeld(
    store.updateItem({
      TableName: table,
      Key: toKey(key),
      UpdateExpression: 'SET document = :document, version = :next',
      ConditionExpression: 'version = :version',
      ExpressionAttributeValues: {
        ':document': { S: JSON.stringify(value) },
        ':version': { N: String(version) },
        ':next': { N: String(version + 1) },
      },
    }),
  );
  return held ? version + 1 : undefined;
}

/** Deletes it; with a version only if it still has that. Says whether it is gone. */
export async function deleteDocument(
  { store, table }: DocumentTable,
  key: DocumentKey,
  version?: number,
): Promise<boolean> {
  return whetherItHeld(
    store.deleteItem({
      TableName: table,
      Key: toKey(key),
      ...(version !== undefined && {
        ConditionExpression: 'attribute_not_exists(pk) OR version = :version',
        ExpressionAttributeValues: { ':version': { N: String(version) } },
      }),
    }),
  );
}

export interface DocumentPage<Value> {
  readonly items: readonly (Stored<Value> & { readonly sk: string })[];
  /** Sort key to go on after; absent on the last page. */
  readonly next?: string;
}

/** Documents of one partition whose sort key begins with `prefix`, in the order of their sort keys. An empty prefix is all of them. */
export async function listDocuments<Value>(
  { store, table }: DocumentTable,
  { pk, prefix }: { pk: string; prefix: string },
  { limit, after, nowMs = Date.now() }: { limit: number; after?: string | undefined; nowMs?: number },
): Promise<DocumentPage<Value>> {
  const { Items = [], LastEvaluatedKey } = await store.query({
    TableName: table,
    // DynamoDB refuses an empty string for a key, also in a condition that it would fulfil; dynalite takes it.
    KeyConditionExpression: prefix === '' ? 'pk = :pk' : 'pk = :pk AND begins_with(sk, :prefix)',
    ExpressionAttributeValues: { ':pk': { S: pk }, ...(prefix !== '' && { ':prefix': { S: prefix } }) },
    ConsistentRead: true,
    Limit: limit,
    ...(after !== undefined && { ExclusiveStartKey: toKey({ pk, sk: after }) }),
  });
  const items = Items.flatMap((item) => {
    const parsed = parseItem<Value>(item, nowMs);
    return parsed === undefined ? [] : [{ ...parsed, sk: item['sk']?.S ?? '' }];
  });
  const next = LastEvaluatedKey?.['sk']?.S;
  return { items, ...(next !== undefined && { next }) };
}

/** All of them, page by page; with `from` only those whose sort key comes after that. */
export async function* iterateDocuments<Value>(
  documents: DocumentTable,
  place: { pk: string; prefix: string },
  from?: string,
): AsyncGenerator<Stored<Value> & { readonly sk: string }> {
  let after = from;
  do {
    const page = await listDocuments<Value>(documents, place, { limit: 100, after });
    yield* page.items;
    after = page.next;
  } while (after !== undefined);
}

/**
 * Raises a counter kept beside the document and returns its new value; `undefined` where the item must exist and does not.
 * Counters order publications: whoever draws the higher number reads after the lower one's change was written.
 */
export async function raiseCounter(
  { store, table }: DocumentTable,
  key: DocumentKey,
  { counter, mustExist }: { counter: string; mustExist: boolean },
): Promise<number | undefined> {
  try {
    const { Attributes } = await store.updateItem({
      TableName: table,
      Key: toKey(key),
      UpdateExpression: 'ADD #counter :one',
      ExpressionAttributeNames: { '#counter': counter },
      ExpressionAttributeValues: { ':one': { N: '1' } },
      ...(mustExist && { ConditionExpression: 'attribute_exists(pk)' }),
      ReturnValues: 'UPDATED_NEW',
    });
    return Number(Attributes?.[counter]?.N);
  } catch (error) {
    if (isConditionFailed(error)) return undefined;
    throw error;
  }
}

/** The counter's value; 0 where nobody raised it yet. */
export async function readCounter({ store, table }: DocumentTable, key: DocumentKey, counter: string): Promise<number> {
  const { Item } = await store.getItem({ TableName: table, Key: toKey(key), ConsistentRead: true });
  return Number(Item?.[counter]?.N ?? 0);
}

function toKey({ pk, sk }: DocumentKey): Record<'pk' | 'sk', AttributeValue> {
  return { pk: { S: pk }, sk: { S: sk } };
}

function parseItem<Value>(item: Record<string, AttributeValue> | undefined, nowMs: number): Stored<Value> | undefined {
  if (item?.['document']?.S === undefined) return undefined;
  if (item['expiresAt']?.N !== undefined && Number(item['expiresAt'].N) <= nowMs / 1000) return undefined;
  return { value: JSON.parse(item['document'].S) as Value, version: Number(item['version']?.N) };
}

async function whetherItHeld(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (isConditionFailed(error)) return false;
    throw error;
  }
}
