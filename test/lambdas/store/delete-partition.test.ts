import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { StoreClient } from '../../../lambdas/store/client.ts';
import { deletePartition } from '../../../lambdas/store/delete-partition.ts';
import { startTestStore, type TestStore } from '../../fixtures/data-plane.ts';

let store: TestStore;

beforeAll(async () => {
  store = await startTestStore();
});

afterAll(() => store.close());

afterEach(() => vi.useRealTimers());

async function partitionOf(items: number): Promise<string> {
  const pk = randomUUID();
  const keys = Array.from({ length: items }, (_, at) => ({ pk: { S: pk }, sk: { S: String(at) } }));
  await Promise.all(keys.map((Item) => store.store.putItem({ TableName: store.tables.usage, Item })));
  return pk;
}

async function countOf(pk: string): Promise<number | undefined> {
  const { Count } = await store.store.query({
    TableName: store.tables.usage,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': { S: pk } },
  });
  return Count;
}

const remove = (pk: string, deadlineMs: number, client: StoreClient = store.store) =>
  deletePartition(client, store.tables.usage, pk, deadlineMs);

test('deletes a partition of several pages and leaves the others', async () => {
  const [pk, other] = [await partitionOf(300), await partitionOf(2)];

  const finished = await remove(pk, Infinity);

  expect([finished, await countOf(pk), await countOf(other)]).toEqual([true, 0, 2]);
});

test('is finished where there is nothing, even past its deadline', async () => {
  expect(await remove(randomUUID(), 0)).toBe(true);
});

test('stops at its deadline, says so, and goes on when called again', async () => {
  const pk = await partitionOf(60);
  const deadline = Date.now() + 60_000;
  const slow: StoreClient = {
    ...store.store,
    async deleteItem(input) {
      vi.useFakeTimers({ toFake: ['Date'], now: deadline });
      return store.store.deleteItem(input);
    },
  };

  const first = [await remove(pk, deadline, slow), await countOf(pk)];
  const second = [await remove(pk, Infinity), await countOf(pk)];

  expect(first).toEqual([false, 35]);
  expect(second).toEqual([true, 0]);
});
