import { statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiKey, parseApiKey } from '../../lambdas/crypto/api-key.ts';
import { createLocalKeyWrapper } from '../../lambdas/crypto/local-key-wrapper.ts';
import { endpoints } from '../../lambdas/data-plane/endpoints.ts';
import { createDataPlane } from '../../lambdas/data-plane/handle.ts';
import type { StoreClient } from '../../lambdas/store/client.ts';
import { requestRecordAttributes } from '../../lambdas/store/request-record.ts';
import { dataPlaneLines } from '../../lambdas/telemetry/data-plane-lines.ts';
import { createLineWriter } from '../../lambdas/telemetry/log-line.ts';
import { createLogger } from '../../lambdas/telemetry/logger.ts';
import { upstreamProtocols } from '../contract/cases.ts';
import { readAllItems, seedTenant, type StoredItems, writeConfiguration } from '../fixtures/gatehouse.ts';
import {
  type Greeting,
  type LeaveForTheEnd,
  quietFlags,
  startLocalProcess,
  temporaryFolder,
} from '../fixtures/local-process.ts';
import { startTraceCollector, type TraceCollector } from '../fixtures/trace-collector.ts';
import { startUpstream } from '../fixtures/upstream.ts';
import {
  canaryRequests,
  type CanaryRequest,
  marker,
  misbehave,
  routeMarker,
  secretMarker,
  strayRequests,
} from './canary-requests.ts';
import { translatingProviders } from './canary-translated.ts';
import { openSocket, type RawAnswer, sendRaw } from './raw-http.ts';
import { filesOf, findAll, formsOf, itemsOf, withoutCase } from './search.ts';

/** Members that a log line or a span may have: a closed list of its own, so that a new name is a decision made twice. */
const requestMembers = [
  'http.route',
  'http.response.status_code',
  'error.type',
  'cloud.region',
  'gen_ai.operation.name',
  'gen_ai.provider.name',
  'gen_ai.request.model',
  'gen_ai.request.stream',
  'gen_ai.response.finish_reasons',
  'gen_ai.usage.input_tokens',
  'gen_ai.usage.output_tokens',
  'gen_ai.usage.reasoning.output_tokens',
  'gen_ai.usage.cache_read.input_tokens',
  'gen_ai.usage.cache_creation.input_tokens',
  'gatehouse.usage.cache_creation_1h.input_tokens',
  'gatehouse.usage.estimated',
  'gatehouse.request.id',
  'gatehouse.organization.id',
  'gatehouse.workspace.id',
  'gatehouse.workspace.policy_version',
  'gatehouse.key.id',
  'gatehouse.key.policy_version',
  'gatehouse.credential.owner',
  'gatehouse.credential.version',
  'gatehouse.ending',
  'gatehouse.attempts',
  'gatehouse.overhead',
  'gatehouse.cost',
];
const lineMembers = new Set([
  ...requestMembers,
  'type',
  'level',
  'timestamp',
  'trace_id',
  'span_id',
  'gen_ai.server.request.duration',
  'gen_ai.server.time_to_first_token',
  'http.server.request.duration',
  'gatehouse.admin.operation',
]);
const spanMembers = new Set([...requestMembers, 'http.request.method']);

describe('a marker sent on every way in', () => {
  let greeting: Greeting;
  let keys: Record<string, string>;
  let answers: RawAnswer[];
  let stdout: string;
  let stderr: string;
  let stored: StoredItems;
  let files: Map<string, string>;
  let dataFolder: string;
  let collector: TraceCollector;

  const cleanUps: (() => Promise<void> | void)[] = [];
  const leaveForTheEnd: LeaveForTheEnd = (cleanUp) => void cleanUps.push(cleanUp);
  afterAll(async () => {
    for (const cleanUp of cleanUps.toReversed()) await cleanUp();
  });
  beforeAll(async () => {
    const upstream = await startUpstream(misbehave);
    cleanUps.push(() => upstream.close());
    collector = await startTraceCollector();
    cleanUps.push(() => collector.close());
    dataFolder = path.join(temporaryFolder(leaveForTheEnd), 'data');
    keys = await seedTenant(dataFolder, {
      keys: {
        revoked: { status: 'revoked' },
        poor: { budget: { amountMicroUsd: 1, period: 'total' } },
        minute: { limits: { requestsPerMinute: 1 } },
        narrow: { models: ['none'] },
      },
      routes: { [routeMarker]: { strategy: 'ordered', targets: [{ provider: 'sim', model: 'echo' }] } },
    });
    const lab = {
      baseUrl: `${upstream.url}/v1`,
      protocols: [
        'openai-chat',
        'openai-embeddings',
        'anthropic-messages',
        'openai-images',
        'openai-speech',
        'openai-moderations',
        'rerank',
      ],
      models: [{ id: 'sample', price: { inputPerMillion: 1_000_000, outputPerMillion: 1_000_000 } }],
      credentialEnv: 'LAB_KEY',
    };
    const configuration = writeConfiguration(path.dirname(dataFolder), { lab, ...translatingProviders(upstream.url) });
    const environment = {
      LAB_KEY: `lab-${secretMarker}-0001`,
      OPENAI_API_KEY: `sk-${secretMarker}-0002`,
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: collector.endpoint,
    };
    const flags = [...quietFlags(dataFolder), '--config', configuration];
    const runner = startLocalProcess(flags, environment, leaveForTheEnd);
    greeting = await runner.ready();
    answers = [];
    for (const request of [...Object.values(canaryRequests).flat(), ...strayRequests]) {
      answers.push(await sendCanary(request));
    }
    await fetch(`${greeting.adminUrl}/${marker}?${marker}`, { headers: { authorization: `Bearer ${marker}` } });
    runner.kill('SIGTERM');
    await runner.exited;
    stdout = runner.stdout();
    stderr = runner.stderr();
    files = filesOf(dataFolder);
    stored = await readAllItems(path.join(dataFolder, 'database'));
  }, 60_000);

  async function sendCanary({ key, abandoned, ...request }: CanaryRequest): Promise<RawAnswer> {
    const secret = key === 'local' ? greeting.apiKey : keys[key];
    const headers = {
      traceparent: `00-${marker}-01`,
      tracestate: `${marker}=${marker}`,
      baggage: `${marker}=${marker}`,
      ...request.headers,
      ...(secret !== undefined && { authorization: `Bearer ${secret}` }),
    };
    if (abandoned === undefined) return sendRaw(greeting.proxyUrl, { ...request, headers });
    const socket = await openSocket(greeting.proxyUrl);
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const length = Buffer.byteLength(request.body ?? '');
    socket.write(`POST ${request.path} HTTP/1.1\r\nhost: x\r\ncontent-length: ${length}\r\n${lines.join('')}\r\n`);
    socket.write(request.body ?? '');
    await new Promise((resolve) => socket.once('data', resolve));
    socket.destroy();
    return { status: 0, headers: {}, body: '' };
  }

  it('has a canary for every endpoint', () => {
    const names = endpoints.map(({ method, path: endpoint }) => `${method} ${endpoint}`);

    expect(Object.keys(canaryRequests).toSorted()).toEqual(names.toSorted());
  });

  it('went everywhere: to success, to refusals and to every kind of failure', () => {
    const statuses = new Set(answers.map(({ status }) => status));
    const endings = new Set(stored.requests.map((item) => item['ending']?.S));

    for (const status of [200, 400, 401, 402, 403, 404, 405, 413, 429, 431, 502, 529])
      expect(statuses).toContain(status);
    expect([...statuses].filter((status) => status === 500 || Number.isNaN(status))).toEqual([]);
    for (const ending of [
      'completed',
      'provider-refused',
      'provider-failed',
      'provider-failed-midstream',
      'caller-gone',
    ])
      expect(endings).toContain(ending);
    const translated = answers.filter(({ status, body }) => status === 200 && body.includes(marker));
    const spoken = translated.map(({ headers }) => headers['x-gatehouse-upstream-protocol']);
    expect(spoken).toEqual(expect.arrayContaining([...upstreamProtocols]));
    // The search itself works: it finds what has to be there, in each of the places.
    const [record] = stored.requests;
    const id = record?.['id']?.S ?? '';
    expect(findAll(id, itemsOf(stored))).toHaveLength(1);
    expect(findAll(id, new Map([['stderr', withoutCase(stderr)]]))).toEqual(['stderr']);
    expect(findAll(id, files).every((name) => name.startsWith('database'))).toBe(true);
    expect(findAll(id, files).length).toBeGreaterThan(0);
    expect(
      findAll(marker, new Map(answers.map(({ body }, index) => [String(index), withoutCase(body)]))).length,
    ).toBeGreaterThan(9);
    for (const form of formsOf(marker)) expect(findAll(marker, new Map([['form', `x${form}x`]]))).toEqual(['form']);
  });

  it.each([
    ['the marker', () => marker],
    ['a credential of a provider', () => secretMarker],
    ['the secret of an API key', () => parseApiKey(greeting.apiKey)?.secret.reveal() ?? ''],
    ['the secret of a revoked key', () => parseApiKey(keys['revoked'] ?? '')?.secret.reveal() ?? ''],
  ])('leaves no trace of %s in any table, log line, span, file or error output', (_name, text) => {
    const secrets = new Set(['api-key', 'admin-token']);
    const otherFiles = new Map([...files].filter(([name]) => !secrets.has(name)));
    const ownLine = `${JSON.stringify(greeting)}\n`;

    expect(text().length).toBeGreaterThan(15);
    expect(findAll(text(), itemsOf(stored))).toEqual([]);
    expect(findAll(text(), otherFiles)).toEqual([]);
    const output = new Map([
      ['stdout', withoutCase(stdout.replace(ownLine, ''))],
      ['stderr', withoutCase(stderr)],
    ]);
    expect(findAll(text(), output)).toEqual([]);
    expect(findAll(text(), spanTexts())).toEqual([]);
  });

  const spanTexts = (): Map<string, string> =>
    new Map(
      collector.upstream.requests.map(({ headers, body }, index) => [
        `spans ${index}`,
        withoutCase(JSON.stringify(headers) + body.toString()),
      ]),
    );

  it('stores and logs the model that was resolved, not the text the caller named it by', () => {
    const items = itemsOf({ ...stored, policy: [], control: [] });

    expect(findAll(routeMarker, new Map([...items, ...spanTexts(), ['stderr', withoutCase(stderr)]]))).toEqual([]);
  });

  it('tells no caller the credential of a provider', () => {
    const told = answers.map(
      ({ headers, body }, index) => [String(index), withoutCase(JSON.stringify(headers) + body)] as const,
    );

    expect(findAll(secretMarker, new Map(told))).toEqual([]);
  });

  it('keeps the two files that hold secrets to their owner', () => {
    for (const name of ['api-key', 'admin-token', 'key-encryption-key']) {
      expect((statSync(path.join(dataFolder, name)).mode & 0o777).toString(8)).toBe('600');
    }
    expect((statSync(dataFolder).mode & 0o777).toString(8)).toBe('700');
  });

  it('stores of a request the listed attributes and nothing else', () => {
    const allowed = new Set<string>(['pk', 'sk', ...requestRecordAttributes]);

    expect(stored.requests.length).toBeGreaterThan(50);
    expect(stored.requests.flatMap((item) => Object.keys(item).filter((name) => !allowed.has(name)))).toEqual([]);
  });

  it('logs of a request the listed attributes and nothing else', () => {
    const lines = stderr.split('\n').filter((line) => line.startsWith('{'));

    expect(lines.length).toBeGreaterThan(100);
    for (const line of lines) {
      expect(Object.keys(JSON.parse(line) as object).filter((name) => !lineMembers.has(name))).toEqual([]);
    }
  });

  it('tells a collector of every admitted request the listed attributes and nothing else', () => {
    const spans = collector.spans();

    const servers = spans.filter(({ kind }) => kind === 2);
    const traced = servers.map(({ attributes }) => String(attributes['gatehouse.request.id']));
    expect(traced.toSorted()).toEqual(stored.requests.map((item) => item['id']?.S ?? '').toSorted());
    expect(spans.filter(({ kind }) => kind === 3).length).toBeGreaterThan(50);
    const members = spans.flatMap(({ attributes }) => Object.keys(attributes));
    expect(members.filter((name) => !spanMembers.has(name))).toEqual([]);
  });
});

it('logs no word of an error that nobody expected', async () => {
  const logs: string[] = [];
  const writeLine = createLineWriter((text) => logs.push(text), {
    kinds: dataPlaneLines,
    metrics: true,
    now: Date.now,
  });
  const fail = async (): Promise<never> => {
    throw Object.assign(new TypeError(`${marker} at line ${marker}`, { cause: new Error(marker) }), {
      [marker]: marker,
    });
  };
  const store: StoreClient = {
    getItem: fail,
    putItem: fail,
    updateItem: fail,
    deleteItem: fail,
    query: fail,
    scan: fail,
  };
  const handle = createDataPlane({
    store,
    tables: { policy: 'policy', meter: 'meter', requests: 'requests', vault: 'vault' },
    keyUnwrapper: createLocalKeyWrapper(Buffer.alloc(32)).unwrapper,
    upstream: { post: fail, close: () => {} },
    logger: createLogger(writeLine),
    region: 'test',
    now: () => 1_767_225_600_000,
  });
  const body = JSON.stringify({ model: 'sim/echo', messages: [{ role: 'user', content: marker }] });

  const response = await handle({
    id: 'req_1',
    method: 'POST',
    path: '/v1/chat/completions',
    query: new URLSearchParams(),
    headers: { 'content-type': 'application/json', 'x-api-key': createApiKey().apiKey.reveal() },
    readBody: async () => Buffer.from(body),
    sourceAddress: '127.0.0.1',
    receivedAt: 1_767_225_600_000,
    deadline: 1_767_225_700_000,
    signal: new AbortController().signal,
  });

  expect(logs.map((line) => JSON.parse(line))).toMatchObject([
    { type: 'fault', 'error.type': 'TypeError', _aws: expect.anything() },
    { type: 'refused', 'http.response.status_code': response.status, _aws: expect.anything() },
  ]);
  const answer = Buffer.isBuffer(response.body) ? response.body.toString() : '';
  const places = new Map([
    ['logs', withoutCase(logs.join(''))],
    ['answer', withoutCase(JSON.stringify(response.headers) + answer)],
  ]);
  expect(answer).toContain('error');
  expect(findAll(marker, places)).toEqual([]);
});
