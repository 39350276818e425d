import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { StoreClient } from './client.ts';

/*
 * Access patterns of the `requests` table.
 *
 * | pattern          | key                                   | called by                 |
 * |------------------|---------------------------------------|---------------------------|
 * | putRequestRecord | `org#<id>#<day>` / request id         | settle (once per request) |
 * | getRequestRecord | the same; the day comes from the id   | GET /v1/generation        |
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

function recordKey(organization: string, id: string, createdAt: string): Record<'pk' | 'sk', { S: string }> {
  return { pk: { S: `org#${organization}#${createdAt.slice(0, 10)}` }, sk: { S: id } };
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
  const entries = requestRecordAttributes.flatMap((name) => {
    const attribute = Item[name];
    return attribute === undefined ? [] : [[name, fromAttribute(name, attribute)]];
  });
  return Object.fromEntries(entries) as RequestRecord;
}

function fromAttribute(name: keyof RequestRecord, attribute: AttributeValue): string | number | boolean | undefined {
  switch (attributeKinds[name]) {
    case 'S':
      return attribute.S;
    case 'N':
      return Number(attribute.N);
    case 'BOOL':
      return attribute.BOOL;
  }
}
