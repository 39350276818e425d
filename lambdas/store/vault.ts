import type { EncryptionContext } from '../crypto/key-wrapper.ts';
import type { StoreClient } from './client.ts';
import type { CredentialReference } from './policy.ts';

/*
 * Access patterns of the `vault` table.
 *
 * | pattern             | key                                                  | called by                        |
 * |---------------------|------------------------------------------------------|----------------------------------|
 * | getSealedCredential | `workspace#<id>` or `platform` / `<credential>#<version>` | routing/credentials         |
 * | putSealedCredential | the same                                             | control plane, local seed        |
 * | deleteSealedCredential | the same                                          | control plane                    |
 */

/** The envelope and the context it was sealed under; `lastFour` is all that anybody can ever read back. */
export interface SealedCredential {
  readonly sealed: Buffer;
  readonly context: EncryptionContext;
}

function vaultKey(workspace: string, reference: CredentialReference): Record<'pk' | 'sk', { S: string }> {
  return {
    pk: { S: reference.owner === 'platform' ? 'platform' : `workspace#${workspace}` },
    sk: { S: `${reference.credential}#${reference.version}` },
  };
}

export async function getSealedCredential(
  store: StoreClient,
  table: string,
  workspace: string,
  reference: CredentialReference,
): Promise<SealedCredential | undefined> {
  const { Item } = await store.getItem({ TableName: table, Key: vaultKey(workspace, reference), ConsistentRead: true });
  if (Item?.['sealed']?.B === undefined || Item['context']?.S === undefined) return undefined;
  return { sealed: Buffer.from(Item['sealed'].B), context: JSON.parse(Item['context'].S) as EncryptionContext };
}

export async function putSealedCredential(
  store: StoreClient,
  table: string,
  reference: CredentialReference,
  credential: SealedCredential & { lastFour: string },
): Promise<void> {
  await store.putItem({
    TableName: table,
    Item: {
      ...vaultKey(credential.context.workspace, reference),
      sealed: { B: credential.sealed },
      context: { S: JSON.stringify(credential.context) },
      provider: { S: credential.context.provider },
      lastFour: { S: credential.lastFour },
      createdAt: { S: new Date().toISOString() },
    },
  });
}

/**
 * Deletes one version; nothing happens where there is none.
 *
 * @throws StoreError
 */
export async function deleteSealedCredential(
  store: StoreClient,
  table: string,
  workspace: string,
  reference: CredentialReference,
): Promise<void> {
  await store.deleteItem({ TableName: table, Key: vaultKey(workspace, reference) });
}
