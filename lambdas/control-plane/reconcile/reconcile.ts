import { type EndpointReport, putEndpointReport } from '../../store/control/endpoint-report.ts';
import type { MeterDrift } from '../../store/control/ledger-report.ts';
import type { OrganizationRecord } from '../../store/control/organization.ts';
import { sweepMeters } from '../../store/meter.ts';
import type { ControlPlaneDependencies } from '../admin/dependencies.ts';
import { inBatches } from '../publication/in-batches.ts';
import { type Attempts, createAttempts } from './attempts.ts';
import { compareLedger } from './compare-ledger.ts';
import { continueErasures } from './continue-erasures.ts';
import { readOrganizations, readWorkspaces } from './each-tenant.ts';
import { type CredentialPlace, endRotation, providersWithSecrets } from './end-rotation.ts';
import { mendOrganization } from './mend-tenants.ts';
import { mendCatalog } from './mend-workspace.ts';
import { forgetOldAdjustments } from './old-adjustments.ts';
import { removeForeignMeter, removeForeignPolicy } from './remove-foreign.ts';
import { type Survey, surveyDataPlane } from './survey.ts';

export type ReconcileDependencies = Pick<ControlPlaneDependencies, 'control' | 'dataPlanes' | 'logger' | 'now'>;

export interface ReconcileReport {
  /** One for each data plane, as stored. */
  readonly endpoints: readonly EndpointReport[];
  /** Credentials of which secrets that are out of use were deleted. */
  readonly rotationsEnded: number;
  /** Meters that got holds of dead processes back. */
  readonly metersSwept: number;
  /** Organizations whose meter was found to disagree with their request records, where that is new or has changed. */
  readonly meterDrifts: readonly (MeterDrift & { readonly region: string })[];
  /** Pieces of work that failed; each is in the log, and comes up again in the next run. */
  readonly failures: number;
}

/**
 * Compares every data plane with `control` and mends what is different, goes on with erasures and rotations, and returns ended
 * holds (docs/publication.md). Safe beside admin calls and beside another run: every write is bound to a version.
 *
 * @throws StoreError when `control` cannot be read.
 */
export async function reconcile(dependencies: ReconcileDependencies, nowMs: number): Promise<ReconcileReport> {
  const deps = { ...dependencies, now: () => nowMs };
  const attempts = createAttempts(deps.logger);
  const organizations = await readOrganizations(deps.control);
  const surveys = await surveyAll(deps, attempts);

  const active = organizations.filter(({ status }) => status === 'active');
  await inBatches(active, async (organization) => {
    if (await attempts.run(() => mendOrganization(deps, surveys, organization, attempts))) return;
    for (const { counts } of surveys) counts.failed = true;
  });
  let metersSwept = 0;
  for (const survey of surveys) {
    const mended = await attempts.run(() => mendCatalog(deps, survey));
    const cleared = await removeForeign(deps, survey, organizations, attempts);
    const swept = await attempts.run(async () => {
      const meters = { store: survey.plane.store, table: survey.plane.tables.meter };
      metersSwept += await sweepMeters(meters, nowMs);
    });
    if (!mended || !cleared || !swept) survey.counts.failed = true;
  }
  const home = surveys.find(({ plane }) => plane === deps.dataPlanes[0]);
  if (home !== undefined) await attempts.run(() => forgetOldAdjustments(deps, home, nowMs));

  // Before the erasures: those of large tenants can take all the time a run has.
  const endpoints = deps.dataPlanes.map((plane) => reportOf(plane.region, surveys, nowMs));
  for (const report of endpoints) await attempts.run(() => putEndpointReport(deps.control, report));

  // What has to happen at every data plane is not begun while one of them cannot be reached.
  const complete = surveys.length === deps.dataPlanes.length;
  const rotationsEnded = complete ? await endRotations(deps, active, attempts) : 0;
  for (const organization of complete ? organizations : []) {
    await attempts.run(() => continueErasures(deps, organization, attempts));
  }
  // Last, since it mends nothing: what it reads grows with what tenants call.
  const meterDrifts = await compareLedgers(deps, surveys, { organizations: active, nowMs, attempts });
  return { endpoints, rotationsEnded, metersSwept, meterDrifts, failures: attempts.failures() };
}

/** The data planes that can be read. */
async function surveyAll({ dataPlanes }: ReconcileDependencies, attempts: Attempts): Promise<Survey[]> {
  const surveys: Survey[] = [];
  await Promise.all(dataPlanes.map((plane) => attempts.run(async () => surveys.push(await surveyDataPlane(plane)))));
  return surveys;
}

/** Says whether all of it went well. */
async function removeForeign(
  deps: ReconcileDependencies,
  survey: Survey,
  organizations: readonly OrganizationRecord[],
  attempts: Attempts,
): Promise<boolean> {
  // An empty table is more likely the wrong table, or one that is being restored, than the end of every tenant.
  if (organizations.length === 0) return true;
  const before = attempts.failures();
  for (const id of survey.policies.keys()) {
    if (!survey.expected.has(id)) await attempts.run(() => removeForeignPolicy(deps, survey, id));
  }
  for (const id of survey.meters.keys()) {
    if (!survey.expected.has(id)) await attempts.run(() => removeForeignMeter(deps, survey, id));
  }
  return attempts.failures() === before;
}

async function compareLedgers(
  deps: ReconcileDependencies,
  surveys: readonly Survey[],
  { organizations, nowMs, attempts }: { organizations: OrganizationRecord[]; nowMs: number; attempts: Attempts },
): Promise<ReconcileReport['meterDrifts']> {
  const ids = organizations.map(({ id }) => id);
  const found: (MeterDrift & { readonly region: string })[] = [];
  for (const { plane } of surveys) {
    await attempts.run(async () => {
      const drifts = await compareLedger(deps, plane, { organizations: ids, nowMs, attempts });
      for (const drift of drifts) {
        const where = { region: plane.region, ...drift };
        found.push(where);
        deps.logger.drift({ createdAt: new Date(nowMs).toISOString(), ...where });
      }
    });
  }
  return found;
}

async function endRotations(
  deps: ReconcileDependencies,
  organizations: readonly OrganizationRecord[],
  attempts: Attempts,
): Promise<number> {
  let ended = 0;
  const endAt = async (place: CredentialPlace): Promise<void> => {
    for (const provider of await providersWithSecrets(deps, place)) {
      await attempts.run(async () => {
        if (await endRotation(deps, place, provider)) ended += 1;
      });
    }
  };
  await attempts.run(() => endAt({ kind: 'platform' }));
  await inBatches(organizations, ({ id }) =>
    attempts.run(async () => {
      for (const { id: workspace, status } of await readWorkspaces(deps.control, id)) {
        if (status === 'active') await endAt({ kind: 'workspace', organization: id, workspace });
      }
    }),
  );
  return ended;
}

function reportOf(region: string, surveys: readonly Survey[], nowMs: number): EndpointReport {
  const survey = surveys.find(({ plane }) => plane.region === region);
  const comparedAt = new Date(nowMs).toISOString();
  if (survey === undefined)
    return { region, status: 'unreachable', items: 0, missing: 0, stale: 0, foreign: 0, comparedAt };
  const { failed, ...counts } = survey.counts;
  const drifted = counts.missing + counts.stale + counts.foreign > 0;
  return { region, status: failed ? 'unreachable' : drifted ? 'repaired' : 'fresh', ...counts, comparedAt };
}
