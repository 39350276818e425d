import { deleteKey } from '../../store/control/key.ts';
import { deleteLocation } from '../../store/control/location.ts';
import { keyMeterId } from '../../store/meter-administration.ts';
import { deletePolicy, keyPolicyId } from '../../store/policy.ts';
import { atEveryDataPlane } from '../publication/at-every-data-plane.ts';
import { eraseMeter } from './erase-meter.ts';
import type { EraseDependencies, Erasure } from './erasure.ts';

/**
 * Erases one key. The record goes last, because whoever takes up an erasure that died finds by it what else there is.
 *
 * @throws Problem 503 `publication_incomplete`; StoreError.
 */
export async function eraseKey(
  deps: EraseDependencies,
  { id, workspace }: { id: string; workspace: string },
): Promise<Erasure> {
  await atEveryDataPlane(deps.dataPlanes, ({ store, tables }) => deletePolicy(store, tables.policy, keyPolicyId(id)));
  if ((await eraseMeter(deps, keyMeterId(id))) === 'busy') return 'busy';
  await deleteLocation(deps.control, 'key', id);
  await deleteKey(deps.control, workspace, id);
  return 'erased';
}
