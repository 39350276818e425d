import { hash } from 'node:crypto';
import {
  getLedgerReport,
  type LedgerReport,
  type MeterDrift,
  putLedgerReport,
} from '../../store/control/ledger-report.ts';
import { organizationMeterId } from '../../store/meter-administration.ts';
import { type MeterItem, totalHolds } from '../../store/meter-item.ts';
import { getMeter, spentMicroUsd } from '../../store/meter.ts';
import { listUsage } from '../../store/usage-rollup.ts';
import type { DataPlane } from '../publication/data-plane.ts';
import { inBatches } from '../publication/in-batches.ts';
import type { PublicationDependencies } from '../publication/publish.ts';
import type { Attempts } from './attempts.ts';

/*
 * Request records are the ledger; meters are what admission spends from. Different writes keep them, so this compares them
 * (docs/usage.md). An organization's meter counts all it ever spent in the region, and the sums of usage never expire.
 */

const minuteMs = 60_000;
const dayMs = 86_400_000;
const minutesPerDay = 1440;
/** After this long without a request every record has been added up, unless the rollup itself stands still. */
const quietMinutes = 10;
/** The document has room for many more; whoever has this many has one cause to look for. */
const rememberedDrifts = 200;
/**
 * Half a minute of reading. Sums never expire and a caller of a provider with a wildcard names models as it likes, so without a bound
 * one organization could take the time that the run has for all.
 */
const mostSums = 500_000;

/**
 * Compares the meters of a data plane with its sums of request records, each organization once a day, at a minute that its id
 * decides. Answers what is new since it was last compared. Of an organization that cannot be read, an attempt fails.
 *
 * @throws StoreError
 */
export async function compareLedger(
  { control }: Pick<PublicationDependencies, 'control'>,
  plane: DataPlane,
  {
    organizations,
    nowMs,
    attempts,
    most = mostSums,
  }: { organizations: readonly string[]; nowMs: number; attempts: Attempts; most?: number },
): Promise<readonly MeterDrift[]> {
  const last = await getLedgerReport(control, plane.region);
  const lastMs = last === undefined ? nowMs - dayMs : Date.parse(last.comparedAt);
  const due = organizations.filter((organization) => isDue(organization, lastMs, nowMs));
  if (last !== undefined && due.length === 0) return [];

  const compared = new Map<string, number>();
  await inBatches(due, (organization) =>
    attempts.run(async () => compared.set(organization, await driftOf(plane, organization, { nowMs, most }))),
  );
  const known = new Map(last?.drifts.map(({ organization, driftMicroUsd }) => [organization, driftMicroUsd]));
  const found = driftsOf(compared);
  // An organization that is gone, or that could not be read, has not been compared: the former is forgotten, the latter kept.
  const kept = (last?.drifts ?? []).filter(
    ({ organization }) => !compared.has(organization) && organizations.includes(organization),
  );
  await putLedgerReport(control, reportOf(plane.region, nowMs, [...found, ...kept]));
  return found.filter(({ organization, driftMicroUsd }) => known.get(organization) !== driftMicroUsd);
}

function driftsOf(compared: ReadonlyMap<string, number>): MeterDrift[] {
  return [...compared].flatMap(([organization, driftMicroUsd]) =>
    driftMicroUsd === 0 ? [] : [{ organization, driftMicroUsd }],
  );
}

function reportOf(region: string, nowMs: number, drifts: readonly MeterDrift[]): LedgerReport {
  return { region, comparedAt: new Date(nowMs).toISOString(), drifts: drifts.slice(0, rememberedDrifts) };
}

/** Whether its minute of the day has come since; a day without a run makes everybody due. */
function isDue(organization: string, lastMs: number, nowMs: number): boolean {
  const turn = Number.parseInt(hash('sha256', organization).slice(0, 8), 16) % minutesPerDay;
  const today = Math.floor(nowMs / dayMs) * dayMs + turn * minuteMs;
  return (today <= nowMs ? today : today - dayMs) > lastMs;
}

/** Zero also where it cannot be told because requests are under way. */
async function driftOf(
  plane: DataPlane,
  organization: string,
  { nowMs, most }: { nowMs: number; most: number },
): Promise<number> {
  // The sums first: what they count was written together with the charge, so that a meter read later has it or still holds for it.
  const summed = await sumOfUsage(plane, organization, most);
  const meter = await getMeter({ store: plane.store, table: plane.tables.meter }, organizationMeterId(organization));
  const spent = meter === undefined ? 0 : spentMicroUsd(meter);
  const held = meter === undefined ? 0 : totalHolds(meter.buckets).amountMicroUsd;
  // A hold is never below the charge it becomes.
  if (summed > spent + held) return spent + held - summed;
  return spent > summed && isQuiet(meter, nowMs) ? spent - summed : 0;
}

async function sumOfUsage({ store, tables }: DataPlane, organization: string, most: number): Promise<number> {
  let costMicroUsd = 0;
  let rows = 0;
  for await (const row of listUsage(store, tables.usage, organization, { from: '0', to: '9' })) {
    rows += 1;
    if (rows > most) throw new TooManySumsError(`an organization has more than ${most} sums of usage`);
    costMicroUsd += row.costMicroUsd;
  }
  return costMicroUsd;
}

/** Not compared, and said so by a fault each day: what is not looked at must not pass for what agrees. */
class TooManySumsError extends Error {
  override readonly name = 'TooManySumsError';
}

function isQuiet(meter: MeterItem | undefined, nowMs: number): boolean {
  if (meter === undefined) return true;
  const idleMinutes = Math.floor(nowMs / minuteMs) - meter.minute;
  return totalHolds(meter.buckets).count === 0 && idleMinutes > quietMinutes;
}
