import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type StoreClient, StoreError } from '../../lambdas/store/client.ts';
import { getServedVersion } from '../../lambdas/store/credential-use.ts';
import { putRequestRecord, type RequestRecord } from '../../lambdas/store/request-record.ts';
import { createLogger, type LogLine } from '../../lambdas/telemetry/logger.ts';
import { createUsageFeed, type UsageFeed } from '../../local/usage-feed.ts';
import { startTestStore, type TestStore } from '../fixtures/data-plane.ts';
import { day, noon, recordOf, total, usageOf } from '../fixtures/usage.ts';

let store: TestStore;

beforeAll(async () => {
  store = await startTestStore();
});

afterAll(() => store.close());

function feedOf({ client = store.store, now = noon }: { client?: StoreClient; now?: number } = {}): UsageFeed & {
  lines: LogLine[];
} {
  const lines: LogLine[] = [];
  const logger = createLogger((line) => lines.push(line));
  return { ...createUsageFeed({ store: client, tables: store.tables, logger, now: () => now }), lines };
}

const put = (feed: { store: StoreClient }, record: RequestRecord) =>
  putRequestRecord(feed.store, store.tables.requests, record);

describe('the feed of usage', () => {
  test('rolls up what is put into the requests table', async () => {
    const record = recordOf({ credentialOwner: 'platform', credentialVersion: 2, provider: randomUUID() });
    const feed = feedOf();

    await put(feed, record);
    await feed.whenFed();

    const usage = { store: store.store, table: store.tables.usage };
    expect(await usageOf(store, record.organization)).toMatchObject([{ requests: 1, costMicroUsd: 7 }]);
    expect(await getServedVersion(usage, { owner: 'platform', workspace: '', provider: record.provider })).toBe(2);
  });

  test('is exact for 200 records put at the same time', async () => {
    const { organization } = recordOf();
    const records = Array.from({ length: 200 }, (_, at) =>
      recordOf({ organization, model: `m${at % 7}`, costMicroUsd: at * at }),
    );
    const feed = feedOf();

    await Promise.all(records.map((record) => put(feed, record)));
    await feed.whenFed();

    const rows = await usageOf(store, organization);
    expect(total(rows)).toBe(total(records));
    expect(rows).toHaveLength(7);
  });

  test('goes on in the next run, even after the clock was set back', async () => {
    const record = recordOf();
    for (const now of [noon, noon - 3_600_000]) {
      const feed = feedOf({ now });
      await put(feed, record);
      await feed.whenFed();
    }

    expect(await usageOf(store, record.organization)).toMatchObject([{ requests: 2 }]);
  });

  test('answers the put before it touches the sums', async () => {
    const calls: string[] = [];
    const client: StoreClient = {
      ...store.store,
      getItem(input) {
        calls.push('sum read');
        return store.store.getItem(input);
      },
    };
    const feed = feedOf({ client });

    await put(feed, recordOf());
    calls.push('put answered');
    await feed.whenFed();

    expect(calls).toEqual(['put answered', 'sum read']);
  });

  test('leaves other tables and failed puts alone', async () => {
    const record = recordOf();
    const failing = feedOf({
      client: { ...store.store, putItem: () => Promise.reject(new StoreError('rejected', 'no')) },
    });
    const elsewhere = feedOf();

    await expect(put(failing, record)).rejects.toThrow('no');
    await putRequestRecord(elsewhere.store, store.tables.control, record);
    await Promise.all([failing.whenFed(), elsewhere.whenFed()]);

    expect(await usageOf(store, record.organization)).toEqual([]);
  });

  test('logs a failure, fails no put, and goes on with the next', async () => {
    const { organization } = recordOf();
    let failed = false;
    const client: StoreClient = {
      ...store.store,
      async updateItem(input) {
        if (failed) return store.store.updateItem(input);
        failed = true;
        throw new StoreError('unavailable', 'no answer');
      },
    };
    const feed = feedOf({ client });

    await put(feed, recordOf({ organization }));
    await feed.whenFed();
    await put(feed, recordOf({ organization }));
    await feed.whenFed();

    expect(feed.lines).toMatchObject([{ type: 'fault', kind: 'usage-rollup-failed', error: 'StoreError' }]);
    expect(await usageOf(store, organization)).toMatchObject([{ requests: 1 }]);
  });

  test('has nothing to wait for when nothing was put', async () => {
    await expect(feedOf().whenFed()).resolves.toBeUndefined();
  });
});

describe('catching up', () => {
  test('rebuilds today and yesterday of the given organizations, and goes on from there', async () => {
    const [mine, other] = [randomUUID(), randomUUID()];
    const at = (organization: string, days: number) => recordOf({ organization }, noon + days * 86_400_000);
    const lost = [at(mine, 0), at(mine, -1), at(mine, -2), at(other, 0)];
    for (const record of lost) await put(store, record);
    const feed = feedOf();

    await feed.catchUp([mine]);
    await put(feed, at(mine, 0));
    await feed.whenFed();

    const rows = await usageOf(store, mine, '2026-11-16', day);
    expect(rows.map((row) => [row.day, row.requests])).toEqual([
      ['2026-11-17', 1],
      ['2026-11-18', 2],
    ]);
    expect(await usageOf(store, other)).toEqual([]);
  });

  test('logs a failure and does the rest', async () => {
    const [broken, whole] = [recordOf(), recordOf()];
    for (const record of [broken, whole]) await put(store, record);
    const client: StoreClient = {
      ...store.store,
      updateItem: (input) =>
        input.Key?.['pk']?.S?.includes(broken.organization) === true
          ? Promise.reject(new StoreError('unavailable', 'no answer'))
          : store.store.updateItem(input),
    };
    const feed = feedOf({ client });

    await feed.catchUp([broken.organization, whole.organization]);

    expect(feed.lines).toMatchObject([{ kind: 'usage-rollup-failed' }]);
    expect(await usageOf(store, whole.organization)).toMatchObject([{ requests: 1 }]);
  });
});
