import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { StreamedBody } from '../../../lambdas/http/gateway-request.ts';
import {
  chatBody,
  createProcess,
  createRequest,
  createTenant,
  createTestClock,
  declareProvider,
  putCatalog,
  recordOf,
  startTestStore,
} from '../../fixtures/data-plane.ts';
import { html500, sampleChunks, sse, startUpstream } from '../../fixtures/upstream.ts';

/** A provider that thinks until it is released, and then either answers or fails. */
async function thinkingWorld(ending: 'answers' | 'fails') {
  const store = await startTestStore();
  onTestFinished(() => store.close());
  const { promise: thought, resolve: release } = Promise.withResolvers<void>();
  const upstream = await startUpstream(async (request, response) => {
    await thought;
    await (ending === 'answers' ? sse(sampleChunks) : html500)(request, response);
  });
  onTestFinished(() => upstream.close());
  const clock = createTestClock();
  await putCatalog(store, { lab: declareProvider(upstream.url) });
  const tenant = await createTenant(store);
  const process = createProcess(store, clock);
  onTestFinished(() => process.close());
  const request = createRequest(clock, { apiKey: tenant.apiKey, body: chatBody({ stream: true }) });
  return { request, process, release, record: () => recordOf(store, tenant, request) };
}

/** What comes next, unless it takes longer than the shortest pause between two comments. */
async function soon(pieces: AsyncIterator<Uint8Array>): Promise<string> {
  const next = pieces.next().then(({ value }) => (value === undefined ? 'end' : Buffer.from(value).toString()));
  return Promise.race([next, sleep(4_000).then(() => 'nothing')]);
}

test('sends status, headers and a comment while the provider still thinks, then its answer', async () => {
  const { process, request, release, record } = await thinkingWorld('answers');

  const response = await process.handle(request);
  const pieces = (response.body as StreamedBody)[Symbol.asyncIterator]();
  const first = await soon(pieces);
  release();
  const rest: string[] = [];
  for (let piece = await soon(pieces); piece !== 'end'; piece = await soon(pieces)) rest.push(piece);

  expect(response.status).toBe(200);
  expect(response.headers['content-type']).toContain('text/event-stream');
  expect(first).toBe(': keep-alive\n\n');
  expect(rest.join('')).toContain('data: [DONE]');
  expect(rest.join('')).not.toContain('nothing');
  expect(await record()).toMatchObject({ ending: 'completed' });
});

test('turns a failure after that comment into an error event', async () => {
  const { process, request, release, record } = await thinkingWorld('fails');

  const response = await process.handle(request);
  const pieces = (response.body as StreamedBody)[Symbol.asyncIterator]();
  const first = await soon(pieces);
  release();
  const second = await soon(pieces);
  const third = await soon(pieces);

  expect(first).toBe(': keep-alive\n\n');
  expect(JSON.parse(second.slice('data: '.length))).toMatchObject({
    error: { code: 'provider_error', owner: 'provider' },
  });
  expect(third).toBe('end');
  expect(await record()).toMatchObject({ ending: 'provider-failed', status: 200, errorCode: 'provider_error' });
});
