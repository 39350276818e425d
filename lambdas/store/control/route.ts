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
import type { RoutePolicy } from '../policy.ts';

/*
 * | pattern      | key                                      | called by                     |
 * |--------------|------------------------------------------|-------------------------------|
 * | getRoute …   | `workspace#<workspace>` / `route#<alias>` | admin API                     |
 * | listRoutes   | `workspace#<workspace>`                  | admin API, publication, erase |
 */

export interface RouteRecord extends RoutePolicy {
  /** The alias that requests name as their model. */
  readonly name: string;
  readonly workspace: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

const prefix = 'route#';
const pkOf = (workspace: string): string => `workspace#${workspace}`;
const keyOf = (workspace: string, name: string): DocumentKey => ({ pk: pkOf(workspace), sk: prefix + name });

export const getRoute = (
  control: DocumentTable,
  workspace: string,
  name: string,
): Promise<Stored<RouteRecord> | undefined> => getDocument(control, keyOf(workspace, name));

export const createRoute = (control: DocumentTable, record: RouteRecord): Promise<boolean> =>
  createDocument(control, keyOf(record.workspace, record.name), record);

/** The new version, or `undefined` where somebody else changed it since. */
export const replaceRoute = (
  control: DocumentTable,
  record: RouteRecord,
  version: number,
): Promise<number | undefined> => replaceDocument(control, keyOf(record.workspace, record.name), record, version);

/** With a version only if it still has that; says whether it is gone. */
export const deleteRoute = (
  control: DocumentTable,
  { workspace, name }: { workspace: string; name: string },
  version?: number,
): Promise<boolean> => deleteDocument(control, keyOf(workspace, name), version);

/** In the order of their names; `after` is the `next` of the page before. */
export const listRoutes = (
  control: DocumentTable,
  workspace: string,
  page: { limit: number; after?: string | undefined },
): Promise<DocumentPage<RouteRecord>> => listDocuments(control, { pk: pkOf(workspace), prefix }, page);

export const iterateRoutes = (control: DocumentTable, workspace: string): AsyncGenerator<Stored<RouteRecord>> =>
  iterateDocuments(control, { pk: pkOf(workspace), prefix });
