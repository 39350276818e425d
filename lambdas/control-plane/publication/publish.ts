import { getKey, type KeyRecord } from '../../store/control/key.ts';
import { getOrganization, raisePolicyVersion } from '../../store/control/organization.ts';
import { raiseCatalogVersion } from '../../store/control/provider.ts';
import { iterateWorkspaces } from '../../store/control/workspace.ts';
import type { Stored } from '../../store/document.ts';
import { keyMeterId, organizationMeterId, raiseMeterPolicyVersion } from '../../store/meter-administration.ts';
import {
  catalogPolicyId,
  keyPolicyId,
  putPolicyIfNewer,
  workspacePolicyId,
  type WorkspacePolicy,
} from '../../store/policy.ts';
import type { ControlPlaneDependencies } from '../admin/dependencies.ts';
import { notFound, Problem } from '../admin/problem.ts';
import { eraseKey } from '../erase/erase-key.ts';
import { eraseStrayMeter } from '../erase/erase-stray-meter.ts';
import { eraseWorkspace } from '../erase/erase-workspace.ts';
import { cleanUpMs } from '../erase/erasure.ts';
import { atEveryDataPlane } from './at-every-data-plane.ts';
import { compileCatalogPolicy, compileKeyPolicy, compileWorkspacePolicy } from './compile-policy.ts';
import { inBatches } from './in-batches.ts';
import { type Place, readActivePlace, readCatalogSources, readWorkspaceSources } from './workspace-sources.ts';

/*
 * Brings what `control` says into force at every data plane. Called after the write to `control`, in the same call; every
 * function may be repeated, at any time and by anybody (docs/publication.md).
 *
 * A policy goes only over one with a lower version. Where a higher one is in place already, this change is in it: whoever drew
 * that version did so after we drew ours, which was after our change was written, and read `control` after drawing.
 */

export type PublicationDependencies = Pick<ControlPlaneDependencies, 'control' | 'dataPlanes' | 'now'>;

/**
 * Publishes a key as it was stored. When it returns, the next request with the key meets this version or a newer one.
 *
 * @throws Problem 503 `publication_incomplete`; 409 `being_deleted` when its workspace was deleted meanwhile.
 */
export async function publishKey(deps: PublicationDependencies, key: Stored<KeyRecord>): Promise<void> {
  const { id, organization, workspace } = key.value;
  const policy = compileKeyPolicy(key);
  await atEveryDataPlane(deps.dataPlanes, async ({ store, tables }) => {
    await putPolicyIfNewer(store, tables.policy, keyPolicyId(id), policy);
    await raiseMeterPolicyVersion({ store, table: tables.meter }, keyMeterId(id), policy.version);
  });
  // An erasure withdraws policies after it has marked the tenant: one that came before our write is seen here, one that
  // comes after it takes what we wrote.
  const [place, stored] = await Promise.all([
    readActivePlace(deps.control, { organization, workspace }),
    getKey(deps.control, workspace, id),
  ]);
  if (place !== undefined && stored !== undefined) return;
  await eraseKey(deps, { id, workspace });
  throw beingDeleted();
}

/**
 * Publishes a workspace: its settings, routes and credentials. When it returns, the next request meets them.
 *
 * @throws Problem 503 `publication_incomplete`; 409 `being_deleted`; 404 where there is no such organization.
 */
export async function publishWorkspace(deps: PublicationDependencies, place: Place): Promise<void> {
  await publishWorkspaces(deps, place.organization, [place.workspace]);
  if ((await readActivePlace(deps.control, place)) !== undefined) return;
  await eraseWorkspace(deps, place, Date.now() + cleanUpMs);
  throw beingDeleted();
}

/**
 * Publishes an organization's own settings, which means every workspace of it. When it returns, the next request meets them.
 *
 * @throws Problem 503 `publication_incomplete`; 409 `being_deleted`; 404 where there is no such organization.
 */
export async function publishOrganization(deps: PublicationDependencies, organization: string): Promise<void> {
  const workspaces: string[] = [];
  for await (const { value } of iterateWorkspaces(deps.control, organization)) workspaces.push(value.id);
  const published = await publishWorkspaces(deps, organization, workspaces);
  await inBatches(published, async (workspace) => {
    const place = { organization, workspace };
    if ((await readActivePlace(deps.control, place)) === undefined) {
      await eraseWorkspace(deps, place, Date.now() + cleanUpMs);
    }
  });
  const stored = await getOrganization(deps.control, organization);
  if (stored?.value.status === 'active') return;
  await eraseStrayMeter(deps, organization);
  throw beingDeleted();
}

/**
 * Publishes declared providers and the platform's credentials. Data planes follow within 10 seconds.
 *
 * @throws Problem 503 `publication_incomplete`.
 */
export async function publishCatalog(deps: PublicationDependencies): Promise<void> {
  const version = (await raiseCatalogVersion(deps.control)) ?? 1;
  const { providers, credentials } = await readCatalogSources(deps.control);
  const policy = compileCatalogPolicy(providers, credentials, version);
  await atEveryDataPlane(deps.dataPlanes, ({ store, tables }) =>
    putPolicyIfNewer(store, tables.policy, catalogPolicyId, policy),
  );
}

/** Says which of them have a policy to publish: the others are gone, or being erased. */
async function publishWorkspaces(
  deps: PublicationDependencies,
  organization: string,
  workspaces: readonly string[],
): Promise<string[]> {
  // Drawn after the change was written and before anything is read: see above.
  const version = await raisePolicyVersion(deps.control, organization);
  if (version === undefined) throw notFound();
  const policies: WorkspacePolicy[] = [];
  await inBatches(workspaces, async (workspace) => {
    const sources = await readWorkspaceSources(deps.control, { organization, workspace });
    if (sources !== undefined) policies.push(compileWorkspacePolicy(sources, version));
  });
  await atEveryDataPlane(deps.dataPlanes, async ({ store, tables }) => {
    await inBatches(policies, (policy) =>
      putPolicyIfNewer(store, tables.policy, workspacePolicyId(policy.workspace.id), policy),
    );
    // Policy first, then the meter: what is read once the meter shows a version is at least as new as that.
    await raiseMeterPolicyVersion({ store, table: tables.meter }, organizationMeterId(organization), version);
  });
  return policies.map(({ workspace }) => workspace.id);
}

function beingDeleted(): Problem {
  return new Problem('being_deleted', 409, 'It is being deleted, or was.');
}
