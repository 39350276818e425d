import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { isConditionFailed, type StoreClient } from './client.ts';

/*
 * Access patterns of the `audit` table. The control plane may Put and Query it and nothing else, so neither pattern reads by key
 * or changes anything: an entry goes to the next free place, and never over another.
 *
 * | pattern           | key                                                       | called by               |
 * |-------------------|-----------------------------------------------------------|-------------------------|
 * | putAuditEntry     | `org#<organization>` or `platform` / sequence, 12 digits  | every write of the API  |
 * | listAuditEntries  | the same partition                                        | GET …/audit-events      |
 */

export interface AuditTable {
  readonly store: StoreClient;
  /** Physical table name. */
  readonly table: string;
}

/** What one entry of a chain holds: ids and digests, never names or secrets. (`control-plane/contract/audit-events.ts`) */
export interface AuditEntry {
  /** The organization, or `platform`. */
  readonly chain: string;
  /** From 1, without gaps. */
  readonly sequence: number;
  /** ISO 8601 UTC. */
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly sourceAddress: string;
  readonly requestId: string;
  /** SHA-256 in hex of the resource as the API shows it; null where there was none. */
  readonly beforeDigest: string | null;
  readonly afterDigest: string | null;
  readonly previousHash: string;
  readonly hash: string;
}

const partition = (chain: string): string => (chain === 'platform' ? 'platform' : `org#${chain}`);
const sortKey = (sequence: number): string => String(sequence).padStart(12, '0');

/** Puts the entry at its place in the chain; false where that place is taken. */
export async function putAuditEntry({ store, table }: AuditTable, chain: string, entry: AuditEntry): Promise<boolean> {
  try {
    await store.putItem({
      TableName: table,
      Item: {
        pk: { S: partition(chain) },
        sk: { S: sortKey(entry.sequence) },
        document: { S: JSON.stringify(entry) },
      },
      ConditionExpression: 'attribute_not_exists(pk)',
    });
    return true;
  } catch (error) {
    if (isConditionFailed(error)) return false;
    throw error;
  }
}

/** Entries of a chain in either order; `after` is the sequence number to go on from, excluded. */
export async function listAuditEntries(
  { store, table }: AuditTable,
  chain: string,
  { limit, after, order }: { limit: number; after?: number | undefined; order: 'newest' | 'oldest' },
): Promise<{ entries: AuditEntry[]; next?: number }> {
  const pk: AttributeValue = { S: partition(chain) };
  const { Items = [], LastEvaluatedKey } = await store.query({
    TableName: table,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': pk },
    ScanIndexForward: order === 'oldest',
    ConsistentRead: true,
    Limit: limit,
    ...(after !== undefined && { ExclusiveStartKey: { pk, sk: { S: sortKey(after) } } }),
  });
  const entries = Items.map((item) => JSON.parse(item['document']?.S ?? '') as AuditEntry);
  const last = entries.at(-1);
  return { entries, ...(LastEvaluatedKey !== undefined && last !== undefined && { next: last.sequence }) };
}
