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
import type { Budget, Limits } from '../policy.ts';

/*
 * | pattern      | key                                 | called by                     |
 * |--------------|-------------------------------------|-------------------------------|
 * | getKey …     | `workspace#<workspace>` / `key#<id>` | admin API, publication        |
 * | listKeys     | `workspace#<workspace>`             | admin API, reconcile, erase   |
 */

/** An API key without its secret. The document's version is the version of the key's policy. */
export interface KeyRecord {
  /** The key's public id. */
  readonly id: string;
  readonly organization: string;
  readonly workspace: string;
  readonly name: string;
  readonly status: 'active' | 'revoked';
  /** Hashes of accepted secrets, the newest first; older ones with an end (epoch seconds). */
  readonly secrets: readonly { readonly hash: string; readonly expiresAt?: number }[];
  readonly lastFour: string;
  readonly models?: readonly string[];
  readonly endpoints?: readonly string[];
  readonly cidrs?: readonly string[];
  /** ISO 8601 UTC, as all times here. */
  readonly expiresAt?: string;
  readonly limits?: Limits;
  readonly budget?: Budget;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly revokedAt?: string;
}

const prefix = 'key#';
const pkOf = (workspace: string): string => `workspace#${workspace}`;
const keyOf = (workspace: string, id: string): DocumentKey => ({ pk: pkOf(workspace), sk: prefix + id });

export const getKey = (control: DocumentTable, workspace: string, id: string): Promise<Stored<KeyRecord> | undefined> =>
  getDocument(control, keyOf(workspace, id));

export const createKey = (control: DocumentTable, record: KeyRecord): Promise<boolean> =>
  createDocument(control, keyOf(record.workspace, record.id), record);

/** The new version, or `undefined` where somebody else changed it since. */
export const replaceKey = (control: DocumentTable, record: KeyRecord, version: number): Promise<number | undefined> =>
  replaceDocument(control, keyOf(record.workspace, record.id), record, version);

export const deleteKey = (control: DocumentTable, workspace: string, id: string): Promise<boolean> =>
  deleteDocument(control, keyOf(workspace, id));

/** In the order of their ids; `after` is the `next` of the page before. */
export const listKeys = (
  control: DocumentTable,
  workspace: string,
  page: { limit: number; after?: string | undefined },
): Promise<DocumentPage<KeyRecord>> => listDocuments(control, { pk: pkOf(workspace), prefix }, page);

export const iterateKeys = (control: DocumentTable, workspace: string): AsyncGenerator<Stored<KeyRecord>> =>
  iterateDocuments(control, { pk: pkOf(workspace), prefix });
