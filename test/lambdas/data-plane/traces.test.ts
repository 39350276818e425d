import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createTraceExporter } from '../../../lambdas/telemetry/trace-exporter.ts';
import {
  chatBody,
  createProcess,
  createRequest,
  createTenant,
  createTestClock,
  declareProvider,
  putCatalog,
  readText,
  recordOf,
  startTestStore,
  type TestStore,
} from '../../fixtures/data-plane.ts';
import { startTraceCollector } from '../../fixtures/trace-collector.ts';
import {
  hangBeforeHeaders,
  json,
  sampleCompletion,
  sse,
  startUpstream,
  type Handler,
} from '../../fixtures/upstream.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const traceparent = `00-${traceId}-b7ad6b7169203331-01`;

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore();
});
afterAll(() => store.close());

/** A provider that does as told, a collector likewise, and one process between them. */
async function startTraced(provider: Handler, collecting?: Handler) {
  const upstream = await startUpstream(provider);
  const collector = await startTraceCollector(collecting);
  const clock = createTestClock();
  await putCatalog(store, { lab: declareProvider(upstream.url) });
  const faults: object[] = [];
  const logger = { fault: (fault: object) => void faults.push(fault) };
  const traces = createTraceExporter({ endpoint: collector.endpoint, logger, now: clock.now });
  const process = createProcess(store, clock, { traces });
  onTestFinished(async () => {
    process.close();
    traces.close();
    await collector.close();
    await upstream.close();
  });
  const tenant = await createTenant(store);
  const send = async (headers: Record<string, string> = {}, body = chatBody()) => {
    const request = createRequest(clock, { apiKey: tenant.apiKey, body });
    const traced = { ...request, headers: { ...request.headers, ...headers } };
    const response = await process.handle(traced);
    return { request: traced, response, text: await readText(response) };
  };
  return { upstream, collector, process, tenant, faults, send };
}

const requestLine = (logs: readonly { type: string }[]) => logs.find(({ type }) => type === 'request');

describe('the trace of a request', () => {
  it('is its caller’s: on its line, in its spans, and not told to the provider', async () => {
    const { collector, process, send, upstream } = await startTraced(json(sampleCompletion));

    const { response } = await send({ traceparent, tracestate: 'vendor=secret' });

    const [server, client] = collector.spans();
    expect(response.status).toBe(200);
    expect(requestLine(process.logs)).toMatchObject({ traceId, spanId: server?.spanId });
    expect(server).toMatchObject({ traceId, parentSpanId: 'b7ad6b7169203331', kind: 2 });
    expect(client).toMatchObject({ traceId, parentSpanId: server?.spanId, name: 'chat sample', kind: 3 });
    expect(client?.attributes).toMatchObject({ 'gen_ai.provider.name': 'lab', 'gen_ai.usage.input_tokens': '10' });
    expect(Object.keys(upstream.requests[0]!.headers).filter((name) => name.startsWith('trace'))).toEqual([]);
    expect(JSON.stringify(response.headers)).not.toContain(traceId);
    expect(collector.upstream.requests[0]?.body.toString()).not.toContain('vendor');
  });

  it('is one of its own where the caller sent none that counts', async () => {
    const { collector, process, send } = await startTraced(json(sampleCompletion));

    await send({ traceparent: 'what a caller made up' });

    const [server] = collector.spans();
    expect(server).not.toHaveProperty('parentSpanId');
    expect(requestLine(process.logs)).toMatchObject({ traceId: server?.traceId });
  });

  it('is not collected where its caller does not record it', async () => {
    const { collector, process, send } = await startTraced(json(sampleCompletion));

    await send({ traceparent: traceparent.replace(/01$/, '00') });

    expect(collector.upstream.requests).toEqual([]);
    expect(requestLine(process.logs)).toMatchObject({ traceId });
  });

  it('has a span for every call to a provider, and the last one ends with the stream', async () => {
    const failing: [Handler, Handler] = [json({ error: { message: 'busy' } }, 503), sse(sampleStream)];
    let turn = 0;
    const { collector, send } = await startTraced((request, response) => failing[turn++]!(request, response));

    const { text } = await send({}, chatBody({ stream: true, models: ['lab/second'] }));

    expect(text).toContain('[DONE]');
    const [server, first, second] = collector.spans();
    expect([first?.name, second?.name]).toEqual(['chat sample', 'chat second']);
    expect(collector.spans()).toHaveLength(3);
    expect(first).toMatchObject({ status: { code: 2 }, attributes: { 'error.type': 'provider_overloaded' } });
    expect(second?.status).toBeUndefined();
    expect(second?.attributes).toHaveProperty(['gen_ai.usage.output_tokens']);
    expect(server?.attributes).toMatchObject({ 'gatehouse.attempts': '2', 'http.response.status_code': '200' });
  });

  it('is on the line of a refusal too, which has no spans', async () => {
    const { collector, process, tenant } = await startTraced(json(sampleCompletion));
    const request = createRequest(createTestClock(), { apiKey: `${tenant.apiKey}x` });

    const response = await process.handle({ ...request, headers: { ...request.headers, traceparent } });

    expect(response.status).toBe(401);
    expect(process.logs).toMatchObject([{ type: 'refused', traceId }]);
    expect(collector.upstream.requests).toEqual([]);
  });
});

it.each([
  ['that hangs', hangBeforeHeaders],
  ['that fails', json({}, 500)],
])('a collector %s changes nothing for callers, and nothing in what is recorded', async (_name, collecting) => {
  const { faults, process, send, tenant } = await startTraced(json(sampleCompletion), collecting);

  const answers = [await send(), await send()];

  for (const { request, response, text } of answers) {
    expect(response.status).toBe(200);
    expect(JSON.parse(text)).toEqual(sampleCompletion);
    expect(await recordOf(store, tenant, request)).toMatchObject({ ending: 'completed', costMicroUsd: 14 });
  }
  expect(await store.meter(tenant.keyMeter)).toMatchObject({ inflight: 0 });
  expect(faults).toMatchObject([{ kind: 'trace-export-failed' }]);
  expect(process.logs.filter(({ type }) => type === 'fault')).toEqual([]);
});

const sampleStream = [
  ...['Hel', 'lo'].map((content) => event({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })),
  event({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }),
  event({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } }),
  'data: [DONE]\n\n',
];

function event(value: object): string {
  return `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'sample', ...value })}\n\n`;
}
