import { getKey } from '../../store/control/key.ts';
import { getLocation } from '../../store/control/location.ts';
import { raisePolicyVersion } from '../../store/control/organization.ts';
import {
  deleteMeter,
  keyMeterId,
  organizationMeterId,
  raiseMeterPolicyVersion,
} from '../../store/meter-administration.ts';
import { deletePolicy, keyPolicyId, workspacePolicyId } from '../../store/policy.ts';
import type { PublicationDependencies } from '../publication/publish.ts';
import { readActivePlace } from '../publication/workspace-sources.ts';
import type { Observed, Survey } from './survey.ts';

const keyPrefix = keyPolicyId('');
const workspacePrefix = workspacePolicyId('');

/**
 * Takes one policy that no record stands for out of force. Policies of a shape that we do not know are counted and left alone.
 */
export async function removeForeignPolicy(deps: PublicationDependencies, survey: Survey, id: string): Promise<void> {
  const { plane, counts } = survey;
  const observed = survey.policies.get(id);
  if (observed === undefined || (await isMeant(deps, id))) return;
  counts.foreign += 1;
  if (!id.startsWith(keyPrefix) && !id.startsWith(workspacePrefix)) return;
  await deletePolicy(plane.store, plane.tables.policy, id, observed.version);
  if (id.startsWith(keyPrefix)) await endCachedKey(deps, survey, id.slice(keyPrefix.length), observed);
  else await endCachedWorkspace(deps, survey, observed);
}

/** A meter that a late request of an erased key or workspace has made. The other meters are money: only an erasure ends them. */
export async function removeForeignMeter(
  deps: PublicationDependencies,
  { plane, policies }: Survey,
  id: string,
): Promise<void> {
  const [kind, name] = id.startsWith('key#')
    ? (['key', id.slice('key#'.length)] as const)
    : (['workspace', id.slice('workspace#'.length)] as const);
  if (kind === 'workspace' && !id.startsWith('workspace#')) return;
  // Policies and meters have the same ids here; one that has its policy still is not an orphan yet.
  if (policies.has(id) || (await getLocation(deps.control, kind, name)) !== undefined) return;
  await deleteMeter({ store: plane.store, table: plane.tables.meter }, id, deps.now());
}

/**
 * The second look. Records are written before policies, and ids are never given twice: what has no record after its policy was
 * seen will never have one.
 */
async function isMeant({ control }: PublicationDependencies, id: string): Promise<boolean> {
  const kind = id.startsWith(keyPrefix) ? 'key' : 'workspace';
  const name = id.slice(kind === 'key' ? keyPrefix.length : workspacePrefix.length);
  if (kind === 'workspace' && !id.startsWith(workspacePrefix)) return false;
  const location = await getLocation(control, kind, name);
  if (location === undefined) return false;
  const place = { ...location, ...(kind === 'workspace' && { workspace: name }) };
  if ((await readActivePlace(control, place)) === undefined) return false;
  return kind === 'workspace' || (await getKey(control, place.workspace, name)) !== undefined;
}

async function endCachedKey(
  deps: PublicationDependencies,
  { plane, meters }: Survey,
  publicId: string,
  observed: Observed,
): Promise<void> {
  const store = { store: plane.store, table: plane.tables.meter };
  const meterId = keyMeterId(publicId);
  await raiseMeterPolicyVersion(store, meterId, Math.max(observed.version, meters.get(meterId) ?? 0) + 1);
  await deleteMeter(store, meterId, deps.now());
}

async function endCachedWorkspace(
  deps: PublicationDependencies,
  { plane }: Survey,
  { organization }: Observed,
): Promise<void> {
  if (organization === undefined) return;
  const version = await raisePolicyVersion(deps.control, organization);
  // The whole organization is gone, and its meter with it or as soon as its erasure comes to that.
  if (version === undefined) return;
  const store = { store: plane.store, table: plane.tables.meter };
  await raiseMeterPolicyVersion(store, organizationMeterId(organization), version);
}
