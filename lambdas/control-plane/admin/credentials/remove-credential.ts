import { deleteCredential, getCredential } from '../../../store/control/credential.ts';
import {
  forgetSecretVersions,
  getSecretVersions,
  type SecretVersions,
  withdrawSecretVersions,
} from '../../../store/control/secret-versions.ts';
import { deleteSecretVersions } from '../../erase/delete-secret-versions.ts';
import { assertMatch, tryChange } from '../change.ts';
import { notFound } from '../problem.ts';
import { type CredentialPlace, publishPlace, targetOf } from './credential-place.ts';
import { viewCredential } from './credential-view.ts';
import type { ChangeContext } from './store-credential.ts';

/**
 * Deletes a credential: its versions are withdrawn, its record goes, policy no longer refers to it, the vaults forget it. While
 * versions are withdrawn and not forgotten, the same call finds them and completes what one before it began.
 *
 * @throws Problem 404, 412, 409; 503 `publication_incomplete`.
 */
export async function removeCredential(context: ChangeContext, place: CredentialPlace): Promise<void> {
  const { deps, ifMatch } = context;
  const versions = await tryChange(ifMatch, () => withdraw(context, place));
  await publishPlace(deps, place);
  await deleteSecretVersions(deps, place, { from: versions.oldest, to: versions.withdrawn });
  await forgetSecretVersions(deps.control, place, versions.withdrawn);
}

async function withdraw(
  { deps: { control }, ifMatch, audit }: ChangeContext,
  place: CredentialPlace,
): Promise<SecretVersions | undefined> {
  const { owner, provider } = place;
  const before = await getCredential(control, owner, provider);
  if (before === undefined) {
    const left = await getSecretVersions(control, owner, provider);
    if (left === undefined || left.oldest > left.drawn) throw notFound();
  } else {
    assertMatch(ifMatch, before);
    await audit({ action: 'credential.delete', target: targetOf(place), before: viewCredential(before.value) });
  }
  const versions = await withdrawSecretVersions(control, place, before?.value);
  return (await deleteCredential(control, owner, provider, before?.version ?? 0)) ? versions : undefined;
}
