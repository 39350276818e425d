import { budgetMeterId, hasLiveHolds, organizationMeterId } from '../../store/meter-administration.ts';
import { getMeter } from '../../store/meter.ts';
import { deleteRequestRecords } from '../../store/request-record.ts';
import { deleteUsage } from '../../store/usage-rollup.ts';
import { atEveryDataPlane } from '../publication/at-every-data-plane.ts';
import type { DataPlane } from '../publication/data-plane.ts';
import { eraseMeter } from './erase-meter.ts';
import { type EraseDependencies, type Erasure, worstOf } from './erasure.ts';

const dayMs = 86_400_000;
const parallelDays = 10;

/** No record is kept longer than 730 days; the store's own deletion may come some days late. */
export const retentionLimitDays = 740;

/**
 * What an organization's requests left behind: records since `since` (epoch milliseconds), sums, and its meters. Where requests
 * are under way, today's records and the meters stay for the next call.
 *
 * @throws Problem 503 `publication_incomplete`.
 */
export async function eraseMeteredTraces(
  deps: EraseDependencies,
  organization: string,
  { since, deadlineMs }: { since: number; deadlineMs: number },
): Promise<Erasure> {
  const now = deps.now();
  const records = await atEveryDataPlane(deps.dataPlanes, async (plane) => {
    const live = await hasRequestsUnderWay(plane, organization, now);
    // A clock that is ahead of ours may have opened tomorrow already, one that is behind closed yesterday late.
    const days = daysBetween(since - dayMs, live ? now - dayMs : now + dayMs);
    if (!(await eraseRecords(plane, organization, { days, deadlineMs }))) return 'busy';
    if (!(await deleteUsage(plane.store, plane.tables.usage, organization, deadlineMs))) return 'busy';
    return live ? 'busy' : 'erased';
  });
  if (worstOf(records) === 'busy') return 'busy';
  const meters = [organizationMeterId(organization), budgetMeterId(organization)];
  return worstOf(await Promise.all(meters.map((id) => eraseMeter(deps, id))));
}

async function hasRequestsUnderWay({ store, tables }: DataPlane, organization: string, now: number): Promise<boolean> {
  const meter = await getMeter({ store, table: tables.meter }, organizationMeterId(organization));
  return meter !== undefined && hasLiveHolds(meter, now);
}

async function eraseRecords(
  { store, tables }: DataPlane,
  organization: string,
  { days, deadlineMs }: { days: readonly string[]; deadlineMs: number },
): Promise<boolean> {
  for (let at = 0; at < days.length; at += parallelDays) {
    if (Date.now() >= deadlineMs) return false;
    const erased = await Promise.all(
      days
        .slice(at, at + parallelDays)
        .map((day) => deleteRequestRecords(store, tables.requests, { organization, day }, deadlineMs)),
    );
    if (erased.includes(false)) return false;
  }
  return true;
}

/** UTC days such as `2026-11-22`, both ends included. */
function daysBetween(fromMs: number, toMs: number): string[] {
  const days: string[] = [];
  for (let day = Math.floor(fromMs / dayMs); day <= Math.floor(toMs / dayMs); day += 1) {
    days.push(new Date(day * dayMs).toISOString().slice(0, 10));
  }
  return days;
}
