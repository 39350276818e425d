import { setTimeout as delay } from 'node:timers/promises';
import { type StoreClient, StoreError, type StoreErrorKind } from './client.ts';

const pausesMs = [50, 200] as const;

/** Nothing was done: any call may be repeated. */
const afterWrite: readonly StoreErrorKind[] = ['throttled'];
/** Reading twice is harmless whatever became of the first. */
const afterRead: readonly StoreErrorKind[] = ['throttled', 'unavailable'];

/**
 * The same client, which repeats a call up to twice where that is safe: reads that got no answer, and whatever DynamoDB refused
 * for now. A write whose outcome is unknown is not repeated.
 */
export function createRetryingStoreClient(client: StoreClient): StoreClient {
  return {
    getItem: (input) => repeated(afterRead, () => client.getItem(input)),
    query: (input) => repeated(afterRead, () => client.query(input)),
    scan: (input) => repeated(afterRead, () => client.scan(input)),
    putItem: (input) => repeated(afterWrite, () => client.putItem(input)),
    updateItem: (input) => repeated(afterWrite, () => client.updateItem(input)),
    deleteItem: (input) => repeated(afterWrite, () => client.deleteItem(input)),
  };
}

async function repeated<Output>(kinds: readonly StoreErrorKind[], call: () => Promise<Output>): Promise<Output> {
  for (const pauseMs of pausesMs) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof StoreError) || !kinds.includes(error.kind)) throw error;
      await delay(pauseMs * (0.5 + Math.random()));
    }
  }
  return call();
}
