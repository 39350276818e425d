import { describe, expect, test } from 'vitest';
import { type StoreClient, StoreError, type StoreErrorKind } from '../../../lambdas/store/client.ts';
import { createRetryingStoreClient } from '../../../lambdas/store/retrying-client.ts';

/** A client at the network's edge: every call fails like this so often, and then succeeds. */
function failing(kind: StoreErrorKind, times: number): { client: StoreClient; calls: () => number } {
  let calls = 0;
  const call = async (): Promise<object> => {
    calls += 1;
    if (calls <= times) throw new StoreError(kind, 'no');
    return {};
  };
  const client = { getItem: call, query: call, scan: call, putItem: call, updateItem: call, deleteItem: call };
  return { client, calls: () => calls };
}

const reads = ['getItem', 'query', 'scan'] as const;
const writes = ['putItem', 'updateItem', 'deleteItem'] as const;
const input = { TableName: 'table' } as never;

describe.each(reads)('%s', (operation) => {
  test.each(['unavailable', 'throttled'] as const)('is repeated twice when %s', async (kind) => {
    const { client, calls } = failing(kind, 2);

    await expect(createRetryingStoreClient(client)[operation](input)).resolves.toEqual({});

    expect(calls()).toBe(3);
  });

  test('fails when it goes on failing', async () => {
    const { client, calls } = failing('unavailable', 3);

    await expect(createRetryingStoreClient(client)[operation](input)).rejects.toMatchObject({ kind: 'unavailable' });

    expect(calls()).toBe(3);
  });
});

describe.each(writes)('%s', (operation) => {
  test('is repeated when it was surely not applied', async () => {
    const { client, calls } = failing('throttled', 2);

    await expect(createRetryingStoreClient(client)[operation](input)).resolves.toEqual({});

    expect(calls()).toBe(3);
  });

  test.each(['unavailable', 'condition-failed', 'rejected'] as const)('is not repeated when %s', async (kind) => {
    const { client, calls } = failing(kind, 1);

    await expect(createRetryingStoreClient(client)[operation](input)).rejects.toMatchObject({ kind });

    expect(calls()).toBe(1);
  });
});
