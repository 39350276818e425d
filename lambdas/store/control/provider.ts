import {
  createDocument,
  deleteDocument,
  type DocumentKey,
  type DocumentPage,
  type DocumentTable,
  getDocument,
  iterateDocuments,
  listDocuments,
  raiseCounter,
  readCounter,
  replaceDocument,
  type Stored,
} from '../document.ts';
import type { ProviderDeclaration } from '../policy.ts';

/*
 * | pattern             | key                             | called by                |
 * |---------------------|---------------------------------|--------------------------|
 * | getProvider …       | `platform` / `provider#<name>`  | admin API                |
 * | listProviders       | `platform`                      | admin API, publication   |
 * | raiseCatalogVersion | `platform` / `catalog`          | publication              |
 */

export interface ProviderRecord extends ProviderDeclaration {
  readonly name: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

const pk = 'platform';
const prefix = 'provider#';
const catalog: DocumentKey = { pk, sk: 'catalog' };
const counter = 'policyVersion';
const keyOf = (name: string): DocumentKey => ({ pk, sk: prefix + name });

export const getProvider = (control: DocumentTable, name: string): Promise<Stored<ProviderRecord> | undefined> =>
  getDocument(control, keyOf(name));

export const createProvider = (control: DocumentTable, record: ProviderRecord): Promise<boolean> =>
  createDocument(control, keyOf(record.name), record);

/** The new version, or `undefined` where somebody else changed it since. */
export const replaceProvider = (
  control: DocumentTable,
  record: ProviderRecord,
  version: number,
): Promise<number | undefined> => replaceDocument(control, keyOf(record.name), record, version);

/** With a version only if it still has that; says whether it is gone. */
export const deleteProvider = (control: DocumentTable, name: string, version?: number): Promise<boolean> =>
  deleteDocument(control, keyOf(name), version);

/** In the order of their names; `after` is the `next` of the page before. */
export const listProviders = (
  control: DocumentTable,
  page: { limit: number; after?: string | undefined },
): Promise<DocumentPage<ProviderRecord>> => listDocuments(control, { pk, prefix }, page);

export const iterateProviders = (control: DocumentTable): AsyncGenerator<Stored<ProviderRecord>> =>
  iterateDocuments(control, { pk, prefix });

/** Draws the next version of the catalog policy. */
export const raiseCatalogVersion = (control: DocumentTable): Promise<number | undefined> =>
  raiseCounter(control, catalog, { counter, mustExist: false });

export const getCatalogVersion = (control: DocumentTable): Promise<number> => readCounter(control, catalog, counter);
