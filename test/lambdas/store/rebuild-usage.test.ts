import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StoreClient } from '../../../lambdas/store/client.ts';
import { rebuildUsageOfDay } from '../../../lambdas/store/rebuild-usage.ts';
import { putRequestRecord, type RequestRecord } from '../../../lambdas/store/request-record.ts';
import { applyUsage } from '../../../lambdas/store/usage-rollup.ts';
import { startTestStore, type TestStore } from '../../fixtures/data-plane.ts';
import { day, entriesOf, noon, recordOf, usageOf } from '../../fixtures/usage.ts';

let store: TestStore;

beforeAll(async () => {
  store = await startTestStore();
});

afterAll(() => store.close());

const shard = 'shardId-1';
const put = (record: RequestRecord) => putRequestRecord(store.store, store.tables.requests, record);
const apply = (records: readonly RequestRecord[], from = 1) =>
  applyUsage({ store: store.store, table: store.tables.usage }, shard, entriesOf(records, shard, from));
const rebuild = (organization: string, client: StoreClient = store.store) =>
  rebuildUsageOfDay(client, store.tables, organization, day);

/** Records of one organization and day, put into the table. */
async function putRecords(...changes: Partial<RequestRecord>[]): Promise<RequestRecord[]> {
  const { organization } = recordOf();
  const records = changes.map((change, index) => recordOf({ organization, ...change }, noon + index));
  await Promise.all(records.map(put));
  return records;
}

test('makes the sums of a day that has none', async () => {
  const [record] = await putRecords({ model: 'a' }, { model: 'a', costMicroUsd: 3 }, { model: 'b', status: 500 });
  const { organization } = record!;
  await put(recordOf({ organization }, noon + 86_400_000));

  const outcome = await rebuild(organization);

  expect(outcome).toEqual({ replaced: 2, kept: 0 });
  expect(await usageOf(store, organization, '2026-11-01', '2026-11-30')).toMatchObject([
    { day, model: 'a', requests: 2, costMicroUsd: 10, failedRequests: 0 },
    { day, model: 'b', requests: 1, costMicroUsd: 7, failedRequests: 1 },
  ]);
});

test('replaces a sum that lacks records and touches none that is right', async () => {
  const [first, second, other] = (await putRecords({}, {}, { model: 'other' })) as [
    RequestRecord,
    RequestRecord,
    RequestRecord,
  ];
  await apply([first]);
  await apply([other]);

  const outcome = await rebuild(first.organization);

  expect(outcome).toEqual({ replaced: 1, kept: 0 });
  expect(await usageOf(store, second.organization)).toMatchObject([{ requests: 2 }, { model: 'other', requests: 1 }]);
});

test('replaces a sum of as many requests but another cost', async () => {
  const [record] = await putRecords({ costMicroUsd: 10 });
  await apply([{ ...record!, costMicroUsd: 9 }]);

  await rebuild(record!.organization);

  expect(await usageOf(store, record!.organization)).toMatchObject([{ requests: 1, costMicroUsd: 10 }]);
});

test('leaves what a replay brings out of the rebuilt sum', async () => {
  const [first, second] = (await putRecords({}, {})) as [RequestRecord, RequestRecord];
  await apply([second], 2);

  await rebuild(first.organization);
  await apply([first, second]);

  expect(await usageOf(store, first.organization)).toMatchObject([{ requests: 2 }]);
});

test('counts records past their retention that the table still has', async () => {
  const [record] = await putRecords({ expiresAt: noon / 1000 }, { expiresAt: noon / 1000 + 86_400 });

  await rebuild(record!.organization);

  expect(await usageOf(store, record!.organization)).toMatchObject([{ requests: 2 }]);
});

test('never lowers a sum, since records expire and sums do not', async () => {
  const [left] = await putRecords({ model: 'a' });
  const { organization } = left!;
  await apply([left!, recordOf({ organization, model: 'a' })]);
  await apply([recordOf({ organization, model: 'b' })]);

  const outcome = await rebuild(organization);

  expect(outcome).toEqual({ replaced: 0, kept: 2 });
  expect(await usageOf(store, organization)).toMatchObject([
    { model: 'a', requests: 2 },
    { model: 'b', requests: 1 },
  ]);
});

test.each([{ rolledUp: 0 }, { rolledUp: 1 }])(
  'is refused when the stream adds to a sum meanwhile, $rolledUp before',
  async ({ rolledUp }) => {
    const records = await putRecords({}, {});
    const { organization } = records[0]!;
    if (rolledUp > 0) await apply(records.slice(0, rolledUp));
    const racing: StoreClient = {
      ...store.store,
      async updateItem(input) {
        await apply(records);
        return store.store.updateItem(input);
      },
    };

    const outcome = rebuild(organization, racing);

    await expect(outcome).rejects.toMatchObject({ kind: 'condition-failed' });
    expect(await usageOf(store, organization)).toMatchObject([{ requests: 2 }]);
  },
);
