import { listOrganizations, type OrganizationRecord } from '../../store/control/organization.ts';
import { iterateWorkspaces, type WorkspaceRecord } from '../../store/control/workspace.ts';
import type { DocumentTable } from '../../store/document.ts';

const pageItems = 100;

/** Every organization, whatever its status. Read as a whole, since what is done with one may end it. */
export async function readOrganizations(control: DocumentTable): Promise<OrganizationRecord[]> {
  const records: OrganizationRecord[] = [];
  let after: string | undefined;
  do {
    const page = await listOrganizations(control, { limit: pageItems, after });
    records.push(...page.items.map(({ value }) => value));
    after = page.next;
  } while (after !== undefined);
  return records;
}

/** Every workspace of an organization, whatever its status. */
export async function readWorkspaces(control: DocumentTable, organization: string): Promise<WorkspaceRecord[]> {
  const records: WorkspaceRecord[] = [];
  for await (const { value } of iterateWorkspaces(control, organization)) records.push(value);
  return records;
}
