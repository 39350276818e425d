import { getKey } from '../../store/control/key.ts';
import { getLocation } from '../../store/control/location.ts';
import { getOrganization } from '../../store/control/organization.ts';
import { getWorkspace } from '../../store/control/workspace.ts';
import type { DocumentTable } from '../../store/document.ts';
import { idPattern } from '../contract/fields.ts';
import type { Operation } from '../contract/operation.ts';
import type { OperationId } from '../contract/operations.ts';
import type { Authority } from './authority.ts';
import type { Located } from './context.ts';
import { notFound } from './problem.ts';

/** Deleting goes on when it is asked for again; to everything else what is being deleted is gone. */
const servesDeleting: ReadonlySet<OperationId> = new Set(['deleteOrganization', 'deleteWorkspace']);

/**
 * Finds the tenant that the path leads to. What does not exist and what belongs to a tenant the caller has nothing to do with
 * end in the same answer, after the same reads.
 *
 * @throws Problem 404.
 */
export async function locate(
  { id, scope }: { id: OperationId; scope: Operation['scope'] },
  parameters: Readonly<Record<string, string>>,
  { control, authority }: { control: DocumentTable; authority: Authority },
): Promise<Located> {
  if (scope === 'platform' || scope === 'signed-in') return {};
  const ids = await idsOf(scope, parameters, control);
  if (ids === undefined || !(await authority.belongsTo(ids.organization))) throw notFound();

  const organization = await getOrganization(control, ids.organization);
  if (organization === undefined || !isServed(organization.value.status, id)) throw notFound();
  if (ids.workspace === undefined) return { organization };

  const workspace = await getWorkspace(control, ids.organization, ids.workspace);
  if (workspace === undefined || !isServed(workspace.value.status, id)) throw notFound();
  if (ids.key === undefined) return { organization, workspace };

  const key = await getKey(control, ids.workspace, ids.key);
  if (key === undefined) throw notFound();
  return { organization, workspace, key };
}

interface Ids {
  readonly organization: string;
  readonly workspace?: string;
  readonly key?: string;
}

async function idsOf(
  scope: 'organization' | 'workspace' | 'key',
  parameters: Readonly<Record<string, string>>,
  control: DocumentTable,
): Promise<Ids | undefined> {
  const id = parameters[scope] ?? '';
  if (!idPattern.test(id)) return undefined;
  if (scope === 'organization') return { organization: id };
  const location = await getLocation(control, scope, id);
  return location === undefined ? undefined : { ...location, ...(scope === 'key' && { key: id }) };
}

function isServed(status: 'active' | 'deleting' | 'deleted', id: OperationId): boolean {
  return status === 'active' || (status === 'deleting' && servesDeleting.has(id));
}
