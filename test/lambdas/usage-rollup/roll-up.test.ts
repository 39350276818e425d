import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StoreClient } from '../../../lambdas/store/client.ts';
import { getServedVersion } from '../../../lambdas/store/credential-use.ts';
import type { RequestRecord } from '../../../lambdas/store/request-record.ts';
import { rollUp } from '../../../lambdas/usage-rollup/roll-up.ts';
import { startTestStore, type TestStore } from '../../fixtures/data-plane.ts';
import { entriesOf, failingAtUpdate, recordOf, rollUpDependencies, total, usageOf } from '../../fixtures/usage.ts';

let store: TestStore;

beforeAll(async () => {
  store = await startTestStore();
});

afterAll(() => store.close());

/** Records of one organization over five models and two keys, each of another cost. */
function recordsOf(count: number): RequestRecord[] {
  const organization = randomUUID();
  return Array.from({ length: count }, (_, at) =>
    recordOf({ organization, model: `m${at % 5}`, key: `k${at % 2}`, costMicroUsd: 1 + at * at }),
  );
}

async function expectExactly(records: readonly RequestRecord[]): Promise<void> {
  const rows = await usageOf(store, records[0]!.organization);
  expect(total(rows)).toBe(total(records));
  expect(rows.reduce((sum, row) => sum + row.requests, 0)).toBe(records.length);
}

describe('rolling up', () => {
  test('adds each record to the sum of its dimensions', async () => {
    const { organization } = recordOf();
    const changes = [{}, { workspace: 'x' }, { key: 'x' }, { provider: 'x' }, { model: 'x' }, {}];
    const records = changes.map((change) => recordOf({ organization, ...change }));

    await rollUp(entriesOf(records), rollUpDependencies(store));

    const rows = await usageOf(store, organization);
    expect(rows.map(({ requests }) => requests).toSorted((one, other) => one - other)).toEqual([1, 1, 1, 1, 2]);
  });

  test('keeps organizations and days apart', async () => {
    const [one, other] = [recordOf(), recordOf()];
    const later = recordOf({ organization: one.organization }, Date.parse('2026-11-19T00:00:00Z'));

    await rollUp(entriesOf([one, other, later]), rollUpDependencies(store));

    const rows = await usageOf(store, one.organization, '2026-11-18', '2026-11-19');
    expect(rows.map(({ day, requests }) => [day, requests])).toEqual([
      ['2026-11-18', 1],
      ['2026-11-19', 1],
    ]);
    expect(await usageOf(store, other.organization)).toMatchObject([{ requests: 1 }]);
  });

  test('keeps shards of one batch apart', async () => {
    const record = recordOf();
    const entries = ['shardId-1', 'shardId-2'].flatMap((shard) => entriesOf([record], shard));

    await rollUp(entries, rollUpDependencies(store));

    expect(await usageOf(store, record.organization)).toMatchObject([{ requests: 2 }]);
  });

  test('is exact for 200 records in one batch', async () => {
    const records = recordsOf(200);

    await rollUp(entriesOf(records), rollUpDependencies(store));

    await expectExactly(records);
  });

  test('is exact for 200 records of four shards that come at the same time, each batch twice', async () => {
    const records = recordsOf(200);
    const shards = [0, 1, 2, 3].map((nth) => entriesOf(records.slice(nth * 50, nth * 50 + 50), `shardId-${nth}`));

    await Promise.all([...shards, ...shards].map((entries) => rollUp(entries, rollUpDependencies(store))));

    await expectExactly(records);
  });

  test('is exact when batches come again, overlap, or come in halves', async () => {
    const records = recordsOf(20);
    const entries = entriesOf(records);
    const batches = [
      entries.slice(0, 8),
      entries.slice(0, 8),
      entries.slice(4, 12),
      entries.slice(0, 12),
      entries.slice(8, 14),
      entries.slice(14, 20),
      entries,
    ];

    for (const batch of batches) await rollUp(batch, rollUpDependencies(store));

    await expectExactly(records);
  });

  test('leaves nothing behind when it fails: all its writes have ended', async () => {
    const records = recordsOf(20);
    let underWay = 0;
    const writing = Promise.withResolvers<void>();
    const failing: StoreClient = {
      ...store.store,
      async updateItem(input) {
        if (input.Key?.['sk']?.S?.endsWith('m0') === true) {
          await writing.promise;
          throw new Error('refused while another is writing');
        }
        underWay += 1;
        writing.resolve();
        const output = await store.store.updateItem(input);
        underWay -= 1;
        return output;
      },
    };

    await expect(rollUp(entriesOf(records), rollUpDependencies(store, failing))).rejects.toThrow('refused');

    expect(underWay).toBe(0);
  });

  describe.each([{ applied: false }, { applied: true }])(
    'when its process dies at a write (applied: $applied)',
    ({ applied }) => {
      test.each([0, 1, 4, 9])('makes up for it when the batch comes again: write %i', async (nth) => {
        const records = recordsOf(30);
        const entries = entriesOf(records);
        const dying = rollUpDependencies(store, failingAtUpdate(store.store, nth, applied));

        await expect(rollUp(entries, dying)).rejects.toMatchObject({ kind: 'unavailable' });
        await rollUp(entries.slice(0, 15), rollUpDependencies(store));
        await rollUp(entries.slice(15), rollUpDependencies(store));

        await expectExactly(records);
      });
    },
  );
});

describe('credential uses', () => {
  const used = (change: Partial<RequestRecord>): RequestRecord =>
    recordOf({ credentialOwner: 'workspace', credentialVersion: 1, workspace: randomUUID(), ...change });
  const served = ({ credentialOwner: owner = 'workspace', workspace, provider }: RequestRecord) =>
    getServedVersion({ store: store.store, table: store.tables.usage }, { owner, workspace, provider });

  test('the highest version that completed a request is remembered', async () => {
    const record = used({ credentialVersion: 4 });
    const records = [record, { ...record, credentialVersion: 5 }, { ...record, credentialVersion: 3 }];

    await rollUp(entriesOf(records), rollUpDependencies(store));

    expect(await served(record)).toBe(5);
  });

  test.each([
    'provider-refused',
    'provider-failed',
    'provider-failed-midstream',
    'caller-gone',
    'timed-out',
    'gateway-failed',
  ] as const)('a request that ended as %s proves nothing', async (ending) => {
    const record = used({ ending });

    await rollUp(entriesOf([record]), rollUpDependencies(store));

    expect(await served(record)).toBeUndefined();
  });

  test('a request without a credential leaves no trace', async () => {
    const { credentialOwner: _owner, credentialVersion: _version, ...record } = used({});

    await rollUp(entriesOf([record]), rollUpDependencies(store));

    expect(await served(record)).toBeUndefined();
  });

  test("the platform's and the workspace's own are told apart, also by a process that knows one of them", async () => {
    const own = used({ provider: randomUUID(), credentialVersion: 2 });
    const platform = { ...own, credentialOwner: 'platform' as const, credentialVersion: 1 };
    const deps = rollUpDependencies(store);

    await rollUp(entriesOf([own]), deps);
    await rollUp(entriesOf([own, platform]), deps);

    expect([await served(own), await served(platform)]).toEqual([2, 1]);
  });

  test('a version known to be recorded is not written again, a higher one is', async () => {
    const record = used({});
    let writes = 0;
    const deps = rollUpDependencies(store, {
      ...store.store,
      updateItem(input) {
        if (input.Key?.['pk']?.S?.startsWith('credential#') === true) writes += 1;
        return store.store.updateItem(input);
      },
    });

    const versions = [1, 1, 2, 1];
    for (const [at, credentialVersion] of versions.entries()) {
      await rollUp(entriesOf([{ ...record, credentialVersion }], 'shardId-1', at), deps);
    }

    expect([writes, await served(record)]).toEqual([2, 2]);
  });

  test('a version whose write failed is written when the batch comes again', async () => {
    const record = used({});
    const deps = rollUpDependencies(store, failingAtUpdate(store.store, 1, false));
    await expect(rollUp(entriesOf([record]), deps)).rejects.toMatchObject({ kind: 'unavailable' });

    await rollUp(entriesOf([record]), { ...rollUpDependencies(store), servedVersions: deps.servedVersions });

    expect(await served(record)).toBe(1);
  });
});
