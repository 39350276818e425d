import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StoreClient } from '../../../lambdas/store/client.ts';
import { applyUsage, deleteUsage, sumUsage, type UsageEntry } from '../../../lambdas/store/usage-rollup.ts';
import { startTestStore, type TestStore } from '../../fixtures/data-plane.ts';
import { day, entriesOf, noon, recordOf, sequenceAt, usageOf } from '../../fixtures/usage.ts';

let store: TestStore;

beforeAll(async () => {
  store = await startTestStore();
});

afterAll(() => store.close());

const shard = 'shardId-00000001414576573621-f55eea83';
const apply = (entries: readonly UsageEntry[], from = shard, client: StoreClient = store.store) =>
  applyUsage({ store: client, table: store.tables.usage }, from, entries);

async function itemOf({ organization }: { organization: string }) {
  const { Items = [] } = await store.store.query({
    TableName: store.tables.usage,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': { S: `org#${organization}` } },
  });
  return Items;
}

describe('the sum of records', () => {
  test('adds every counter and counts failed and estimated requests', () => {
    const records = [
      recordOf(),
      recordOf({ status: 399, usageEstimated: true }),
      recordOf({ status: 400, costMicroUsd: 0 }),
    ];

    expect(sumUsage(records)).toEqual({
      requests: 3,
      failedRequests: 1,
      estimatedRequests: 1,
      inputTokens: 3,
      cacheReadInputTokens: 6,
      cacheWrite5mInputTokens: 9,
      cacheWrite1hInputTokens: 12,
      outputTokens: 15,
      reasoningTokens: 18,
      costMicroUsd: 14,
    });
  });
});

describe('applying usage', () => {
  test('makes a row of the dimensions and the sums', async () => {
    const record = recordOf({ model: 'vendor/some#model' });
    await apply(entriesOf([record]));

    const rows = await usageOf(store, record.organization);

    expect(rows).toEqual([
      {
        organization: record.organization,
        day,
        workspace: 'w',
        key: 'k',
        provider: 'sim',
        model: 'vendor/some#model',
        ...sumUsage([record]),
      },
    ]);
  });

  test('adds to what is there', async () => {
    const record = recordOf();
    await apply(entriesOf([record]));
    await apply(entriesOf([record, record], shard, 2));

    expect(await usageOf(store, record.organization)).toMatchObject([{ requests: 3, costMicroUsd: 21 }]);
  });

  test('counts a sequence number once, within a delivery and across deliveries', async () => {
    const record = recordOf();
    const [first, second] = entriesOf([record, record]) as [UsageEntry, UsageEntry];
    await apply([first, first]);
    await apply([first, second]);
    await apply([second]);

    expect(await usageOf(store, record.organization)).toMatchObject([{ requests: 2 }]);
  });

  test('remembers the highest of a delivery, not the last', async () => {
    const record = recordOf();
    const entries = entriesOf([record, record]);
    await apply(entries.toReversed());
    await apply(entries);

    expect(await usageOf(store, record.organization)).toMatchObject([{ requests: 2 }]);
  });

  test('compares sequence numbers as numbers, whatever their length', async () => {
    const record = recordOf();
    const [short, long] = [sequenceAt(9), sequenceAt(10)];
    expect(long.length).toBeGreaterThan(short.length);
    await apply(entriesOf([record], shard, 9));
    await apply(entriesOf([record], shard, 10));
    await apply(entriesOf([record], shard, 9));

    expect(await usageOf(store, record.organization)).toMatchObject([{ requests: 2 }]);
  });

  test('keeps the shards apart: a number seen in one is new in another', async () => {
    const record = recordOf();
    await apply(entriesOf([record]));
    await apply(entriesOf([record]), 'shardId-00000001414576573622-0c6d1b2a');
    await apply(entriesOf([record]), 'shardId-00000001414576573622-0c6d1b2a');

    expect(await usageOf(store, record.organization)).toMatchObject([{ requests: 2 }]);
  });

  test('remembers the sixteen newest shards, and those alone', async () => {
    const record = recordOf();
    for (let at = 1; at <= 20; at += 1) await apply(entriesOf([record], shard, at), `shardId-${at}`);

    const [item = {}] = await itemOf(record);
    const remembered = Object.keys(item).filter((name) => name.startsWith('seq_'));
    expect(remembered.toSorted()).toEqual(Array.from({ length: 16 }, (_, at) => `seq_${at + 5}`).toSorted());
    expect(item['requests']).toEqual({ N: '20' });
  });

  test('counts once when many deliver the same at the same time', async () => {
    const record = recordOf();
    const entries = entriesOf(Array.from({ length: 5 }, () => record));

    await Promise.all(Array.from({ length: 20 }, () => apply(entries)));

    expect(await usageOf(store, record.organization)).toMatchObject([{ requests: 5 }]);
  });

  test('leaves to the next attempt what somebody else added between its read and its write', async () => {
    const record = recordOf();
    let raced = false;
    const racing: StoreClient = {
      ...store.store,
      async updateItem(input) {
        if (!raced) {
          raced = true;
          await apply(entriesOf([record, record]));
        }
        return store.store.updateItem(input);
      },
    };

    await apply(entriesOf([record, record, record]), shard, racing);

    expect(await usageOf(store, record.organization)).toMatchObject([{ requests: 3 }]);
  });

  test('gives up, with an error that may be repeated, when others are always faster', async () => {
    const record = recordOf();
    let position = 0;
    const losing: StoreClient = {
      ...store.store,
      async updateItem(input) {
        position += 1;
        await apply(entriesOf([record], shard, position));
        return store.store.updateItem(input);
      },
    };

    const outcome = apply(entriesOf([record], shard, 1_000), shard, losing);

    await expect(outcome).rejects.toMatchObject({ name: 'StoreError', kind: 'unavailable' });
    expect(await usageOf(store, record.organization)).toMatchObject([{ requests: position }]);
  });

  test('writes nothing for no entries', async () => {
    const refusing = { ...store.store, getItem: () => Promise.reject(new Error('read')) };

    await expect(apply([], shard, refusing)).resolves.toBeUndefined();
  });

  test('stores dimensions, sums and sequence numbers and nothing else', async () => {
    const record = { ...recordOf({ errorCode: 'x', finishReason: 'stop' }), prompt: 'never stored' };
    await apply(entriesOf([record]));

    const [item = {}] = await itemOf(record);

    const dimensions = ['pk', 'sk', 'organization', 'day', 'workspace', 'key', 'provider', 'model'];
    const names = [...dimensions, ...Object.keys(sumUsage([])), 'seq_00000001414576573621_f55eea83'];
    expect(Object.keys(item).toSorted()).toEqual(names.toSorted());
  });
});

describe('listing usage', () => {
  test('gives whole days from first to last, in order, over every page, of one organization', async () => {
    const { organization } = recordOf();
    const days = [-2, -1, 0, 1, 2].map((shift) => noon + shift * 86_400_000);
    const records = days.flatMap((at) => ['a', '~z'].map((workspace) => recordOf({ organization, workspace }, at)));
    for (const record of records) await apply(entriesOf([record]));
    const paging: StoreClient = { ...store.store, query: (input) => store.store.query({ ...input, Limit: 1 }) };

    const rows = await usageOf({ ...store, store: paging }, organization, '2026-11-17', '2026-11-19');

    expect(rows.map(({ day: of, workspace }) => `${of} ${workspace}`)).toEqual([
      '2026-11-17 a',
      '2026-11-17 ~z',
      '2026-11-18 a',
      '2026-11-18 ~z',
      '2026-11-19 a',
      '2026-11-19 ~z',
    ]);
    expect(await usageOf(store, recordOf().organization)).toEqual([]);
  });
});

describe('deleting usage', () => {
  test('deletes every day of one organization and of no other', async () => {
    const [gone, other] = [recordOf(), recordOf()];
    const later = recordOf({ organization: gone.organization }, noon + 86_400_000);
    for (const record of [gone, later, other]) await apply(entriesOf([record]));

    const finished = await deleteUsage(store.store, store.tables.usage, gone.organization);

    expect(finished).toBe(true);
    expect(await itemOf(gone)).toEqual([]);
    expect(await usageOf(store, other.organization)).toHaveLength(1);
  });
});
