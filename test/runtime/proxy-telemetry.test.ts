import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTraceCollector, type TraceCollector } from '../fixtures/trace-collector.ts';
import { json, sampleCompletion, startUpstream, type Upstream } from '../fixtures/upstream.ts';
import { extractMetrics } from '../lambdas/telemetry/embedded-metric-format.ts';
import { deployProxy, type DeployedProxy } from './deployed-proxy.ts';

/** What the built proxy says of itself, as CloudWatch and a collector get it. */

const serviceName = 'Gatehouse-Test-eu-west-1';
const traceId = '0af7651916cd43dd8448eb211c80319c';

let upstream: Upstream;
let collector: TraceCollector;
let proxy: DeployedProxy;
let apiKey: string;

beforeAll(async () => {
  upstream = await startUpstream(json(sampleCompletion));
  collector = await startTraceCollector();
  const variables = {
    OTEL_SERVICE_NAME: serviceName,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: collector.endpoint,
    TRACES_TO_XRAY: 'true',
  };
  proxy = await deployProxy(upstream.url, { originHeader: 'origin-secret', variables });
  ({ apiKey } = await proxy.createKey());
});

afterAll(async () => {
  await proxy.close();
  await collector.close();
  await upstream.close();
});

const post = (headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${proxy.host.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model: 'lab/m', messages: [{ role: 'user', content: 'hi' }] }),
  });

/** Lines that came while it ran. */
async function linesOf(action: () => Promise<unknown>): Promise<string[]> {
  const before = proxy.host.log.length;
  await action();
  return proxy.host.log.slice(before);
}

const countOf = (line: string | undefined, name: string): number[] =>
  extractMetrics(line ?? '{}').flatMap((datum) => (datum.name === name ? [datum.value] : []));

it('says of a request one line, of which CloudWatch makes its metrics', async () => {
  const lines = await linesOf(() => post());

  expect(lines.map((line) => JSON.parse(line).type)).toEqual(['request']);
  expect(countOf(lines[0], 'gen_ai.usage.output_tokens')).toEqual([sampleCompletion.usage.completion_tokens]);
  const services = extractMetrics(lines[0] ?? '').map(({ dimensions }) => dimensions['service.name']);
  expect(new Set(services)).toEqual(new Set([serviceName]));
  expect(countOf(lines[0], 'gatehouse.gateway_errors')).toEqual([0]);
});

it('has sent the spans, signed, when the answer ends, since the process is frozen right after', async () => {
  await (await post({ traceparent: `00-${traceId}-b7ad6b7169203331-01` })).text();

  const spans = collector.spans().filter((span) => span.traceId === traceId);
  expect(spans.map(({ name }) => name)).toEqual(['POST /v1/chat/completions', 'chat m']);
  const { headers, body } = collector.upstream.requests.at(-1)!;
  expect(headers['authorization']).toContain('/us-east-1/xray/aws4_request');
  expect(body.toString()).toContain(`{"key":"service.name","value":{"stringValue":"${serviceName}"}}`);
});

it('counts a request that went around the edge', async () => {
  const another = await deployProxy(upstream.url);
  another.services.originSecret = { current: 'another' };

  const response = await fetch(`${another.host.url}/v1/models`);

  const [line] = another.host.log;
  await another.close();
  expect(response.status).toBe(403);
  expect(countOf(line, 'gatehouse.origin_refusals')).toEqual([1]);
  expect(countOf(line, 'gatehouse.gateway_errors')).toEqual([]);
  expect(JSON.parse(line ?? '')).toMatchObject({ type: 'refused', 'error.type': 'origin_not_verified' });
  expect(line).not.toContain('/v1/models');
});

it('tells a key service that fails from everything else', async () => {
  const fresh = await deployProxy(upstream.url);
  const { apiKey: key } = await fresh.createKey();
  // The origin check has its secret by then, which this fake keeps in the same service.
  await fetch(`${fresh.host.url}/healthz`);
  fresh.services.keysOutOfOrder = true;

  const response = await fetch(`${fresh.host.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'lab/m', messages: [{ role: 'user', content: 'hi' }] }),
  });

  const lines = fresh.host.log.map((line) => JSON.parse(line));
  await fresh.close();
  expect(response.status).toBe(503);
  expect(lines).toMatchObject([
    {
      type: 'fault',
      'gatehouse.fault.kind': 'key-service-failed',
      'error.type': 'KeyWrapperError',
      'gatehouse.faults': 1,
    },
    { type: 'request', 'error.type': 'store_unavailable', 'gatehouse.gateway_errors': 1 },
  ]);
});
