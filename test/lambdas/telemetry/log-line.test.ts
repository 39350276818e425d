import { describe, expect, it } from 'vitest';
import type { RequestRecord } from '../../../lambdas/store/request-record.ts';
import { controlPlaneLines } from '../../../lambdas/telemetry/control-plane-lines.ts';
import { dataPlaneLines } from '../../../lambdas/telemetry/data-plane-lines.ts';
import { createLineWriter, type LineWriterOptions } from '../../../lambdas/telemetry/log-line.ts';
import { createLogger, type Logger } from '../../../lambdas/telemetry/logger.ts';
import { metricNamespace, metrics } from '../../../lambdas/telemetry/metrics.ts';
import { recordOf } from '../../fixtures/usage.ts';
import { type Datum, extractMetrics } from './embedded-metric-format.ts';

const now = Date.parse('2026-11-22T10:00:01.500Z');
const serviceName = 'Gatehouse-DataPlane-eu-west-1';
/** Dimensions of a metric over all. */
const service = { 'service.name': serviceName };
const trace = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const refusal = {
  id: 'req_1',
  createdAt: '2026-11-22T10:00:00.000Z',
  endpoint: '/v1/models',
  status: 401,
  errorCode: 'invalid_api_key',
  latencyMs: 2,
};
const run = {
  createdAt: '2026-11-22T10:00:00.000Z',
  latencyMs: 1500,
  dataPlanes: 2,
  unreachable: 1,
  policyDrift: 3,
  meterDrift: 0,
  rotationsEnded: 0,
  metersSwept: 1,
  failures: 1,
};

/** The one line that is written. */
function write(log: (logger: Logger) => void, options: Partial<LineWriterOptions> = {}): string {
  const texts: string[] = [];
  const kinds = { ...dataPlaneLines, ...controlPlaneLines };
  log(
    createLogger(
      createLineWriter((text) => texts.push(text), { kinds, metrics: true, serviceName, now: () => now, ...options }),
    ),
  );
  expect(texts).toHaveLength(1);
  expect(texts[0]).toMatch(/^\{[^\n]*\}\n$/);
  return texts[0]!;
}

const writeRequest = (changes: Partial<RequestRecord> = {}): string =>
  write((logger) => logger.request(recordOf({ ...changes }), trace));

const named = (data: readonly Datum[], name: string): readonly Datum[] => data.filter((datum) => datum.name === name);

describe('the line of a meter that drifted', () => {
  it('says whose, where and by how much', () => {
    const drift = { createdAt: refusal.createdAt, region: 'eu-west-1', organization: 'org_1', driftMicroUsd: -12 };

    const line: unknown = JSON.parse(write((logger) => logger.drift(drift)));

    expect(line).toEqual({
      type: 'drift',
      level: 'error',
      timestamp: refusal.createdAt,
      'cloud.region': 'eu-west-1',
      'gatehouse.organization.id': 'org_1',
      'gatehouse.meter.drift_micro_usd': -12,
    });
  });
});

describe('the line of a request', () => {
  it('has the names of OpenTelemetry, and ours for what it has none for', () => {
    const record = recordOf({
      endpoint: '/v1/chat/completions',
      provider: 'openai',
      model: 'gpt-5',
      streamed: true,
      ending: 'completed',
      status: 200,
      finishReason: 'stop',
      inputTokens: 100,
      cacheReadInputTokens: 20,
      cacheWrite5mInputTokens: 3,
      cacheWrite1hInputTokens: 4,
      outputTokens: 50,
      reasoningTokens: 30,
      costMicroUsd: 1234,
      attempts: 2,
      latencyMs: 1500,
      firstByteMs: 250,
      overheadMs: 2.5,
    });

    const line = JSON.parse(write((logger) => logger.request(record, trace), { metrics: false }));

    expect(line).toMatchObject({
      type: 'request',
      level: 'info',
      timestamp: record.createdAt,
      trace_id: trace.traceId,
      span_id: trace.spanId,
      'http.route': '/v1/chat/completions',
      'http.response.status_code': 200,
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-5',
      'gen_ai.request.stream': true,
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.output_tokens': 50,
      'gen_ai.usage.reasoning.output_tokens': 30,
      'gen_ai.usage.cache_read.input_tokens': 20,
      'gen_ai.usage.cache_creation.input_tokens': 7,
      'gatehouse.usage.cache_creation_1h.input_tokens': 4,
      'gen_ai.server.request.duration': 1.5,
      'gen_ai.server.time_to_first_token': 0.25,
      'gatehouse.request.id': record.id,
      'gatehouse.organization.id': record.organization,
      'gatehouse.overhead': 2.5,
      'gatehouse.cost': 1234,
      'gatehouse.attempts': 2,
    });
    // The conventions count as input what a cache served and took.
    expect(line['gen_ai.usage.input_tokens']).toBe(127);
    expect(Object.keys(line)).not.toContain('error.type');
  });

  it('names what embeddings are', () => {
    expect(JSON.parse(writeRequest({ endpoint: '/v1/embeddings' }))['gen_ai.operation.name']).toBe('embeddings');
    expect(JSON.parse(writeRequest({ endpoint: '/v1/messages' }))['gen_ai.operation.name']).toBe('chat');
  });

  it('carries its metrics, over all and by provider', () => {
    const text = writeRequest({ provider: 'openai', latencyMs: 1500, firstByteMs: 250, costMicroUsd: 7 });

    const data = extractMetrics(text);

    const byProvider = { ...service, 'gen_ai.provider.name': 'openai' };
    expect(named(data, metrics.duration.name)).toEqual([
      { name: 'gen_ai.server.request.duration', unit: 'Seconds', value: 1.5, dimensions: service },
      { name: 'gen_ai.server.request.duration', unit: 'Seconds', value: 1.5, dimensions: byProvider },
    ]);
    expect(named(data, metrics.firstByte.name).map(({ value }) => value)).toEqual([0.25, 0.25]);
    expect(named(data, metrics.providerErrors.name).map(({ dimensions }) => dimensions)).toEqual([service, byProvider]);
    expect(named(data, metrics.cost.name)).toEqual([
      { name: 'gatehouse.cost', unit: 'None', value: 7, dimensions: service },
    ]);
    expect(new Set(data.map(({ name }) => name))).toEqual(
      new Set(
        (
          [
            'duration',
            'firstByte',
            'overhead',
            'inputTokens',
            'outputTokens',
            'cost',
            'gatewayErrors',
            'providerErrors',
          ] as const
        ).map((name) => metrics[name].name),
      ),
    );
    const { _aws } = JSON.parse(text);
    expect(_aws.Timestamp).toBe(now);
    expect(_aws.CloudWatchMetrics.map(({ Namespace }: { Namespace: string }) => Namespace)).toEqual([
      metricNamespace,
      metricNamespace,
    ]);
  });

  it.each([
    [{ ending: 'completed', status: 200 }, 0, 0],
    [{ ending: 'caller-gone', status: 499 }, 0, 0],
    [{ ending: 'provider-refused', status: 400 }, 0, 0],
    [{ ending: 'provider-failed', status: 502 }, 0, 1],
    [{ ending: 'provider-failed-midstream', status: 200 }, 0, 1],
    [{ ending: 'timed-out', status: 504 }, 0, 1],
    [{ ending: 'gateway-failed', status: 500 }, 1, 0],
    [{ ending: 'gateway-failed', status: 503 }, 1, 0],
    [{ ending: 'gateway-failed', status: 200 }, 1, 0],
    [{ ending: 'gateway-failed', status: 400 }, 0, 0],
    // What a tenant stores for a credential is its own doing; what the platform stores is ours.
    [
      {
        ending: 'gateway-failed',
        status: 502,
        errorCode: 'provider_credential_missing',
        credentialOwner: 'workspace',
        credentialVersion: 1,
      },
      0,
      0,
    ],
    [
      {
        ending: 'gateway-failed',
        status: 502,
        errorCode: 'provider_credential_missing',
        credentialOwner: 'platform',
        credentialVersion: 1,
      },
      1,
      0,
    ],
    [
      {
        ending: 'gateway-failed',
        status: 503,
        errorCode: 'store_unavailable',
        credentialOwner: 'workspace',
        credentialVersion: 1,
      },
      1,
      0,
    ],
  ] as const)('of %j counts whose failure it was', (changes, gateway, provider) => {
    const data = extractMetrics(writeRequest(changes));

    expect(named(data, metrics.gatewayErrors.name).map(({ value }) => value)).toEqual([gateway]);
    expect(named(data, metrics.providerErrors.name).map(({ value }) => value)).toEqual([provider, provider]);
  });
});

describe('the line of a refusal', () => {
  it.each([
    [401, []],
    [429, []],
    [500, [1]],
    [503, [1]],
  ])('of status %i counts %j errors of ours: who is refused weighs nothing in the error rate', (status, errors) => {
    const text = write((logger) => logger.refused({ ...refusal, ...trace, status }));

    const measured = text.includes('"_aws"') ? extractMetrics(text) : [];
    expect(measured).toEqual(
      errors.map((value) => ({ name: metrics.gatewayErrors.name, unit: 'Count', value, dimensions: service })),
    );
    expect(JSON.parse(text)).toMatchObject({
      type: 'refused',
      trace_id: trace.traceId,
      'http.route': '/v1/models',
      'http.response.status_code': status,
      'error.type': 'invalid_api_key',
      'http.server.request.duration': 0.002,
      'gatehouse.request.id': 'req_1',
    });
  });

  it('of a request that went around the edge is counted by itself, and not among those of customers', () => {
    const text = write((logger) => logger.refused({ ...refusal, status: 403, errorCode: 'origin_not_verified' }));

    expect(extractMetrics(text)).toEqual([
      { name: metrics.originRefusals.name, unit: 'Count', value: 1, dimensions: service },
    ]);
    expect(JSON.parse(text)).not.toHaveProperty('trace_id');
  });
});

it('counts a fault by its kind', () => {
  const text = write((logger) => logger.fault({ kind: 'key-service-failed', error: 'KeyWrapperError', at: ['at x'] }));

  expect(extractMetrics(text)).toEqual([
    {
      name: metrics.faults.name,
      unit: 'Count',
      value: 1,
      dimensions: { ...service, 'gatehouse.fault.kind': 'key-service-failed' },
    },
  ]);
  expect(JSON.parse(text)).toMatchObject({
    type: 'fault',
    level: 'error',
    timestamp: '2026-11-22T10:00:01.500Z',
    'error.type': 'KeyWrapperError',
    'gatehouse.fault.at': ['at x'],
  });
});

it('measures what a reconcile run found, nothing included', () => {
  const text = write((logger) => logger.reconciled(run));

  expect(extractMetrics(text)).toEqual([
    { name: metrics.policyDrift.name, unit: 'Count', value: 3, dimensions: service },
    { name: metrics.meterDrift.name, unit: 'Count', value: 0, dimensions: service },
  ]);
  expect(JSON.parse(text)).toMatchObject({ 'gatehouse.reconcile.unreachable': 1, 'gatehouse.reconcile.failures': 1 });
});

it('measures nothing of a call to the admin API', () => {
  const call = { id: 'req_2', createdAt: refusal.createdAt, operation: 'createKey', status: 201, latencyMs: 30 };

  const line = JSON.parse(write((logger) => logger.admin(call)));

  expect(line).toEqual({
    type: 'admin',
    level: 'info',
    timestamp: refusal.createdAt,
    'gatehouse.request.id': 'req_2',
    'http.response.status_code': 201,
    'gatehouse.admin.operation': 'createKey',
    'http.server.request.duration': 0.03,
  });
});

it('carries nothing for CloudWatch where nobody asked for metrics', () => {
  const lines = [
    write((logger) => logger.request(recordOf(), trace), { metrics: false }),
    write((logger) => logger.refused(refusal), { metrics: false }),
    write((logger) => logger.fault({ kind: 'store-failed', error: 'StoreError' }), { metrics: false }),
  ];

  for (const line of lines) {
    expect(line).not.toContain('_aws');
    expect(line).not.toContain('service.name');
    for (const { name } of [metrics.gatewayErrors, metrics.providerErrors, metrics.faults]) {
      expect(JSON.parse(line)).not.toHaveProperty([name]);
    }
  }
});

it.each([undefined, ''])('measures in the name of gatehouse where the service has none: %j', (unnamed) => {
  const text = write((logger) => logger.reconciled(run), { serviceName: unnamed });

  expect(extractMetrics(text).map(({ dimensions }) => dimensions)).toEqual([
    { 'service.name': 'gatehouse' },
    { 'service.name': 'gatehouse' },
  ]);
});

it('emits every metric that there is, with the dimensions that it is listed with', () => {
  const lines = [
    writeRequest(),
    write((logger) => logger.refused({ ...refusal, errorCode: 'origin_not_verified' })),
    write((logger) => logger.fault({ kind: 'store-failed', error: 'StoreError' })),
    write((logger) => logger.reconciled(run)),
  ];

  const emitted = lines
    .flatMap(extractMetrics)
    .map(({ name, unit, dimensions }) => `${name} ${unit} ${Object.keys(dimensions).join()}`);

  const listed = Object.values(metrics).flatMap(({ name, unit, by }) =>
    by.map((set) => `${name} ${unit} ${set.join()}`),
  );
  expect(emitted.toSorted()).toEqual(listed.toSorted());
});
