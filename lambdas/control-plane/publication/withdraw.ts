import { iterateKeys } from '../../store/control/key.ts';
import { getOrganization, raisePolicyVersion } from '../../store/control/organization.ts';
import { organizationMeterId, raiseMeterPolicyVersion } from '../../store/meter-administration.ts';
import { deletePolicy, keyPolicyId, workspacePolicyId } from '../../store/policy.ts';
import type { ControlPlaneDependencies } from '../admin/dependencies.ts';
import { atEveryDataPlane } from './at-every-data-plane.ts';
import { inBatches } from './in-batches.ts';

type WithdrawalDependencies = Pick<ControlPlaneDependencies, 'control' | 'dataPlanes'>;

/**
 * Takes workspaces and their keys out of force: every policy first, and then the version that ends cached copies, so that the
 * next request reads and finds nothing. May be repeated.
 *
 * @throws Problem 503 `publication_incomplete`.
 */
export async function withdrawWorkspaces(
  deps: WithdrawalDependencies,
  organization: string,
  workspaces: readonly string[],
): Promise<void> {
  await inBatches(workspaces, (workspace) => withdrawPolicies(deps, workspace));
  const record = await getOrganization(deps.control, organization);
  // Raising a version creates the meter where there is none, and an erased organization is to have none.
  if (record === undefined || record.value.status === 'deleted') return;
  const version = await raisePolicyVersion(deps.control, organization);
  if (version === undefined) return;
  await atEveryDataPlane(deps.dataPlanes, ({ store, tables }) =>
    raiseMeterPolicyVersion({ store, table: tables.meter }, organizationMeterId(organization), version),
  );
}

async function withdrawPolicies(deps: WithdrawalDependencies, workspace: string): Promise<void> {
  const ids = [workspacePolicyId(workspace)];
  for await (const { value } of iterateKeys(deps.control, workspace)) ids.push(keyPolicyId(value.id));
  await atEveryDataPlane(deps.dataPlanes, ({ store, tables }) =>
    inBatches(ids, (id) => deletePolicy(store, tables.policy, id)),
  );
}
