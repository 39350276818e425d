import { iterateOrganizations, type OrganizationRecord } from '../../store/control/organization.ts';
import { iterateWorkspaces, type WorkspaceRecord } from '../../store/control/workspace.ts';
import type { DocumentTable } from '../../store/document.ts';

/** Every organization, whatever its status. Read as a whole, since what is done with one may end it. */
export async function readOrganizations(control: DocumentTable): Promise<OrganizationRecord[]> {
  const records: OrganizationRecord[] = [];
  for await (const { value } of iterateOrganizations(control)) records.push(value);
  return records;
}

/** Every workspace of an organization, whatever its status. */
export async function readWorkspaces(control: DocumentTable, organization: string): Promise<WorkspaceRecord[]> {
  const records: WorkspaceRecord[] = [];
  for await (const { value } of iterateWorkspaces(control, organization)) records.push(value);
  return records;
}
