import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { createAwsTransport } from '../../../lambdas/aws/json-transport.ts';
import { createApiKey } from '../../../lambdas/crypto/api-key.ts';
import { createLocalKeyWrapper } from '../../../lambdas/crypto/local-key-wrapper.ts';
import { createDataPlane } from '../../../lambdas/data-plane/handle.ts';
import { createRequestId } from '../../../lambdas/http/request-id.ts';
import { createUpstreamClient } from '../../../lambdas/routing/upstream.ts';
import { createLeanStoreClient } from '../../../lambdas/store/lean-client.ts';
import { createLogger, type LogLine } from '../../../lambdas/telemetry/logger.ts';

it.each(['/v1/chat/completions', '/v1/key'])('answers %s with 503 while DynamoDB cannot be reached', async (path) => {
  const logs: LogLine[] = [];
  const transport = createAwsTransport({
    service: 'dynamodb',
    region: 'local',
    endpoint: await unusedEndpoint(),
    credentials: async () => ({ accessKeyId: 'local', secretAccessKey: 'local' }),
  });
  onTestFinished(() => transport.close());
  const handle = createDataPlane({
    store: createLeanStoreClient(transport),
    tables: { policy: 'policy', meter: 'meter', requests: 'requests', vault: 'vault' },
    keyUnwrapper: createLocalKeyWrapper(Buffer.alloc(32)).unwrapper,
    upstream: createUpstreamClient(),
    logger: createLogger((line) => logs.push(line)),
    region: 'local',
    now: Date.now,
  });

  const response = await handle({
    id: createRequestId(Date.now()),
    method: path === '/v1/key' ? 'GET' : 'POST',
    path,
    query: new URLSearchParams(),
    headers: { authorization: `Bearer ${createApiKey().apiKey.reveal()}`, 'content-type': 'application/json' },
    readBody: async () => Buffer.from('{"model":"sim/echo","messages":[{"role":"user","content":"hi"}]}'),
    sourceAddress: '127.0.0.1',
    receivedAt: Date.now(),
    deadline: Date.now() + 60_000,
    signal: new AbortController().signal,
  });

  expect(response.status).toBe(503);
  expect(response.headers).toMatchObject({
    'retry-after': '1',
    'x-should-retry': 'true',
    'x-gatehouse-error-code': 'store_unavailable',
    'x-gatehouse-error-owner': 'gateway',
  });
  expect(logs).toMatchObject([
    { type: 'fault', kind: 'store-failed', error: 'StoreError' },
    { type: 'refused', endpoint: path, status: 503, errorCode: 'store_unavailable' },
  ]);
});

async function unusedEndpoint(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}
