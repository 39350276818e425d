import { createServer } from 'node:http';
import { createAwsTransport } from '../lambdas/aws/json-transport.ts';
import { createDataPlane } from '../lambdas/data-plane/handle.ts';
import { createNodeAdapter } from '../lambdas/http/node-adapter.ts';
import { createUpstreamClient } from '../lambdas/routing/upstream.ts';
import type { StoreClient } from '../lambdas/store/client.ts';
import { createLeanStoreClient } from '../lambdas/store/lean-client.ts';
import { dataPlaneLines } from '../lambdas/telemetry/data-plane-lines.ts';
import { createLineWriter } from '../lambdas/telemetry/log-line.ts';
import { createLogger } from '../lambdas/telemetry/logger.ts';
import { createStoreAnswers, dataKey, tableNames } from './store-answers.ts';

/**
 * Gatehouse as `handler.ts` composes it, over `node:http`. With BENCH_STORE_URL its store is the lean client; without, an object
 * that answers at once, which leaves Gatehouse's own work and takes the store calls away.
 */
async function main(): Promise<void> {
  const storeUrl = process.env['BENCH_STORE_URL'];
  const now = (): number => Date.now();
  const handle = createDataPlane({
    store: storeUrl === undefined ? await instantStore() : leanStore(storeUrl),
    tables: tableNames,
    keyUnwrapper: { unwrapDataKey: async () => dataKey() },
    upstream: createUpstreamClient({ allowPrivateAddresses: true }),
    logger: createLogger(
      createLineWriter((text) => process.stdout.write(text), { kinds: dataPlaneLines, metrics: true, now }),
    ),
    region: 'bench',
    now,
  });
  const { listener } = createNodeAdapter(handle, { now, requestMs: 15 * 60_000 });
  createServer({ requestTimeout: 0, keepAliveTimeout: 65_000, noDelay: true }, listener).listen();
}

function leanStore(endpoint: string): StoreClient {
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
  return createLeanStoreClient(
    createAwsTransport({ service: 'dynamodb', region: 'bench', endpoint, credentials: async () => credentials }),
  );
}

async function instantStore(): Promise<StoreClient> {
  const answers = await createStoreAnswers(process.env['BENCH_UPSTREAM_URL'] ?? '');
  const unused = (): never => {
    throw new Error('not a call of the request path');
  };
  return {
    getItem: async (input) => answers.getItem(input),
    putItem: async () => ({}),
    updateItem: async (input) => answers.updateItem(input),
    deleteItem: unused,
    query: unused,
    scan: unused,
  };
}

void main();
