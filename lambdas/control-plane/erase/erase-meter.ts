import { deleteMeter } from '../../store/meter-administration.ts';
import { atEveryDataPlane } from '../publication/at-every-data-plane.ts';
import { type EraseDependencies, type Erasure, worstOf } from './erasure.ts';

/** Deletes a meter at every data plane, except where requests under way hold something of it. */
export async function eraseMeter(deps: EraseDependencies, id: string): Promise<Erasure> {
  const now = deps.now();
  return worstOf(
    await atEveryDataPlane(deps.dataPlanes, ({ store, tables }) =>
      deleteMeter({ store, table: tables.meter }, id, now),
    ),
  );
}
