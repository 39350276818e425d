import { isConditionFailed } from './client.ts';
import { deletePartition } from './delete-partition.ts';
import type { UsageStore } from './usage-rollup.ts';

/*
 * Access patterns of the `usage` table for credentials: which version last served a request, so that a rotation can be ended
 * (docs/usage.md).
 *
 * | pattern              | key                                                              | called by     |
 * |----------------------|------------------------------------------------------------------|---------------|
 * | recordServedVersion  | `credential#platform` or `credential#workspace#<id>` / provider  | usage rollup  |
 * | getServedVersion     | the same                                                         | control plane |
 * | deleteCredentialUses | `credential#workspace#<id>`                                      | control plane |
 */

/** For whom a credential is kept: the platform's serves every workspace. */
export interface CredentialPlace {
  readonly owner: 'workspace' | 'platform';
  /** Of no account for a credential of the platform. */
  readonly workspace: string;
  readonly provider: string;
}

const workspacePartition = (workspace: string): string => `credential#workspace#${workspace}`;

function useKey({ owner, workspace, provider }: CredentialPlace): Record<'pk' | 'sk', { S: string }> {
  return {
    pk: { S: owner === 'platform' ? 'credential#platform' : workspacePartition(workspace) },
    sk: { S: provider },
  };
}

/**
 * Remembers that a version has served, unless a higher one has.
 *
 * @throws StoreError
 */
export async function recordServedVersion(
  { store, table }: UsageStore,
  place: CredentialPlace,
  version: number,
): Promise<void> {
  try {
    await store.updateItem({
      TableName: table,
      Key: useKey(place),
      UpdateExpression: 'SET #version = :version',
      ConditionExpression: 'attribute_not_exists(#version) OR #version < :version',
      ExpressionAttributeNames: { '#version': 'servedVersion' },
      ExpressionAttributeValues: { ':version': { N: String(version) } },
    });
  } catch (error) {
    if (!isConditionFailed(error)) throw error;
  }
}

/**
 * The highest version of the credential in this place that a request was completed with, or `undefined` before the first.
 *
 * @throws StoreError
 */
export async function getServedVersion(
  { store, table }: UsageStore,
  place: CredentialPlace,
): Promise<number | undefined> {
  const { Item } = await store.getItem({ TableName: table, Key: useKey(place), ConsistentRead: true });
  const version = Item?.['servedVersion']?.N;
  return version === undefined ? undefined : Number(version);
}

/**
 * Forgets the uses of all of a workspace's own credentials.
 *
 * @throws StoreError
 */
export async function deleteCredentialUses({ store, table }: UsageStore, workspace: string): Promise<void> {
  await deletePartition(store, table, workspacePartition(workspace), Infinity);
}
