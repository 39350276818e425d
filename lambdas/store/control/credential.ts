import {
  createDocument,
  deleteDocument,
  type DocumentKey,
  type DocumentPage,
  type DocumentTable,
  getDocument,
  iterateDocuments,
  listDocuments,
  replaceDocument,
  type Stored,
} from '../document.ts';

/*
 * | pattern           | key                                                          | called by              |
 * |-------------------|--------------------------------------------------------------|------------------------|
 * | getCredential …   | `workspace#<workspace>` or `platform` / `credential#<provider>` | admin API, publication |
 * | listCredentials   | `workspace#<workspace>` or `platform`                        | admin API, publication, erase, reconcile |
 */

export type CredentialOwner =
  | { readonly kind: 'platform' }
  | { readonly kind: 'workspace'; readonly workspace: string };

/** A reference to a secret in the vault, and what may be told about it. */
export interface CredentialRecord {
  readonly provider: string;
  readonly kind: 'api-key' | 'oauth-client-credentials' | 'aws-keys' | 'aws-role';
  readonly lastFour: string;
  readonly zeroRetention: boolean;
  /** Version in the vault that is used; grows with every rotation. */
  readonly secretVersion: number;
  /** The version before, until the new one has served a request. */
  readonly previousSecretVersion?: number;
  /** Lowest version that may still be in the vault. */
  readonly oldestSecretVersion: number;
  readonly createdAt: string;
  readonly rotatedAt?: string;
}

const prefix = 'credential#';
const pkOf = (owner: CredentialOwner): string =>
  owner.kind === 'platform' ? 'platform' : `workspace#${owner.workspace}`;
const keyOf = (owner: CredentialOwner, provider: string): DocumentKey => ({ pk: pkOf(owner), sk: prefix + provider });

export const getCredential = (
  control: DocumentTable,
  owner: CredentialOwner,
  provider: string,
): Promise<Stored<CredentialRecord> | undefined> => getDocument(control, keyOf(owner, provider));

export const createCredential = (
  control: DocumentTable,
  owner: CredentialOwner,
  record: CredentialRecord,
): Promise<boolean> => createDocument(control, keyOf(owner, record.provider), record);

/** The new version, or `undefined` where somebody else changed it since. */
export const replaceCredential = (
  control: DocumentTable,
  owner: CredentialOwner,
  record: CredentialRecord,
  version: number,
): Promise<number | undefined> => replaceDocument(control, keyOf(owner, record.provider), record, version);

/** With a version only if it still has that (0: only if there is none); says whether it is gone. */
export const deleteCredential = (
  control: DocumentTable,
  owner: CredentialOwner,
  provider: string,
  version?: number,
): Promise<boolean> => deleteDocument(control, keyOf(owner, provider), version);

/** In the order of their providers; `after` is the `next` of the page before. */
export const listCredentials = (
  control: DocumentTable,
  owner: CredentialOwner,
  page: { limit: number; after?: string | undefined },
): Promise<DocumentPage<CredentialRecord>> => listDocuments(control, { pk: pkOf(owner), prefix }, page);

export const iterateCredentials = (
  control: DocumentTable,
  owner: CredentialOwner,
): AsyncGenerator<Stored<CredentialRecord>> => iterateDocuments(control, { pk: pkOf(owner), prefix });
