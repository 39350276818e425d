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
 * | pattern           | key                                    | called by                      |
 * |-------------------|----------------------------------------|--------------------------------|
 * | getWorkspace …    | `org#<organization>` / `workspace#<id>` | admin API, publication         |
 * | listWorkspaces    | `org#<organization>`                   | admin API, publication, erase  |
 *
 * Which organization an id belongs to: `location.ts`.
 */

export interface WorkspaceRecord {
  readonly id: string;
  readonly organization: string;
  readonly name: string;
  readonly limits?: Limits;
  readonly budget?: Budget;
  /** `deleting`: its policy is withdrawn and it is being erased. */
  readonly status: 'active' | 'deleting';
  readonly createdAt: string;
  readonly updatedAt: string;
}

const prefix = 'workspace#';
const pkOf = (organization: string): string => `org#${organization}`;
const keyOf = (organization: string, id: string): DocumentKey => ({ pk: pkOf(organization), sk: prefix + id });

export const getWorkspace = (
  control: DocumentTable,
  organization: string,
  id: string,
): Promise<Stored<WorkspaceRecord> | undefined> => getDocument(control, keyOf(organization, id));

export const createWorkspace = (control: DocumentTable, record: WorkspaceRecord): Promise<boolean> =>
  createDocument(control, keyOf(record.organization, record.id), record);

/** The new version, or `undefined` where somebody else changed it since. */
export const replaceWorkspace = (
  control: DocumentTable,
  record: WorkspaceRecord,
  version: number,
): Promise<number | undefined> => replaceDocument(control, keyOf(record.organization, record.id), record, version);

export const deleteWorkspace = (control: DocumentTable, organization: string, id: string): Promise<boolean> =>
  deleteDocument(control, keyOf(organization, id));

/** In the order of their ids; `after` is the `next` of the page before. */
export const listWorkspaces = (
  control: DocumentTable,
  organization: string,
  page: { limit: number; after?: string | undefined },
): Promise<DocumentPage<WorkspaceRecord>> => listDocuments(control, { pk: pkOf(organization), prefix }, page);

export const iterateWorkspaces = (
  control: DocumentTable,
  organization: string,
): AsyncGenerator<Stored<WorkspaceRecord>> => iterateDocuments(control, { pk: pkOf(organization), prefix });
