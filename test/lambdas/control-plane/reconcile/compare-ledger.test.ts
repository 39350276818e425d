import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAttempts } from '../../../../lambdas/control-plane/reconcile/attempts.ts';
import { compareLedger } from '../../../../lambdas/control-plane/reconcile/compare-ledger.ts';
import { getLedgerReport } from '../../../../lambdas/store/control/ledger-report.ts';
import { adjustBalance, organizationMeterId } from '../../../../lambdas/store/meter-administration.ts';
import { type MeterStore, settleReservation } from '../../../../lambdas/store/meter.ts';
import { applyUsage, type UsageStore } from '../../../../lambdas/store/usage-rollup.ts';
import { createControlPlane, type TestControlPlane } from '../../../fixtures/control-plane.ts';
import { startTestStore, type TestStore } from '../../../fixtures/data-plane.ts';
import { claimOf, dayMs, hold, minuteMs, now, take } from '../../../fixtures/meters.ts';
import { entriesOf, recordOf } from '../../../fixtures/usage.ts';

let store: TestStore;
let plane: TestControlPlane;
let meters: MeterStore;
let usage: UsageStore;
let organizations = 0;

// Fresh ones for each test: who was compared when is remembered.
beforeEach(async () => {
  store = await startTestStore();
  plane = createControlPlane([store]);
  meters = { store: store.store, table: store.tables.meter };
  usage = { store: store.store, table: store.tables.usage };
});

afterEach(() => store.close());

const newOrganization = (): string => `org_ledger_${(organizations += 1)}`;
const later = now + 60 * minuteMs;

/** A request that cost `charged` on the meter, and `recorded` in the sums. */
async function request(organization: string, charged: number, recorded: number): Promise<void> {
  const reservation = await take(meters, claimOf({ id: organizationMeterId(organization) }), hold(100));
  await settleReservation(meters, reservation, hold(charged), now);
  const entries = entriesOf([recordOf({ organization, costMicroUsd: recorded, key: `k${Math.random()}` }, now)]);
  await applyUsage(usage, entries[0]!.shard, entries);
}

async function compare(given: readonly string[], nowMs = later) {
  const attempts = createAttempts(plane.deps.logger);
  const found = await compareLedger(plane.deps, home(), { organizations: given, nowMs, attempts });
  expect(attempts.failures()).toBe(0);
  return found;
}

const home = () => plane.deps.dataPlanes[0];

describe('compareLedger', () => {
  test('finds nothing where meter and records agree, adjustments and other days included', async () => {
    const organization = newOrganization();
    await request(organization, 30, 30);
    await request(organization, 12, 12);
    await adjustBalance(meters, organization, { id: 'adj_1', amountMicroUsd: 5_000 });

    const found = await compare([organization, newOrganization()]);

    expect(found).toEqual([]);
  });

  test.each([
    ['a charge that is missing on the meter', 20, 30, -10],
    ['a record that is missing', 30, 18, 12],
  ])('finds %s to the micro-dollar', async (_what, charged, recorded, driftMicroUsd) => {
    const organization = newOrganization();
    await request(organization, charged, recorded);

    const found = await compare([organization]);

    expect(found).toEqual([{ organization, driftMicroUsd }]);
  });

  test('finds a meter that is gone', async () => {
    const organization = newOrganization();
    await request(organization, 25, 25);
    await store.store.deleteItem({
      TableName: meters.table,
      Key: { pk: { S: organizationMeterId(organization) } },
    });

    const found = await compare([organization]);

    expect(found).toEqual([{ organization, driftMicroUsd: -25 }]);
  });

  test('takes requests under way for what they may become, and no more', async () => {
    const [charging, overdue] = [newOrganization(), newOrganization()];
    for (const organization of [charging, overdue]) await request(organization, 10, 10);
    await take(meters, claimOf({ id: organizationMeterId(charging) }), hold(40));
    await take(meters, claimOf({ id: organizationMeterId(overdue) }), hold(40));
    const recordedFirst = (organization: string, costMicroUsd: number) =>
      applyUsage(usage, 'shard-2', entriesOf([recordOf({ organization, costMicroUsd, key: 'late' }, now)], 'shard-2'));
    await Promise.all([recordedFirst(charging, 40), recordedFirst(overdue, 41)]);

    const found = await compare([charging, overdue], now + minuteMs);

    expect(found).toEqual([{ organization: overdue, driftMicroUsd: -1 }]);
  });

  test('waits for records of the last ten minutes before it misses one', async () => {
    const organization = newOrganization();
    await request(organization, 30, 18);

    const soon = await compare([organization], now + 9 * minuteMs);
    const quiet = await compare([organization], now + dayMs);

    expect([soon, quiet]).toEqual([[], [{ organization, driftMicroUsd: 12 }]]);
  });

  test('compares each organization once a day, and reports a drift when it is new or has changed', async () => {
    const organization = newOrganization();
    await request(organization, 20, 30);
    const first = await compare([organization]);
    const quarterHours = Array.from({ length: 96 }, (_, index) => later + (index + 1) * 15 * minuteMs);

    const again = [];
    for (const nowMs of quarterHours) again.push(...(await compare([organization], nowMs)));
    await request(organization, 20, 25);
    const changed = [];
    for (const nowMs of quarterHours) changed.push(...(await compare([organization], nowMs + dayMs)));

    expect(first).toEqual([{ organization, driftMicroUsd: -10 }]);
    expect(again).toEqual([]);
    expect(changed).toEqual([{ organization, driftMicroUsd: -15 }]);
    const report = await getLedgerReport(plane.deps.control, home().region);
    expect(report?.drifts).toEqual([{ organization, driftMicroUsd: -15 }]);
  });

  test('reports a drift that appears with the first run after the minute of its organization', async () => {
    const organization = newOrganization();
    await compare([organization]);
    await request(organization, 20, 30);

    const found = [];
    for (let nowMs = later + 15 * minuteMs; nowMs <= later + dayMs; nowMs += 15 * minuteMs) {
      found.push(...(await compare([organization], nowMs)));
    }

    expect(found).toEqual([{ organization, driftMicroUsd: -10 }]);
  });

  test('gives up on an organization with too many sums, says so, and compares the others', async () => {
    const [many, other] = [newOrganization(), newOrganization()];
    for (const cost of [1, 2, 3]) await request(many, cost, cost + 1);
    await request(other, 20, 30);
    const attempts = createAttempts(plane.deps.logger);

    const options = { organizations: [many, other], nowMs: later, attempts, most: 2 };
    const found = await compareLedger(plane.deps, home(), options);
    const report = await getLedgerReport(plane.deps.control, home().region);

    expect(found).toEqual([{ organization: other, driftMicroUsd: -10 }]);
    expect(attempts.failures()).toBe(1);
    // The next run does not begin with it again.
    expect(report?.comparedAt).toBe(new Date(later).toISOString());
  });

  test('forgets an organization that is gone', async () => {
    const organization = newOrganization();
    await request(organization, 20, 30);
    await compare([organization]);

    await compare([newOrganization()], later + dayMs);

    const report = await getLedgerReport(plane.deps.control, home().region);
    expect(report?.drifts).toEqual([]);
  });
});
