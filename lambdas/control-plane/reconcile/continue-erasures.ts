import { deleteOrganization, type OrganizationRecord } from '../../store/control/organization.ts';
import { eraseMeteredTraces } from '../erase/erase-metered-traces.ts';
import { eraseOrganization, eraseOrganizationItems } from '../erase/erase-organization.ts';
import { eraseWorkspace } from '../erase/erase-workspace.ts';
import type { EraseDependencies, Erasure } from '../erase/erasure.ts';
import type { Attempts } from './attempts.ts';
import { readWorkspaces } from './each-tenant.ts';

/** For each tenant, so that a large one does not keep the others waiting; it goes on with the next run. */
const erasureMs = 60_000;
const dayMs = 86_400_000;
const tombstoneDays = 2;

/** Goes on with what is being erased in or of an organization, and sweeps after one that was. */
export async function continueErasures(
  deps: EraseDependencies,
  organization: OrganizationRecord,
  attempts: Attempts,
): Promise<void> {
  switch (organization.status) {
    case 'deleting':
      await attempts.run(() => eraseOrganization(deps, organization.id, Date.now() + erasureMs));
      return;
    case 'deleted':
      await attempts.run(() => sweepDeleted(deps, organization));
      return;
    case 'active':
      for (const { id, status } of await readWorkspaces(deps.control, organization.id)) {
        if (status !== 'deleting') continue;
        const place = { organization: organization.id, workspace: id };
        await attempts.run(() => eraseWorkspace(deps, place, Date.now() + erasureMs));
      }
  }
}

/** A request that was under way may have written after everything was gone; after two days nothing can come any more. */
async function sweepDeleted(deps: EraseDependencies, { id, updatedAt }: OrganizationRecord): Promise<Erasure> {
  const deletedAt = Date.parse(updatedAt);
  const deadlineMs = Date.now() + erasureMs;
  const traces = await eraseMeteredTraces(deps, id, { since: deletedAt - dayMs, deadlineMs });
  const items = await eraseOrganizationItems(deps, id, deadlineMs);
  if (traces === 'busy' || !items) return 'busy';
  if (deps.now() - deletedAt >= tombstoneDays * dayMs) await deleteOrganization(deps.control, id);
  return 'erased';
}
