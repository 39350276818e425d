import { isStoreOutage } from '../../../store/client.ts';
import {
  createCredential,
  type CredentialRecord,
  getCredential,
  replaceCredential,
} from '../../../store/control/credential.ts';
import { drawSecretVersion, getSecretVersions } from '../../../store/control/secret-versions.ts';
import { getServedVersion } from '../../../store/credential-use.ts';
import type { Stored } from '../../../store/document.ts';
import { deleteSecretVersions } from '../../erase/delete-secret-versions.ts';
import { eraseWorkspace } from '../../erase/erase-workspace.ts';
import { cleanUpMs } from '../../erase/erasure.ts';
import type { DataPlane } from '../../publication/data-plane.ts';
import { readActivePlace } from '../../publication/workspace-sources.ts';
import { assertMatch, tryChange } from '../change.ts';
import type { AuditChange } from '../context.ts';
import type { ControlPlaneDependencies } from '../dependencies.ts';
import { type CredentialPlace, publishPlace, targetOf } from './credential-place.ts';
import { viewCredential } from './credential-view.ts';
import { putIntoEveryVault, type SealedSecret } from './sealed-everywhere.ts';

export interface ChangeContext {
  readonly deps: ControlPlaneDependencies;
  readonly ifMatch: number | undefined;
  readonly now: number;
  audit(change: AuditChange): Promise<void>;
}

/**
 * Makes a sealed secret the one in use, in this order: its version is drawn, every vault has it, the record names it, policy
 * refers to it. So a reference never leads nowhere, and a call that dies leaves behind at most a sealed secret that nothing
 * refers to and that the next deletion or rotation finds by its version.
 *
 * @throws Problem 412, 409; 503 `publication_incomplete`.
 */
export async function storeCredential(
  context: ChangeContext,
  place: CredentialPlace,
  secret: SealedSecret,
  zeroRetention: boolean,
): Promise<Stored<CredentialRecord>> {
  const { deps, now } = context;
  const stored = await tryChange(context.ifMatch, async () => {
    const before = await getCredential(deps.control, place.owner, place.provider);
    assertMatch(context.ifMatch, before);
    const previousSecretVersion = await fallbackVersion(deps.dataPlanes, place, before?.value);
    const at = new Date(now).toISOString();
    const described: Omit<CredentialRecord, 'secretVersion'> = {
      provider: place.provider,
      kind: secret.kind,
      lastFour: secret.lastFour,
      zeroRetention,
      ...(previousSecretVersion !== undefined && { previousSecretVersion }),
      oldestSecretVersion: before?.value.oldestSecretVersion ?? 1,
      createdAt: before?.value.createdAt ?? at,
      ...(before !== undefined && { rotatedAt: at }),
    };
    await context.audit({
      action: before === undefined ? 'credential.create' : 'credential.rotate',
      target: targetOf(place),
      ...(before !== undefined && { before: viewCredential(before.value) }),
      after: viewCredential(described),
    });
    const secretVersion = await drawSecretVersion(deps.control, place, before?.value);
    return unlessErased(deps, { place, secretVersion }, async () => {
      await putIntoEveryVault(deps.dataPlanes, place, secretVersion, secret);
      return writeRecord(deps, place, { ...described, secretVersion }, before?.version);
    });
  });
  const { secretVersion } = stored.value;
  await unlessErased(deps, { place, secretVersion }, () => publishPlace(deps, place));
  return stored;
}

/**
 * Does the work. Where it fails because its workspace is being erased, the secret is taken out of the vaults again: that erasure
 * may have looked for secrets before the version was drawn, and have deleted since what would tell the next one of it.
 */
async function unlessErased<Result>(
  deps: ControlPlaneDependencies,
  { place, secretVersion }: { place: CredentialPlace; secretVersion: number },
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (place.owner.kind === 'workspace' && (await readActivePlace(deps.control, place)) === undefined) {
      await deleteSecretVersions(deps, place, { from: secretVersion, to: secretVersion });
      await eraseWorkspace(deps, place, Date.now() + cleanUpMs);
    }
    throw error;
  }
}

/** `undefined` where somebody else changed, created or deleted the credential meanwhile: the version is then of no use. */
async function writeRecord(
  deps: ControlPlaneDependencies,
  place: CredentialPlace,
  record: CredentialRecord,
  replaced: number | undefined,
): Promise<Stored<CredentialRecord> | undefined> {
  const { control } = deps;
  const version =
    replaced === undefined
      ? (await createCredential(control, place.owner, record)) && 1
      : await replaceCredential(control, place.owner, record, replaced);
  if (version === false || version === undefined) {
    await deleteSecretVersions(deps, place, { from: record.secretVersion, to: record.secretVersion });
    return undefined;
  }
  // A deletion withdraws versions before it looks for the record: one that did so too early to see ours is seen here.
  const versions = await getSecretVersions(control, place.owner, place.provider);
  return versions !== undefined && versions.withdrawn >= record.secretVersion ? undefined : { value: record, version };
}

/**
 * The version to fall back to: the newest that is known to work. A secret that has not served yet is none, so that two new ones
 * in a row, such as one whose answer got lost, leave the one that works.
 */
async function fallbackVersion(
  dataPlanes: readonly DataPlane[],
  place: CredentialPlace,
  before: CredentialRecord | undefined,
): Promise<number | undefined> {
  if (before?.previousSecretVersion === undefined) return before?.secretVersion;
  const served = await Promise.all(dataPlanes.map((dataPlane) => servedIn(dataPlane, place)));
  return Math.max(...served) >= before.secretVersion ? before.secretVersion : before.previousSecretVersion;
}

async function servedIn(
  { store, tables }: DataPlane,
  { owner, workspace, provider }: CredentialPlace,
): Promise<number> {
  try {
    const use = { owner: owner.kind, workspace, provider };
    return (await getServedVersion({ store, table: tables.usage }, use)) ?? 0;
  } catch (error) {
    if (isStoreOutage(error)) return 0;
    throw error;
  }
}
