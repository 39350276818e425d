import { expect, onTestFinished, test } from 'vitest';
import {
  createProcess,
  createRequest,
  createTenant,
  createTestClock,
  declareProvider,
  putCatalog,
  startTestStore,
} from '../../fixtures/data-plane.ts';

/** Nothing listens here, and nothing needs to: the request is not admitted. */
const nowhere = 'http://127.0.0.1:9';

test('tells the operator, and not the caller, when the store refuses a meter for good', async () => {
  const store = await startTestStore();
  onTestFinished(() => store.close());
  await putCatalog(store, { lab: declareProvider(nowhere) });
  const tenant = await createTenant(store);
  const clock = createTestClock();
  // A table that does not exist stands for a missing permission: DynamoDB refuses both for good.
  const process = createProcess(store, clock, { tables: { ...store.tables, meter: 'no-such-table' } });
  onTestFinished(() => process.close());

  const response = await process.handle(createRequest(clock, { apiKey: tenant.apiKey }));

  expect(response.status).toBe(503);
  expect(response.headers['x-gatehouse-error-code']).toBe('store_unavailable');
  expect(process.logs).toContainEqual(
    expect.objectContaining({ type: 'fault', kind: 'unexpected-error', error: 'StoreError' }),
  );
});
