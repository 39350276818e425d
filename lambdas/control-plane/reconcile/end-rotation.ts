import { type CredentialOwner, type CredentialRecord, replaceCredential } from '../../store/control/credential.ts';
import { getServedVersion } from '../../store/credential-use.ts';
import type { Stored } from '../../store/document.ts';
import { deleteSecretVersions } from '../erase/delete-secret-versions.ts';
import { atEveryDataPlane } from '../publication/at-every-data-plane.ts';
import { publishCatalog, publishWorkspace, type PublicationDependencies } from '../publication/publish.ts';

/** Whose credential it is, and where its policy belongs. */
export type CredentialPlace =
  | { readonly kind: 'platform' }
  | { readonly kind: 'workspace'; readonly workspace: string; readonly organization: string };

/**
 * Ends the rotation of a credential whose new secret has served, and deletes secrets that no policy names any more: first the
 * record, then every data plane's policy, and the secrets only when all of them have it. Says whether there was something to
 * do; a change that came in between is left for the next run.
 *
 * @throws Problem 503 `publication_incomplete`; StoreError.
 */
export async function endRotation(
  deps: PublicationDependencies,
  place: CredentialPlace,
  stored: Stored<CredentialRecord>,
): Promise<boolean> {
  const current = await withoutPrevious(deps, place, stored);
  if (current === undefined) return false;
  const { provider, secretVersion, previousSecretVersion, oldestSecretVersion } = current.value;
  const needed = previousSecretVersion ?? secretVersion;
  if (oldestSecretVersion >= needed) return false;

  await publish(deps, place);
  const owner: CredentialOwner = place;
  await deleteSecretVersions(deps, { owner, provider }, { from: oldestSecretVersion, to: needed - 1 });
  const cleared = { ...current.value, oldestSecretVersion: needed };
  return (await replaceCredential(deps.control, place, cleared, current.version)) !== undefined;
}

/** The record, without its previous version once the new one has served; `undefined` where somebody else changed it. */
async function withoutPrevious(
  deps: PublicationDependencies,
  place: CredentialPlace,
  stored: Stored<CredentialRecord>,
): Promise<Stored<CredentialRecord> | undefined> {
  const { previousSecretVersion, ...value } = stored.value;
  if (previousSecretVersion === undefined || !(await hasServed(deps, place, value))) return stored;
  const version = await replaceCredential(deps.control, place, value, stored.version);
  return version === undefined ? undefined : { value, version };
}

async function hasServed(
  { dataPlanes }: PublicationDependencies,
  place: CredentialPlace,
  { provider, secretVersion }: CredentialRecord,
): Promise<boolean> {
  const workspace = place.kind === 'workspace' ? place.workspace : '';
  const served = await atEveryDataPlane(dataPlanes, ({ store, tables }) =>
    getServedVersion({ store, table: tables.usage }, { owner: place.kind, workspace, provider }),
  );
  return served.some((version) => version !== undefined && version >= secretVersion);
}

function publish(deps: PublicationDependencies, place: CredentialPlace): Promise<void> {
  return place.kind === 'platform' ? publishCatalog(deps) : publishWorkspace(deps, place);
}
