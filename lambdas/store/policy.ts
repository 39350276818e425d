import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { ProtocolName } from '../wire/protocol-name.ts';
import { isConditionFailed, type StoreClient } from './client.ts';

/*
 * Access patterns of the `policy` table. The data plane may only GetItem; the control plane is the only writer.
 *
 * | pattern              | key                    | called by                       |
 * |----------------------|------------------------|---------------------------------|
 * | getKeyPolicy         | `key#<publicId>`       | authenticate                    |
 * | getWorkspacePolicy   | `workspace#<id>`       | authenticate                    |
 * | getCatalogPolicy     | `catalog#providers`    | resolve-targets                 |
 * | putPolicy            | any                    | local seed                      |
 * | putPolicyIfNewer     | any                    | publication                     |
 * | deletePolicy         | any                    | publication, reconcile          |
 * | getStoredPolicy      | any                    | reconcile                       |
 * | scanPolicies         | all of them            | reconcile                       |
 *
 * A policy is compiled: everything the request path needs, in one read, as one JSON document. Reads are consistent, because a
 * revocation must be seen by the very next request.
 */

/** Limits of a key, workspace or organization; an absent one is unlimited. */
export interface Limits {
  readonly requestsPerMinute?: number;
  readonly tokensPerMinute?: number;
  readonly requestsPerDay?: number;
  readonly concurrentRequests?: number;
}

export type BudgetPeriod = 'day' | 'week' | 'month' | 'total';

/** Money that may be spent per period (UTC calendar day, ISO week, calendar month, or ever). Integer micro-USD. */
export interface Budget {
  readonly amountMicroUsd: number;
  readonly period: BudgetPeriod;
}

/** Where a provider credential lies in the vault. `version` changes with every rotation and so ends cached copies at once. */
export interface CredentialReference {
  readonly owner: 'workspace' | 'platform';
  readonly credential: string;
  readonly version: number;
  /** During a rotation: the version before, used when the provider refuses the new one, until that has served a request. */
  readonly previousVersion?: number;
  /** The vendor account it belongs to has an agreement that nothing of a request is kept. */
  readonly zeroRetention?: true;
}

export interface KeyPolicy {
  /** Grows with every change; the key's meter carries the same number (docs/settlement.md). */
  readonly version: number;
  readonly publicId: string;
  readonly name: string;
  readonly organization: string;
  readonly workspace: string;
  /** SHA-256 of each accepted secret; two during a rotation, the old one with an end (epoch seconds). */
  readonly secrets: readonly { readonly hash: string; readonly expiresAt?: number }[];
  readonly status: 'active' | 'revoked';
  /** Epoch seconds. */
  readonly expiresAt?: number;
  /** Model names, or patterns ending in `*`, this key may use; absent: all. */
  readonly models?: readonly string[];
  /** Paths this key may call, such as `/v1/chat/completions`; absent: all. */
  readonly endpoints?: readonly string[];
  /** Networks this key may be used from; absent: all. */
  readonly cidrs?: readonly string[];
  readonly limits?: Limits;
  readonly budget?: Budget;
}

export interface RouteTarget {
  readonly provider: string;
  readonly model: string;
  readonly weight?: number;
}

/** Milliseconds; what is absent takes the default of `routing/timeouts.ts`. */
export interface TimeoutPolicy {
  readonly connectMs?: number;
  readonly firstByteMs?: number;
  readonly idleMs?: number;
  readonly totalMs?: number;
}

export interface RoutePolicy {
  /** `ordered` tries targets as listed; `weighted` picks the first by weight and keeps the rest as fallback. */
  readonly strategy: 'ordered' | 'weighted';
  readonly targets: readonly RouteTarget[];
  readonly timeouts?: TimeoutPolicy;
  /** Further attempts at each target after a retryable failure; default 0. */
  readonly retries?: number;
}

export interface WorkspacePolicy {
  /** One number for the organization and all its workspaces; the organization's meter carries the latest. */
  readonly version: number;
  readonly organization: {
    readonly id: string;
    readonly billing: 'postpaid' | 'prepaid';
    /** Days a request record is kept, 1 to 730. */
    readonly retentionDays: number;
    /** Only targets that keep nothing may be called; where there is none, the request is refused. */
    readonly zeroRetention?: true;
    /** Regions whose data plane may serve this organization; absent: all. */
    readonly regions?: readonly string[];
    readonly limits?: Limits;
    readonly budget?: Budget;
  };
  readonly workspace: { readonly id: string; readonly limits?: Limits; readonly budget?: Budget };
  /** Alias -> ordered targets. */
  readonly routes: Readonly<Record<string, RoutePolicy>>;
  /** The workspace's own provider credentials (BYOK), by provider. */
  readonly credentials: Readonly<Record<string, CredentialReference>>;
}

export interface DeclaredModel {
  /** `*` stands for every model name of this provider. */
  readonly id: string;
  readonly free?: true;
  readonly price?: {
    readonly inputPerMillion: number;
    readonly outputPerMillion: number;
    readonly cacheReadPerMillion?: number;
    readonly cacheWritePerMillion?: number;
    readonly perMillionUnits?: number;
  };
  readonly contextTokens?: number;
  readonly maxOutputTokens?: number;
}

/** A provider declared by the operator, in the shape of the admin API's PUT body. */
export interface ProviderDeclaration {
  readonly baseUrl: string;
  readonly protocols: readonly ProtocolName[];
  readonly auth: { readonly kind: 'bearer' | 'header' | 'query' | 'sigv4' | 'none'; readonly name?: string };
  readonly models: readonly DeclaredModel[];
  /** It keeps nothing of a request, such as a model server of one's own. */
  readonly zeroRetention?: true;
}

export interface CatalogPolicy {
  readonly version: number;
  /** Self-declared providers by name. */
  readonly providers: Readonly<Record<string, ProviderDeclaration>>;
  /** Platform credentials by provider, used where a workspace brings none. */
  readonly credentials: Readonly<Record<string, CredentialReference>>;
}

export const keyPolicyId = (publicId: string): string => `key#${publicId}`;
export const workspacePolicyId = (workspace: string): string => `workspace#${workspace}`;
export const catalogPolicyId = 'catalog#providers';

/** The compiled policy under `id`, or `undefined`. The control plane validated it when it wrote it. */
export async function getPolicy<T extends { version: number }>(
  store: StoreClient,
  table: string,
  id: string,
): Promise<T | undefined> {
  const { Item } = await store.getItem({ TableName: table, Key: { pk: { S: id } }, ConsistentRead: true });
  return Item?.['document']?.S === undefined ? undefined : (JSON.parse(Item['document'].S) as T);
}

/** Writes a compiled policy over whatever is there. Local seed only: the proxy's role is denied it. */
export async function putPolicy(
  store: StoreClient,
  table: string,
  id: string,
  policy: { version: number },
): Promise<void> {
  await store.putItem({ TableName: table, Item: toItem(id, policy) });
}

/**
 * Writes a compiled policy unless the one that is there has the same version or a higher one. May be repeated.
 *
 * @throws StoreError
 */
export async function putPolicyIfNewer(
  store: StoreClient,
  table: string,
  id: string,
  policy: { version: number },
): Promise<void> {
  const write = store.putItem({
    TableName: table,
    Item: toItem(id, policy),
    ConditionExpression: 'attribute_not_exists(#version) OR #version < :version',
    ExpressionAttributeNames: { '#version': 'version' },
    ExpressionAttributeValues: { ':version': { N: String(policy.version) } },
  });
  await unlessConditionFailed(write);
}

/**
 * Deletes a policy; with a version only while it has no higher one.
 *
 * @throws StoreError
 */
export async function deletePolicy(store: StoreClient, table: string, id: string, version?: number): Promise<void> {
  const write = store.deleteItem({
    TableName: table,
    Key: { pk: { S: id } },
    ...(version !== undefined && {
      ConditionExpression: 'attribute_not_exists(#version) OR #version <= :version',
      ExpressionAttributeNames: { '#version': 'version' },
      ExpressionAttributeValues: { ':version': { N: String(version) } },
    }),
  });
  await unlessConditionFailed(write);
}

/** A policy as the table has it. */
export interface StoredPolicy {
  readonly id: string;
  /** What a newer one has to exceed. */
  readonly version: number;
  /** `undefined` where the document cannot be read. */
  readonly policy: { readonly version: number } | undefined;
}

/**
 * What lies under `id`, readable or not.
 *
 * @throws StoreError
 */
export async function getStoredPolicy(
  store: StoreClient,
  table: string,
  id: string,
): Promise<StoredPolicy | undefined> {
  const { Item } = await store.getItem({ TableName: table, Key: { pk: { S: id } }, ConsistentRead: true });
  return Item === undefined ? undefined : parseStoredPolicy(Item);
}

/**
 * Every policy there is, in no order.
 *
 * @throws StoreError
 */
export async function* scanPolicies(store: StoreClient, table: string): AsyncGenerator<StoredPolicy> {
  let start: Record<string, AttributeValue> | undefined;
  do {
    const page = await store.scan({
      TableName: table,
      ConsistentRead: true,
      ...(start !== undefined && { ExclusiveStartKey: start }),
    });
    for (const item of page.Items ?? []) yield parseStoredPolicy(item);
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
}

function parseStoredPolicy(item: Readonly<Record<string, AttributeValue>>): StoredPolicy {
  const policy = parseDocument(item['document']?.S);
  return {
    id: item['pk']?.S ?? '',
    version: Math.max(Number(item['version']?.N ?? 0), policy?.version ?? 0),
    policy,
  };
}

function parseDocument(text = ''): { readonly version: number } | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return parsed instanceof Object && 'version' in parsed ? (parsed as { version: number }) : undefined;
  } catch {
    return undefined;
  }
}

function toItem(id: string, policy: { version: number }): Record<string, AttributeValue> {
  return { pk: { S: id }, version: { N: String(policy.version) }, document: { S: JSON.stringify(policy) } };
}

async function unlessConditionFailed(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!isConditionFailed(error)) throw error;
  }
}
