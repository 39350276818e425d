import type { CredentialOwner } from '../../store/control/credential.ts';
import { deleteSealedCredential } from '../../store/vault.ts';
import type { ControlPlaneDependencies } from '../admin/dependencies.ts';
import { atEveryDataPlane } from '../publication/at-every-data-plane.ts';

/**
 * Deletes versions `from` to `to`, both included, of a credential's secret at every data plane. May be repeated.
 *
 * @throws Problem 503 `publication_incomplete`.
 */
export async function deleteSecretVersions(
  deps: Pick<ControlPlaneDependencies, 'dataPlanes'>,
  { owner, provider }: { owner: CredentialOwner; provider: string },
  { from, to }: { from: number; to: number },
): Promise<void> {
  const workspace = owner.kind === 'workspace' ? owner.workspace : 'platform';
  await atEveryDataPlane(deps.dataPlanes, async ({ store, tables }) => {
    for (let version = from; version <= to; version += 1) {
      const reference = { owner: owner.kind, credential: provider, version } as const;
      await deleteSealedCredential(store, tables.vault, workspace, reference);
    }
  });
}
