import { iterateKeys } from '../../store/control/key.ts';
import { getOrganization, raisePolicyVersion } from '../../store/control/organization.ts';
import { organizationMeterId, raiseMeterPolicyVersion } from '../../store/meter-administration.ts';
import { deletePolicy, keyPolicyId, workspacePolicyId } from '../../store/policy.ts';
import { eraseStrayMeter } from '../erase/erase-stray-meter.ts';
import type { EraseDependencies } from '../erase/erasure.ts';
import { atEveryDataPlane } from './at-every-data-plane.ts';
import { inBatches } from './in-batches.ts';

/**
 * Takes workspaces and their keys out of force: at each data plane every policy first, and then a new version that ends cached
 * copies, so that the next request reads and finds nothing. May be repeated.
 *
 * @throws Problem 503 `publication_incomplete`.
 */
export async function withdrawWorkspaces(
  deps: EraseDependencies,
  organization: string,
  workspaces: readonly string[],
): Promise<void> {
  const { control, dataPlanes } = deps;
  const ids: string[] = [];
  await inBatches(workspaces, async (workspace) => {
    ids.push(workspacePolicyId(workspace));
    for await (const { value } of iterateKeys(control, workspace)) ids.push(keyPolicyId(value.id));
  });
  // Raising a version creates the meter where there is none, and an erased organization is to have none.
  const record = await getOrganization(control, organization);
  const hasMeter = record !== undefined && record.value.status !== 'deleted';
  await atEveryDataPlane(dataPlanes, async ({ store, tables }) => {
    await inBatches(ids, (id) => deletePolicy(store, tables.policy, id));
    // Drawn now: one drawn before could be lower than what a late publication has raised the meter to in between.
    const version = hasMeter ? await raisePolicyVersion(control, organization) : undefined;
    if (version === undefined) return;
    await raiseMeterPolicyVersion({ store, table: tables.meter }, organizationMeterId(organization), version);
  });
  // Also for what was published before by a call that lost against the erasure, and now cleans up behind itself.
  await eraseStrayMeter(deps, organization);
}
