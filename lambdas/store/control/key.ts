import { documentType } from '../document-type.ts';
import type { DocumentTable } from '../document.ts';
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

const keys = documentType<KeyRecord, string>({
  partitionOf: (workspace) => `workspace#${workspace}`,
  prefix: 'key#',
  nameOf: ({ id }) => id,
});

export const { get: getKey, remove: deleteKey, list: listKeys, iterate: iterateKeys } = keys;

export const createKey = (control: DocumentTable, record: KeyRecord): Promise<boolean> =>
  keys.create(control, record.workspace, record);

/** The new version, or `undefined` where somebody else changed it since. */
export const replaceKey = (control: DocumentTable, record: KeyRecord, version: number): Promise<number | undefined> =>
  keys.replace(control, record.workspace, record, version);
