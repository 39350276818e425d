import {
  type CredentialRecord,
  getCredential,
  iterateCredentials,
  replaceCredential,
} from '../../store/control/credential.ts';
import { forgetSecretVersions, getSecretVersions, iterateSecretVersions } from '../../store/control/secret-versions.ts';
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
  provider: string,
): Promise<boolean> {
  const { control } = deps;
  const secret = { owner: place, provider };
  const versions = await getSecretVersions(control, place, provider);
  const stored = await getCredential(control, place, provider);
  const current = stored === undefined ? undefined : await withoutPrevious(deps, place, stored);
  if (stored !== undefined && current === undefined) return false;
  const from = Math.max(versions?.oldest ?? 1, current?.value.oldestSecretVersion ?? 1);
  const to = current === undefined ? (versions?.withdrawn ?? 0) : oldestInUse(current.value) - 1;
  if (from > to) return false;

  await (place.kind === 'platform' ? publishCatalog(deps) : publishWorkspace(deps, place));
  await deleteSecretVersions(deps, secret, { from, to });
  await forgetSecretVersions(control, secret, to);
  if (current === undefined) return true;
  const cleared = { ...current.value, oldestSecretVersion: to + 1 };
  return (await replaceCredential(control, place, cleared, current.version)) !== undefined;
}

/** Providers that a credential is, or was, kept for in this place. */
export async function providersWithSecrets(
  { control }: Pick<PublicationDependencies, 'control'>,
  place: CredentialPlace,
): Promise<string[]> {
  const providers = new Set<string>();
  for await (const { value } of iterateCredentials(control, place)) providers.add(value.provider);
  for await (const { value } of iterateSecretVersions(control, place)) providers.add(value.provider);
  return [...providers];
}

function oldestInUse({ previousSecretVersion, secretVersion }: CredentialRecord): number {
  return previousSecretVersion ?? secretVersion;
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
