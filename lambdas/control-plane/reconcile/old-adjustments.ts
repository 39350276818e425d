import { getBalanceAdjustment } from '../../store/control/balance-adjustment.ts';
import { organizationMeterId, pruneAdjustments } from '../../store/meter-administration.ts';
import type { PublicationDependencies } from '../publication/publish.ts';
import type { Survey } from './survey.ts';

const dayMs = 86_400_000;
const meterPrefix = organizationMeterId('');

/**
 * Forgets balance adjustments on meters that are older than a day: the call that made one is repeated no later. What has no
 * record is kept, since its age is not known.
 */
export async function forgetOldAdjustments(
  { control }: PublicationDependencies,
  { plane, adjustments }: Survey,
  nowMs: number,
): Promise<void> {
  for (const [meterId, ids] of adjustments) {
    const organization = meterId.slice(meterPrefix.length);
    const old: string[] = [];
    for (const id of ids) {
      const record = await getBalanceAdjustment(control, organization, id);
      if (record !== undefined && Date.parse(record.createdAt) < nowMs - dayMs) old.push(id);
    }
    await pruneAdjustments({ store: plane.store, table: plane.tables.meter }, organization, old);
  }
}
