import { documentType } from '../document-type.ts';
import type { DocumentTable } from '../document.ts';
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

const workspaces = documentType<WorkspaceRecord, string>({
  partitionOf: (organization) => `org#${organization}`,
  prefix: 'workspace#',
  nameOf: ({ id }) => id,
});

export const {
  get: getWorkspace,
  remove: deleteWorkspace,
  list: listWorkspaces,
  iterate: iterateWorkspaces,
} = workspaces;

export const createWorkspace = (control: DocumentTable, record: WorkspaceRecord): Promise<boolean> =>
  workspaces.create(control, record.organization, record);

/** The new version, or `undefined` where somebody else changed it since. */
export const replaceWorkspace = (
  control: DocumentTable,
  record: WorkspaceRecord,
  version: number,
): Promise<number | undefined> => workspaces.replace(control, record.organization, record, version);
