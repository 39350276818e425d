import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { createNodeAdapter } from '../../lambdas/http/node-adapter.ts';
import { createLogger } from '../../lambdas/telemetry/logger.ts';
import { createUsageFeed } from '../../local/usage-feed.ts';
import { type AdminApi, startAdminApi } from '../fixtures/admin-api.ts';
import { createProcess, startTestStore } from '../fixtures/data-plane.ts';
import { json, sampleCompletion, startUpstream } from '../fixtures/upstream.ts';

/** The data plane by itself: its own server and clients, sharing nothing with the control plane but the tables. */
async function startDataPlane(testStore: Awaited<ReturnType<typeof startTestStore>>, controlPlane: AdminApi) {
  const { now } = controlPlane.deps;
  const logger = createLogger(() => {});
  const feed = createUsageFeed({ store: testStore.store, tables: testStore.tables, logger, now });
  const process = createProcess(testStore, { now, advance: () => {} }, { store: feed.store });
  const adapter = createNodeAdapter(process.handle, { now, requestMs: 60_000, bodyMs: 10_000 });
  const server = createServer(adapter.listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    process.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, whenFed: feed.whenFed };
}

async function post(url: string, apiKey: string): Promise<number> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'fast', messages: [{ role: 'user', content: 'Hello' }], max_tokens: 10 }),
  });
  await response.arrayBuffer();
  return response.status;
}

/** Statuses of `count` requests, `parallel` at a time, and how many of each. */
async function sendMany(count: number, parallel: number, send: () => Promise<number>): Promise<Record<number, number>> {
  const statuses: Record<number, number> = {};
  let left = count;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const status = await send();
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return statuses;
}

it('serves 1,000 requests while the control plane is down, and the control plane finds them when it is back', async () => {
  const testStore = await startTestStore();
  onTestFinished(() => testStore.close());
  const upstream = await startUpstream(json(sampleCompletion));
  onTestFinished(() => upstream.close());
  const controlPlane = await startAdminApi({ testStore, allowPrivateProviders: true });
  const { call } = controlPlane;
  await call('PUT', '/providers/lab', {
    body: {
      baseUrl: `${upstream.url}/v1`,
      auth: { kind: 'none' },
      models: [{ id: 'sample', price: { inputPerMillion: 1_000_000, outputPerMillion: 2_000_000 } }],
    },
  });
  const organization = (await call('POST', '/organizations', { body: { name: 'Acme' } })).body.id;
  const workspace = (await call('POST', `/organizations/${organization}/workspaces`, { body: { name: 'Lab' } })).body
    .id;
  await call('PUT', `/workspaces/${workspace}/routes/fast`, {
    body: { targets: [{ provider: 'lab', model: 'sample' }] },
  });
  const { secret } = (await call('POST', `/workspaces/${workspace}/keys`, { body: { name: 'app' } })).body;
  const dataPlane = await startDataPlane(testStore, controlPlane);
  await controlPlane.close();
  await expect(fetch(controlPlane.url)).rejects.toThrow();

  const statuses = await sendMany(1000, 32, () => post(dataPlane.url, secret));

  expect(statuses).toEqual({ 200: 1000 });
  await dataPlane.whenFed();
  const restarted = await startAdminApi({ testStore });
  onTestFinished(() => restarted.close());
  const usage = await restarted.call('GET', `/organizations/${organization}/usage?groupBy=key`);
  const meter = await testStore.meter(`org#${organization}`);
  expect(usage.body.total).toMatchObject({ requests: 1000, costMicroUsd: 14_000 });
  expect(meter.balanceMicroUsd).toBe(-14_000);
}, 120_000);
