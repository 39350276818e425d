import { deletePartition } from '../delete-partition.ts';
import type { DocumentTable } from '../document.ts';

/*
 * | pattern                     | key                     | called by |
 * |-----------------------------|-------------------------|-----------|
 * | eraseWorkspaceDocuments     | `workspace#<workspace>` | erase     |
 * | eraseOrganizationDocuments  | `org#<organization>`    | erase     |
 *
 * Everything under one partition key, also what expired or was left behind by a call that died, which no listing shows.
 */

/**
 * Keys, routes, credential references and the location of a workspace. Until `deadlineMs` (epoch milliseconds); says whether
 * nothing is left.
 */
export const eraseWorkspaceDocuments = (
  { store, table }: DocumentTable,
  workspace: string,
  deadlineMs: number,
): Promise<boolean> => deletePartition(store, table, `workspace#${workspace}`, deadlineMs);

/** Members, workspaces, their names, adjustments and remembered calls of an organization; the organization itself stays. */
export const eraseOrganizationDocuments = (
  { store, table }: DocumentTable,
  organization: string,
  deadlineMs: number,
): Promise<boolean> => deletePartition(store, table, `org#${organization}`, deadlineMs);
