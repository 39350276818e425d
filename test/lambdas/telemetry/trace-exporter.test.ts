import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { RequestRecord } from '../../../lambdas/store/request-record.ts';
import { createLogger, type LogLine } from '../../../lambdas/telemetry/logger.ts';
import type { UpstreamCall } from '../../../lambdas/telemetry/spans.ts';
import type { TracedRequest } from '../../../lambdas/telemetry/spans.ts';
import {
  createTraceExporter,
  type TraceExporterOptions,
  xrayEndpoint,
} from '../../../lambdas/telemetry/trace-exporter.ts';
import { createTestClock } from '../../fixtures/data-plane.ts';
import { startTraceCollector, type TraceCollector } from '../../fixtures/trace-collector.ts';
import { deadOnConnect, hangBeforeHeaders, json } from '../../fixtures/upstream.ts';
import { recordOf } from '../../fixtures/usage.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const parentSpanId = 'b7ad6b7169203331';
const spanId = '00f067aa0ba902b7';
const startedAt = 1_767_225_600_123;

const call = (changes: Partial<UpstreamCall> = {}): UpstreamCall => ({
  provider: 'openai',
  model: 'gpt-5',
  startedAt: startedAt + 5,
  ...changes,
});

function traced(record: Partial<RequestRecord> = {}, calls: readonly UpstreamCall[] = [call()]): TracedRequest {
  return {
    record: recordOf({ finishReason: 'stop', streamed: true, ...record }),
    trace: { traceId, spanId, parentSpanId, sampled: true },
    method: 'POST',
    calls,
    startedAt,
    endedAt: startedAt + 1000,
  };
}

function createExporter(endpoint: string, options: Partial<TraceExporterOptions> = {}) {
  const logs: LogLine[] = [];
  const clock = createTestClock();
  const logger = createLogger((line) => logs.push(line));
  const exporter = createTraceExporter({ endpoint, logger, now: clock.now, ...options });
  onTestFinished(() => exporter.close());
  return { exporter, logs, clock };
}

describe('the spans of a request', () => {
  let collector: TraceCollector;
  beforeAll(async () => {
    collector = await startTraceCollector();
  });
  afterAll(() => collector.close());

  async function exported(request: TracedRequest) {
    const { exporter, logs } = createExporter(collector.endpoint);
    const before = collector.upstream.requests.length === 0 ? 0 : collector.spans().length;
    await exporter.export(request);
    expect(logs).toEqual([]);
    return collector.spans().slice(before);
  }

  it('are one of the server and one of the client, in the trace of the caller', async () => {
    const request = traced();

    const spans = await exported(request);

    const [server, client] = spans;
    expect(spans).toHaveLength(2);
    expect(server).toMatchObject({
      traceId,
      spanId,
      parentSpanId,
      name: 'POST /v1/chat/completions',
      kind: 2,
      startTimeUnixNano: '1767225600123000000',
      endTimeUnixNano: '1767225601123000000',
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/v1/chat/completions',
        'http.response.status_code': '200',
        'gatehouse.request.id': request.record.id,
        'gatehouse.cost': '7',
        'gatehouse.overhead': 1.5,
        'gatehouse.usage.estimated': false,
      },
    });
    expect(client).toMatchObject({
      traceId,
      parentSpanId: spanId,
      name: 'chat gpt-5',
      kind: 3,
      startTimeUnixNano: '1767225600128000000',
      endTimeUnixNano: '1767225601123000000',
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'gpt-5',
        'gen_ai.request.stream': true,
        'gen_ai.usage.input_tokens': '10',
        'gen_ai.usage.output_tokens': '5',
      },
    });
    expect(client?.spanId).not.toBe(spanId);
    expect([server?.status, client?.status]).toEqual([undefined, undefined]);
    const { headers, path, method } = collector.upstream.requests.at(-1)!;
    expect([method, path, headers['content-type'], headers['authorization']]).toEqual([
      'POST',
      '/v1/traces',
      'application/json',
      undefined,
    ]);
  });

  it.each([
    ['Gatehouse-DataPlane-eu-west-1', 'Gatehouse-DataPlane-eu-west-1'],
    ['', 'gatehouse'],
    [undefined, 'gatehouse'],
  ])('are sent in the name of the service %j: %s', async (serviceName, sent) => {
    const { exporter } = createExporter(collector.endpoint, { serviceName });

    await exporter.export(traced());

    const { resourceSpans } = JSON.parse(collector.upstream.requests.at(-1)!.body.toString());
    expect(resourceSpans[0].resource.attributes).toEqual([{ key: 'service.name', value: { stringValue: sent } }]);
  });

  it('have usage once: at the call that answered', async () => {
    const failed = call({ provider: 'other', endedAt: startedAt + 50, errorCode: 'provider_overloaded' });

    const spans = await exported(traced({}, [failed, call({ startedAt: startedAt + 60 })]));

    const withUsage = spans.filter(({ attributes }) => 'gen_ai.usage.input_tokens' in attributes);
    expect(spans.map(({ attributes }) => attributes['gen_ai.provider.name'])).toEqual([undefined, 'other', 'openai']);
    expect(withUsage).toEqual([spans[2]]);
    expect(spans[1]).toMatchObject({
      endTimeUnixNano: '1767225600173000000',
      status: { code: 2 },
      attributes: { 'error.type': 'provider_overloaded' },
    });
  });

  it.each([
    [{ status: 502, ending: 'provider-failed', errorCode: 'provider_error' }, true],
    [{ status: 200, ending: 'provider-failed-midstream', errorCode: 'provider_error' }, true],
    [{ status: 200, ending: 'gateway-failed' }, true],
    [{ status: 400, ending: 'provider-refused', errorCode: 'provider_rejected_request' }, false],
    [{ status: 200, ending: 'completed' }, false],
  ] as const)('of a request that ended with %j say whether the server failed', async (record, failed) => {
    const [server] = await exported(traced(record));

    expect(server?.status).toEqual(failed ? { code: 2 } : undefined);
  });

  it('never end before they begin, whatever two clocks say', async () => {
    const [, client] = await exported(traced({}, [call({ startedAt: startedAt + 5000 })]));

    expect(client?.endTimeUnixNano).toBe(client?.startTimeUnixNano);
  });
});

describe('a collector that does not work', () => {
  it('costs a fault a minute and no more than the first request, when it never answers', async () => {
    const collector = await startTraceCollector(hangBeforeHeaders);
    onTestFinished(() => collector.close());
    const { exporter, logs, clock } = createExporter(collector.endpoint);

    await Promise.all([exporter.export(traced()), exporter.export(traced())]);
    await exporter.export(traced());
    const requestsInPause = collector.upstream.requests.length;
    clock.advance(60_000);
    await exporter.export(traced());

    expect(requestsInPause).toBe(2);
    expect(collector.upstream.requests).toHaveLength(3);
    expect(logs).toMatchObject([
      { type: 'fault', kind: 'trace-export-failed' },
      { type: 'fault', kind: 'trace-export-failed' },
    ]);
  });

  it.each([
    ['refuses what it is sent', json({ message: 'secret of the collector' }, 400)],
    ['breaks off', deadOnConnect],
  ])('is a fault without a word of it, when it %s', async (_name, answer) => {
    const collector = await startTraceCollector(answer);
    onTestFinished(() => collector.close());
    const { exporter, logs } = createExporter(collector.endpoint);

    await exporter.export(traced());

    expect(logs).toMatchObject([{ type: 'fault', kind: 'trace-export-failed' }]);
    expect(JSON.stringify(logs)).not.toContain('secret of the collector');
  });

  it('is a fault when nobody listens, and is found again after a minute', async () => {
    const gone = await startTraceCollector();
    await gone.close();
    const { exporter, logs, clock } = createExporter(gone.endpoint);

    await exporter.export(traced());
    clock.advance(59_999);
    await exporter.export(traced());
    const inPause = logs.length;
    clock.advance(1);
    await exporter.export(traced());

    expect([inPause, logs.length]).toEqual([1, 2]);
  });
});

describe('AWS X-Ray', () => {
  it('takes OTLP at the region it is asked for', () => {
    expect(xrayEndpoint('eu-west-1')).toBe('https://xray.eu-west-1.amazonaws.com/v1/traces');
    expect(xrayEndpoint('cn-north-1')).toBe('https://xray.cn-north-1.amazonaws.com.cn/v1/traces');
  });

  it('gets spans signed as the function, for its own service and path', async () => {
    const collector = await startTraceCollector();
    onTestFinished(() => collector.close());
    const credentials = async () => ({
      accessKeyId: 'AKIAEXAMPLE',
      secretAccessKey: 'key-secret',
      sessionToken: 'token',
    });
    const { exporter } = createExporter(collector.endpoint, { aws: { region: 'eu-west-1', credentials } });

    await exporter.export(traced());

    const [request] = collector.upstream.requests;
    expect(request?.path).toBe('/v1/traces');
    expect(request?.headers['authorization']).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE\/\d{8}\/eu-west-1\/xray\/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=[0-9a-f]{64}$/,
    );
    expect(request?.headers['x-amz-security-token']).toBe('token');
    expect(collector.spans()).toHaveLength(2);
    expect(`${JSON.stringify(request?.headers)}${request?.body.toString()}`).not.toContain('key-secret');
  });
});
