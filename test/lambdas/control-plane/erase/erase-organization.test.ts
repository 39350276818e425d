import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eraseOrganization } from '../../../../lambdas/control-plane/erase/erase-organization.ts';
import { type StoreClient, StoreError } from '../../../../lambdas/store/client.ts';
import { getOrganization, type OrganizationRecord } from '../../../../lambdas/store/control/organization.ts';
import { raiseMeterPolicyVersion } from '../../../../lambdas/store/meter-administration.ts';
import { getMeter, settleReservation } from '../../../../lambdas/store/meter.ts';
import { listRequestRecords, putRequestRecord } from '../../../../lambdas/store/request-record.ts';
import {
  createControlPlane,
  createFullTenant,
  createKeyRecord,
  createWorkspaceRecord,
  dumpTables,
  requestRecordOf,
  storeCredential,
} from '../../../fixtures/control-plane.ts';
import { createCrashingWrites } from '../../../fixtures/crashing-writes.ts';
import { startTestStore, type TestStore } from '../../../fixtures/data-plane.ts';
import { claimOf, hold, take } from '../../../fixtures/meters.ts';

let stores: [TestStore, TestStore];

beforeAll(async () => {
  stores = [await startTestStore(), await startTestStore()];
});

afterAll(async () => {
  for (const store of stores) await store.close();
});

const soon = (): number => Date.now() + 60_000;

/** The store as it is for whoever waits until something of this kind is about to be deleted for the first time. */
function interruptedBefore(store: StoreClient, sortKey: RegExp, act: () => Promise<unknown>): StoreClient {
  let done = false;
  return {
    ...store,
    async deleteItem(input) {
      const isNow = !done && sortKey.test(input.Key?.['sk']?.S ?? '');
      done ||= isNow;
      if (isNow) await act();
      return store.deleteItem(input);
    },
  };
}

/** Everything but what stays of an erased organization for two days: its id and dates. */
async function dumpWithoutTombstones(): Promise<unknown[]> {
  return (await dumpTables(stores)).filter((item) => !JSON.stringify(item).includes('\\"status\\":\\"deleted\\"'));
}

describe('erasing an organization', () => {
  test('leaves nothing of it in any table of any region, and every other tenant as it was', async () => {
    const { deps } = createControlPlane(stores);
    await createFullTenant(deps);
    const before = await dumpWithoutTombstones();
    const organization = await createFullTenant(deps);
    const full = await dumpTables(stores);

    const erasure = await eraseOrganization(deps, organization.id, soon());

    expect(erasure).toBe('erased');
    expect(await dumpWithoutTombstones()).toEqual(before);
    expect(full.length).toBeGreaterThan(before.length + 50);
  });

  test('takes a workspace, too, that a call which died has made meanwhile', async () => {
    const { deps } = createControlPlane(stores);
    const untouched = await dumpWithoutTombstones();
    const { id } = await createFullTenant(deps);
    // Its members go once all workspaces that were there are erased.
    const late = (store: StoreClient): StoreClient =>
      interruptedBefore(store, /^member#/, async () => {
        const workspace = await createWorkspaceRecord(deps, id);
        await createKeyRecord(deps, workspace);
        await storeCredential(deps, workspace, 'openai', 1);
      });
    const { deps: interrupted } = createControlPlane(stores, { wrap: late });

    await eraseOrganization(interrupted, id, soon());

    expect(await dumpWithoutTombstones()).toEqual(untouched);
  });

  test('takes the meter, too, that a call which lost against it has made anew', async () => {
    const { deps } = createControlPlane(stores);
    const { id } = await createFullTenant(deps);
    const late = (store: StoreClient): StoreClient =>
      interruptedBefore(store, /^member#/, () =>
        Promise.all(stores.map(({ meters }) => raiseMeterPolicyVersion(meters, `org#${id}`, 1000))),
      );

    await eraseOrganization(createControlPlane(stores, { wrap: late }).deps, id, soon());

    expect(await Promise.all(stores.map(({ meters }) => getMeter(meters, `org#${id}`)))).toEqual([
      undefined,
      undefined,
    ]);
  });

  test('keeps its id and dates only, marked as deleted', async () => {
    const { deps } = createControlPlane(stores);
    const organization = await createFullTenant(deps);

    await eraseOrganization(deps, organization.id, soon());

    const { value } = (await getOrganization(deps.control, organization.id))!;
    expect(value).toEqual({
      id: organization.id,
      name: '',
      billing: 'postpaid',
      retentionDays: 1,
      zeroRetention: false,
      status: 'deleted',
      createdAt: organization.createdAt,
      updatedAt: expect.any(String) as string,
    });
  });

  test('says so when there is nothing to erase any more', async () => {
    const { deps } = createControlPlane(stores);
    const organization = await createFullTenant(deps);
    await eraseOrganization(deps, organization.id, soon());

    const again = await eraseOrganization(deps, organization.id, soon());
    const unknown = await eraseOrganization(deps, 'org_unknown', soon());

    expect([again, unknown]).toEqual(['erased', 'erased']);
  });

  test('stops at its deadline, out of force already, and is completed by the same call', async () => {
    const { deps } = createControlPlane(stores);
    const before = await dumpWithoutTombstones();
    const organization = await createFullTenant(deps);

    const late = await eraseOrganization(deps, organization.id, Date.now() - 1);
    const policies = await stores[1].store.scan({ TableName: stores[1].tables.policy });
    const inTime = await eraseOrganization(deps, organization.id, soon());

    expect(late).toBe('busy');
    expect(JSON.stringify(policies.Items)).not.toContain(organization.id);
    expect(inTime).toBe('erased');
    expect(await dumpWithoutTombstones()).toEqual(before);
  });
});

describe('a request under way while its organization is erased', () => {
  test('keeps its meter and the records of its day until it is settled', async () => {
    const { deps } = createControlPlane(stores);
    const before = await dumpWithoutTombstones();
    const organization = await createFullTenant(deps);
    const [, { meters, store, tables }] = stores;
    const reservation = await take(meters, claimOf({ id: `org#${organization.id}` }), hold(50), Date.now());

    const during = await eraseOrganization(deps, organization.id, soon());
    const meter = await getMeter(meters, `org#${organization.id}`);
    await settleReservation(meters, reservation, hold(14), Date.now());
    await putRequestRecord(store, tables.requests, requestRecordOf({ organization: organization.id }));
    const after = await eraseOrganization(deps, organization.id, soon());

    expect(during).toBe('busy');
    expect(meter).toMatchObject({ inflight: 1 });
    expect(after).toBe('erased');
    expect(await dumpWithoutTombstones()).toEqual(before);
  });

  test('does not keep the records of earlier days', async () => {
    const { deps } = createControlPlane(stores);
    const organization = await createFullTenant(deps);
    const [, { meters, store, tables }] = stores;
    const reservation = await take(meters, claimOf({ id: `org#${organization.id}` }), hold(50), Date.now());

    await eraseOrganization(deps, organization.id, soon());

    const recordsOf = async (daysAgo: number): Promise<number> => {
      const day = new Date(Date.now() - daysAgo * 86_400_000).toISOString().slice(0, 10);
      const query = { organization: organization.id, day, limit: 100, filter: {} };
      return (await listRequestRecords(store, tables.requests, query, Date.now())).records.length;
    };
    expect([await recordsOf(0), await recordsOf(3)]).toEqual([4, 0]);
    await settleReservation(meters, reservation, hold(0), Date.now());
  });

  test('does not hold it up when its process died and its hold has ended', async () => {
    const { deps } = createControlPlane(stores);
    const organization = await createFullTenant(deps);
    const hourAgo = Date.now() - 3_600_000;
    await take(stores[0].meters, claimOf({ id: `org#${organization.id}` }), hold(50), hourAgo);

    expect(await eraseOrganization(deps, organization.id, soon())).toBe('erased');
  });
});

describe('an erasure that dies', () => {
  test('at any of its writes is completed by the same call', { timeout: 180_000 }, async () => {
    const crashes = createCrashingWrites();
    const { deps } = createControlPlane(stores, { wrap: crashes.wrap });
    const before = await dumpWithoutTombstones();
    const results: { write: number; outcome: string; left: unknown[] }[] = [];
    let organization: OrganizationRecord | undefined;

    for (let write = 1; ; write += stride(write)) {
      organization = await createFullTenant(deps);
      crashes.crashAt(write, write % 2 === 0);
      await eraseOrganization(deps, organization.id, soon()).catch(() => undefined);
      if (!crashes.recover()) break;
      const outcome = await eraseOrganization(deps, organization.id, soon());
      const left = await dumpWithoutTombstones();
      results.push({ write, outcome, left: left.length === before.length ? [] : left.slice(before.length) });
    }

    expect(results.length).toBeGreaterThan(25);
    expect(results.filter(({ outcome, left }) => outcome !== 'erased' || left.length > 0)).toEqual([]);
    expect(await dumpWithoutTombstones()).toEqual(before);
  });
});

/** Dies right after the first deletion of an item of this kind. */
function dyingAfter(store: StoreClient, sortKey: RegExp): StoreClient {
  let dead = false;
  return {
    ...store,
    async deleteItem(input) {
      if (dead) throw new StoreError('unavailable', 'the process is gone');
      const answer = await store.deleteItem(input);
      dead = sortKey.test(`${input.Key?.['pk']?.S} / ${input.Key?.['sk']?.S}`);
      if (dead) throw new StoreError('rejected', 'the process is gone');
      return answer;
    },
  };
}

test.each([
  { kind: 'a member', deleted: / \/ member#/ },
  { kind: 'the way back from an identity', deleted: /^identity#/ },
  { kind: 'a key', deleted: / \/ key#/ },
  { kind: 'a location', deleted: / \/ location$/ },
  { kind: 'a workspace', deleted: / \/ workspace#/ },
  { kind: 'a name', deleted: / \/ name#/ },
  { kind: 'a sealed secret', deleted: / \/ openai#/ },
])('an erasure that dies after it has deleted $kind is completed by the same call', async ({ deleted }) => {
  const { deps } = createControlPlane(stores);
  const before = await dumpWithoutTombstones();
  const { id } = await createFullTenant(deps);
  const { deps: dying } = createControlPlane(stores, { wrap: (store) => dyingAfter(store, deleted) });

  const died = eraseOrganization(dying, id, soon());
  await expect(died).rejects.toThrow();
  const erasure = await eraseOrganization(deps, id, soon());

  expect(erasure).toBe('erased');
  expect(await dumpWithoutTombstones()).toEqual(before);
});

/** Every write of the beginning, where each is another step; then not each of the many that are alike. */
function stride(write: number): number {
  return write < 20 ? 1 : 7;
}
