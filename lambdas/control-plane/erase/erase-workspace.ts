import { iterateCredentials } from '../../store/control/credential.ts';
import { iterateKeys } from '../../store/control/key.ts';
import { getLocation } from '../../store/control/location.ts';
import { releaseName } from '../../store/control/name-claim.ts';
import { eraseWorkspaceDocuments } from '../../store/control/partition.ts';
import { iterateSecretVersions } from '../../store/control/secret-versions.ts';
import { deleteWorkspace, getWorkspace, replaceWorkspace } from '../../store/control/workspace.ts';
import { deleteCredentialUses } from '../../store/credential-use.ts';
import { workspaceMeterId } from '../../store/meter-administration.ts';
import { conflict, notFound } from '../admin/problem.ts';
import { atEveryDataPlane } from '../publication/at-every-data-plane.ts';
import { withdrawWorkspaces } from '../publication/withdraw.ts';
import type { Place } from '../publication/workspace-sources.ts';
import { deleteSecretVersions } from './delete-secret-versions.ts';
import { eraseKey } from './erase-key.ts';
import { eraseMeter } from './erase-meter.ts';
import { type EraseDependencies, type Erasure, worstOf } from './erasure.ts';

const maxTries = 5;

/**
 * Erases a workspace and everything in it: policies first, so that no request is served any more, then what they leave behind,
 * and its record last. Wherever it stops, the same call completes it.
 *
 * @param deadlineMs epoch milliseconds
 * @throws Problem 404 when the workspace belongs to another organization; 503 `publication_incomplete`; StoreError.
 */
export async function eraseWorkspace(deps: EraseDependencies, place: Place, deadlineMs: number): Promise<Erasure> {
  const location = await getLocation(deps.control, 'workspace', place.workspace);
  if (location !== undefined && location.organization !== place.organization) throw notFound();
  await markDeleting(deps, place);
  await withdrawWorkspaces(deps, place.organization, [place.workspace]);
  return eraseWithdrawnWorkspace(deps, place, deadlineMs);
}

/** What is left once its policies are withdrawn. */
export async function eraseWithdrawnWorkspace(
  deps: EraseDependencies,
  place: Place,
  deadlineMs: number,
): Promise<Erasure> {
  const { control } = deps;
  if (Date.now() >= deadlineMs) return 'busy';
  if ((await eraseKeys(deps, place.workspace, deadlineMs)) === 'busy') return 'busy';
  await eraseSecrets(deps, place.workspace);
  await atEveryDataPlane(deps.dataPlanes, ({ store, tables }) =>
    deleteCredentialUses({ store, table: tables.usage }, place.workspace),
  );
  if ((await eraseMeter(deps, workspaceMeterId(place.workspace))) === 'busy') return 'busy';

  const record = await getWorkspace(control, place.organization, place.workspace);
  if (record !== undefined) {
    const scope = { kind: 'workspace', organization: place.organization } as const;
    await releaseName(control, { scope, name: record.value.name, owner: place.workspace });
  }
  if (!(await eraseWorkspaceDocuments(control, place.workspace, deadlineMs))) return 'busy';
  await deleteWorkspace(control, place.organization, place.workspace);
  return 'erased';
}

async function markDeleting({ control, now }: EraseDependencies, place: Place): Promise<void> {
  for (let tries = 0; tries < maxTries; tries += 1) {
    const stored = await getWorkspace(control, place.organization, place.workspace);
    if (stored === undefined || stored.value.status === 'deleting') return;
    const record = { ...stored.value, status: 'deleting', updatedAt: new Date(now()).toISOString() } as const;
    if ((await replaceWorkspace(control, record, stored.version)) !== undefined) return;
  }
  throw conflict();
}

async function eraseKeys(deps: EraseDependencies, workspace: string, deadlineMs: number): Promise<Erasure> {
  const erasures: Erasure[] = [];
  for await (const { value } of iterateKeys(deps.control, workspace)) {
    if (Date.now() >= deadlineMs) return 'busy';
    erasures.push(await eraseKey(deps, { id: value.id, workspace }));
  }
  return worstOf(erasures);
}

/** Every version that the vaults may hold, also those of credentials that were deleted and of calls that died. */
async function eraseSecrets(deps: EraseDependencies, workspace: string): Promise<void> {
  const owner = { kind: 'workspace', workspace } as const;
  const versions = new Map<string, { from: number; to: number }>();
  for await (const { value } of iterateSecretVersions(deps.control, owner)) {
    versions.set(value.provider, { from: value.oldest, to: value.drawn });
  }
  for await (const { value } of iterateCredentials(deps.control, owner)) {
    const { from, to } = versions.get(value.provider) ?? { from: value.oldestSecretVersion, to: 0 };
    versions.set(value.provider, { from, to: Math.max(to, value.secretVersion) });
  }
  for (const [provider, range] of versions) await deleteSecretVersions(deps, { owner, provider }, range);
}
