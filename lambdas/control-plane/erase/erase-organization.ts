import { iterateMembers, eraseMember } from '../../store/control/member.ts';
import { releaseNamesOf } from '../../store/control/name-claim.ts';
import { getOrganization, type OrganizationRecord, replaceOrganization } from '../../store/control/organization.ts';
import { eraseOrganizationDocuments } from '../../store/control/partition.ts';
import { iterateWorkspaces } from '../../store/control/workspace.ts';
import type { Stored } from '../../store/document.ts';
import { organizationMeterId } from '../../store/meter-administration.ts';
import { conflict } from '../admin/problem.ts';
import { withdrawWorkspaces } from '../publication/withdraw.ts';
import { eraseMeter } from './erase-meter.ts';
import { eraseMeteredTraces, retentionLimitDays } from './erase-metered-traces.ts';
import { eraseWithdrawnWorkspace } from './erase-workspace.ts';
import { type EraseDependencies, type Erasure, worstOf } from './erasure.ts';

const maxTries = 5;

/**
 * Erases an organization and everything of it, in every region, but for its audit trail, which has ids and digests only. It is
 * out of force from the first step on; its item stays for two days as `deleted`, with nothing but its id and dates, for
 * reconcile to erase what requests under way still write. Wherever it stops, the same call completes it.
 *
 * @param deadlineMs epoch milliseconds
 * @throws Problem 503 `publication_incomplete`; 409 `conflict`; StoreError.
 */
export async function eraseOrganization(
  deps: EraseDependencies,
  organization: string,
  deadlineMs: number,
): Promise<Erasure> {
  const { control } = deps;
  const record = await markDeleting(deps, organization);
  if (record === undefined) return 'erased';
  const workspaces: string[] = [];
  for await (const { value } of iterateWorkspaces(control, organization)) workspaces.push(value.id);
  await withdrawWorkspaces(deps, organization, workspaces);

  const erasures: Erasure[] = [];
  for (const workspace of workspaces) {
    erasures.push(await eraseWithdrawnWorkspace(deps, { organization, workspace }, deadlineMs));
  }
  const since = Math.max(Date.parse(record.createdAt), deps.now() - retentionLimitDays * dayMs);
  erasures.push(await eraseMeteredTraces(deps, organization, { since, deadlineMs }));
  // Members, names and the item itself stay until then: by them an erasure is taken up again.
  if (worstOf(erasures) === 'busy') return 'busy';
  if (!(await eraseOrganizationItems(deps, organization, deadlineMs))) return 'busy';
  await releaseNamesOf(control, organization);
  if ((await entomb(deps, organization)) === 'busy') return 'busy';
  // A call that lost against this erasure may have raised a version, which makes the meter anew. Those that come later see the
  // tombstone, and clean up themselves.
  await eraseMeter(deps, organizationMeterId(organization));
  return 'erased';
}

const dayMs = 86_400_000;

/**
 * Members, workspaces that were made while the others were erased, and all other items in the organization's partition; says
 * whether nothing is left.
 */
export async function eraseOrganizationItems(
  deps: EraseDependencies,
  organization: string,
  deadlineMs: number,
): Promise<boolean> {
  const { control } = deps;
  for await (const { value } of iterateMembers(control, organization)) {
    if (Date.now() >= deadlineMs) return false;
    await eraseMember(control, { organization, id: value.id });
  }
  // A call that made one and died has also written what lies outside of the partition.
  for await (const { value } of iterateWorkspaces(control, organization)) {
    const place = { organization, workspace: value.id };
    if ((await eraseWithdrawnWorkspace(deps, place, deadlineMs)) === 'busy') return false;
  }
  return eraseOrganizationDocuments(control, organization, deadlineMs);
}

/** The record, marked; `undefined` where there is nothing to erase any more. */
async function markDeleting(
  { control, now }: EraseDependencies,
  organization: string,
): Promise<OrganizationRecord | undefined> {
  for (let tries = 0; tries < maxTries; tries += 1) {
    const stored = await getOrganization(control, organization);
    if (stored === undefined || stored.value.status === 'deleted') return undefined;
    if (stored.value.status === 'deleting') return stored.value;
    const record = { ...stored.value, status: 'deleting', updatedAt: new Date(now()).toISOString() } as const;
    if ((await replaceOrganization(control, record, stored.version)) !== undefined) return record;
  }
  throw conflict();
}

/** Whoever else erases it at the same time writes the same. */
async function entomb({ control, now }: EraseDependencies, organization: string): Promise<Erasure> {
  const stored = await getOrganization(control, organization);
  if (stored === undefined || stored.value.status === 'deleted') return 'erased';
  const version = await replaceOrganization(control, tombstoneOf(stored, now()), stored.version);
  return version === undefined ? 'busy' : 'erased';
}

function tombstoneOf({ value }: Stored<OrganizationRecord>, nowMs: number): OrganizationRecord {
  return {
    id: value.id,
    name: '',
    billing: 'postpaid',
    retentionDays: 1,
    zeroRetention: false,
    status: 'deleted',
    createdAt: value.createdAt,
    updatedAt: new Date(nowMs).toISOString(),
  };
}
