import { sealSecret } from '../../../crypto/envelope.ts';
import { KeyWrapperError } from '../../../crypto/key-wrapper-error.ts';
import type { EncryptionContext, KeyGenerator } from '../../../crypto/key-wrapper.ts';
import type { Secret } from '../../../crypto/secret.ts';
import { putSealedCredential } from '../../../store/vault.ts';
import type { DataPlane } from '../../publication/data-plane.ts';
import type { ControlPlaneDependencies } from '../dependencies.ts';
import { Problem } from '../problem.ts';
import type { CredentialPlace } from './credential-place.ts';
import type { ProviderSecret } from './provider-secret.ts';

/** One secret, sealed for each region under a key of that region; nothing here can open it. */
export interface SealedSecret extends Pick<ProviderSecret, 'kind' | 'lastFour'> {
  readonly context: EncryptionContext;
  readonly byRegion: ReadonlyMap<string, Buffer>;
}

/**
 * Seals a secret for every data plane. After this its text is needed no more.
 *
 * @throws Problem 503 `store_unavailable` where the key service does not answer; KeyWrapperError where it refuses.
 */
export async function sealForEveryRegion(
  { dataPlanes, keyGenerators }: ControlPlaneDependencies,
  { organization, workspace, provider }: CredentialPlace,
  { kind, lastFour, text }: ProviderSecret,
): Promise<SealedSecret> {
  const context: EncryptionContext = { app: 'gatehouse', organization, workspace, provider, credential: provider };
  const sealed = dataPlanes.map(async ({ region }): Promise<[string, Buffer]> => {
    const generator = keyGenerators.get(region);
    if (generator === undefined) throw new Error(`there is no vault key for the data plane in ${region}`);
    return [region, await seal(text, context, generator)];
  });
  return { kind, lastFour, context, byRegion: new Map(await Promise.all(sealed)) };
}

/**
 * Puts a sealed secret into every vault under this version. Nothing refers to it yet.
 *
 * @throws Problem 503 `store_unavailable` that names the regions where it did not work.
 */
export async function putIntoEveryVault(
  dataPlanes: readonly DataPlane[],
  { owner, provider }: CredentialPlace,
  version: number,
  { context, lastFour, byRegion }: SealedSecret,
): Promise<void> {
  const reference = { owner: owner.kind, credential: provider, version };
  const outcomes = await Promise.allSettled(
    dataPlanes.map(async ({ region, store, tables }) => {
      const sealed = byRegion.get(region);
      if (sealed === undefined) throw new Error(`nothing was sealed for the data plane in ${region}`);
      await putSealedCredential(store, tables.vault, reference, { sealed, context, lastFour });
    }),
  );
  const failed = dataPlanes.filter((_, index) => outcomes[index]?.status === 'rejected');
  if (failed.length === 0) return;
  throw new Problem('store_unavailable', 503, 'The secret could not be stored in every region; nothing was changed.', {
    detail: `Not reached: ${failed.map(({ region }) => region).join(', ')}. The same call can be repeated.`,
    headers: { 'retry-after': '1' },
    cause: outcomes.find((outcome) => outcome.status === 'rejected')?.reason,
  });
}

async function seal(text: Secret, context: EncryptionContext, generator: KeyGenerator): Promise<Buffer> {
  try {
    return await sealSecret(text, context, generator);
  } catch (error) {
    if (!(error instanceof KeyWrapperError) || error.kind !== 'unavailable') throw error;
    const detail = 'Nothing was changed. The same call can be repeated.';
    const headers = { 'retry-after': '1' };
    throw new Problem('store_unavailable', 503, 'The key service does not answer.', { detail, headers, cause: error });
  }
}
