import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gatehouse, startGatehouse } from '../fixtures/gatehouse.ts';
import { ask } from '../fixtures/simulated-clients.ts';
import {
  brokenJson200,
  deadOnConnect,
  errorBody200,
  gzip,
  type Handler,
  hangAfterHeaders,
  hangBeforeHeaders,
  hangMidStream,
  html200,
  html500,
  json,
  rateLimit429,
  redirect,
  redirectTarget,
  refuse401,
  resetMidStream,
  sampleChunks,
  sampleCompletion,
  slowDrip,
  sse,
  staleSocket,
  startUpstream,
  truncatedSse,
  type Upstream,
} from '../fixtures/upstream.ts';
import { getData, labCredential } from './lab.ts';
import { expectRefusal } from './raw-http.ts';

const foreignName = 'modèle 模型';

/** What each test lets the provider do. */
let behaviour: Handler;
let upstream: Upstream;
let gatehouse: Gatehouse;
let apiKey: string;

beforeAll(async () => {
  upstream = await startUpstream((request, response) => behaviour(request, response));
  const protocols = ['openai-chat', 'anthropic-messages'];
  const models = [{ id: '*', free: true }];
  const targets = [{ provider: 'lab', model: 'sample' }];
  const dead = 'http://127.0.0.1:1/v1';
  gatehouse = await startGatehouse({
    providers: {
      lab: { baseUrl: `${upstream.url}/v1`, protocols, models, credentialEnv: 'LAB_KEY' },
      dead: { baseUrl: dead, protocols, models, auth: { kind: 'none' } },
    },
    environment: { LAB_KEY: labCredential },
    routes: {
      lab: { strategy: 'ordered', targets },
      foreign: { strategy: 'ordered', targets: [{ provider: 'lab', model: foreignName }] },
      // Short timeouts for those who are meant to meet them, and for nobody else on a busy machine.
      impatient: { strategy: 'ordered', targets, timeouts: { firstByteMs: 200 } },
      watchful: { strategy: 'ordered', targets, timeouts: { idleMs: 300 } },
    },
    // One at a time: a request that was not settled would keep the next one out.
    keys: { single: { limits: { concurrentRequests: 1 } } },
  });
  apiKey = gatehouse.keyOf('single');
});
afterAll(async () => {
  await gatehouse.close();
  await upstream.close();
});

const paths = { openai: '/v1/chat/completions', anthropic: '/v1/messages' } as const;
const clients = Object.keys(paths) as (keyof typeof paths)[];

async function call(dialect: keyof typeof paths, stream: boolean, model: string = 'lab') {
  const response = await fetch(gatehouse.url + paths[dialect], {
    method: 'POST',
    headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
    body: JSON.stringify({ model, max_tokens: 100, stream, messages: ask('hi') }),
  });
  return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
}

/** The request left one record that agrees with what the caller was told, and holds nothing any more. */
async function expectSettled(answer: Awaited<ReturnType<typeof call>>, errorCode: string | undefined): Promise<void> {
  const id = answer.headers['x-request-id'];
  const lines = gatehouse.logs.filter((line) => (line.type === 'request' || line.type === 'refused') && line.id === id);
  expect(lines).toMatchObject([{ type: 'request', ...(errorCode !== undefined && { errorCode }) }]);
  expect(gatehouse.logs.filter((line) => line.type === 'fault')).toEqual([]);
  const key = await getData<{ meters: object[] }>({ url: gatehouse.url, apiKey }, '/v1/key');
  expect(key.meters[0]).toMatchObject({ concurrent_requests: { limit: 1, remaining: 1 } });
}

function expectNoLeak({ body, headers }: Awaited<ReturnType<typeof call>>): void {
  const all = body + JSON.stringify(headers);
  for (const part of ['nginx', '<html', 'sign in', labCredential.slice(0, 8), '0001.', redirectTarget, '10.1.2.3']) {
    expect(all).not.toContain(part);
  }
}

interface Fault {
  readonly name: string;
  readonly handler: Handler;
  readonly status: number;
  readonly code: string;
  readonly retry: boolean;
  readonly retryAfter?: string;
  /** Anthropic's status for it, where that is another one. */
  readonly anthropicStatus?: number;
  /** The route it is met on. */
  readonly route?: 'impatient' | 'watchful';
  /** Comes too late for a status where a stream was asked for. */
  readonly midStream?: true;
}

const saying = (status: number, error: object): Handler => json({ error }, status);
const faults: readonly Fault[] = [
  { name: 'dead', handler: deadOnConnect, status: 502, code: 'provider_unreachable', retry: true },
  {
    name: 'silent',
    handler: hangBeforeHeaders,
    route: 'impatient',
    status: 504,
    code: 'provider_timeout',
    retry: true,
  },
  {
    name: 'silent after its headers',
    handler: hangAfterHeaders,
    route: 'watchful',
    status: 504,
    code: 'provider_timeout',
    retry: true,
  },
  {
    name: 'silent in the middle',
    handler: hangMidStream(),
    route: 'watchful',
    status: 504,
    code: 'provider_timeout',
    retry: true,
    midStream: true,
  },
  {
    name: 'gone after a few bytes',
    handler: resetMidStream(20),
    status: 502,
    code: 'provider_error',
    retry: true,
  },
  {
    name: 'gone in the middle',
    handler: resetMidStream(400),
    status: 502,
    code: 'provider_error',
    retry: true,
    midStream: true,
  },
  {
    name: 'done in the middle of an event',
    handler: truncatedSse(),
    status: 502,
    code: 'provider_invalid_response',
    retry: true,
    midStream: true,
  },
  { name: 'a failing load balancer', handler: html500, status: 502, code: 'provider_error', retry: true },
  { name: 'a login page', handler: html200, status: 502, code: 'provider_invalid_response', retry: true },
  { name: 'half a JSON', handler: brokenJson200, status: 502, code: 'provider_invalid_response', retry: true },
  { name: 'an error that says 200', handler: errorBody200, status: 502, code: 'provider_error', retry: true },
  { name: 'somewhere else', handler: redirect(), status: 502, code: 'provider_invalid_response', retry: false },
  {
    name: 'compressed',
    handler: gzip(sampleCompletion),
    status: 502,
    code: 'provider_invalid_response',
    retry: true,
  },
  {
    name: 'refusing our credential',
    handler: refuse401,
    status: 502,
    code: 'provider_credential_refused',
    retry: false,
  },
  {
    name: 'refusing our credential with 400',
    handler: saying(400, { message: 'Incorrect API key provided: la***01.' }),
    status: 502,
    code: 'provider_credential_refused',
    retry: false,
  },
  {
    name: 'forbidding our credential the model',
    handler: saying(403, { message: `no access for ${labCredential}` }),
    status: 502,
    code: 'provider_credential_refused',
    retry: false,
  },
  {
    name: 'limiting our rate',
    handler: rateLimit429(7),
    status: 429,
    code: 'provider_rate_limited',
    retry: true,
    retryAfter: '7',
  },
  {
    name: 'out of our money',
    handler: saying(402, { message: 'pay' }),
    status: 502,
    code: 'provider_quota_exceeded',
    retry: false,
  },
  {
    name: 'overloaded',
    handler: saying(503, { message: 'busy' }),
    status: 503,
    code: 'provider_overloaded',
    retry: true,
    anthropicStatus: 529,
  },
  {
    name: 'timing out by itself',
    handler: saying(504, { message: 'late' }),
    status: 504,
    code: 'provider_timeout',
    retry: true,
  },
  {
    name: 'refusing the request',
    handler: saying(422, { message: 'Temperature must be below 2.' }),
    status: 422,
    code: 'provider_rejected_request',
    retry: false,
  },
  {
    name: 'answering with a status nobody knows',
    handler: saying(418, { message: 'teapot' }),
    status: 502,
    code: 'provider_invalid_response',
    retry: false,
  },
];

describe.each(clients)('a client that speaks %s', (dialect) => {
  it.each(faults)('gets a whole answer from a provider that is $name', async (fault) => {
    behaviour = fault.handler;

    const answer = await call(dialect, false, fault.route);

    const status = (dialect === 'anthropic' ? fault.anthropicStatus : undefined) ?? fault.status;
    expectRefusal(answer, { ...fault, status, dialect, owner: 'provider' });
    expect(answer.headers['retry-after']).toBe(fault.retryAfter);
    expectNoLeak(answer);
    await expectSettled(answer, fault.code);
  });

  it.each(faults.filter(({ midStream }) => midStream === undefined))(
    'gets a status rather than a stream from a provider that is $name',
    async (fault) => {
      behaviour = fault.handler;

      const answer = await call(dialect, true, fault.route);

      const status = (dialect === 'anthropic' ? fault.anthropicStatus : undefined) ?? fault.status;
      expectRefusal(answer, { ...fault, status, dialect, owner: 'provider' });
      expect(answer.headers).toMatchObject({ 'x-gatehouse-provider': 'lab', 'x-gatehouse-attempts': '1' });
      expectNoLeak(answer);
      await expectSettled(answer, fault.code);
    },
  );

  it.each(faults.filter(({ midStream }) => midStream === true))(
    'gets an error as its last event from a provider that is $name',
    async ({ handler, code, route }) => {
      behaviour = handler;

      const answer = await call(dialect, true, route);

      expect([answer.status, answer.headers['content-type']]).toEqual([200, 'text/event-stream; charset=utf-8']);
      const events = answer.body.split('\n\n').filter((event) => event !== '');
      const [last = ''] = events.slice(-1);
      expect(events.length).toBeGreaterThan(1);
      const data = JSON.parse(last.slice(last.indexOf('data: ') + 'data: '.length)) as object;
      const envelope = dialect === 'anthropic' ? { type: 'error', error: { code } } : { error: { code } };
      expect(last.startsWith('event: error\n')).toBe(dialect === 'anthropic');
      expect(data).toMatchObject(envelope);
      await expectSettled(answer, code);
    },
  );

  it('gets a status for a provider that cannot be reached', async () => {
    const answer = await call(dialect, true, 'dead/any');

    expectRefusal(answer, { status: 502, code: 'provider_unreachable', dialect, owner: 'provider', retry: true });
    await expectSettled(answer, 'provider_unreachable');
  });
});

it('passes on what the provider has against a request, and the field', async () => {
  behaviour = saying(400, { message: 'temperature must be below 2', param: 'temperature' });

  const answer = await call('openai', false);

  const expected = { message: 'lab rejected the request: temperature must be below 2', param: 'temperature' };
  expect(JSON.parse(answer.body)).toMatchObject({ error: expected });
});

it('withholds a credential that the provider quotes in a refusal', async () => {
  behaviour = (request, response) =>
    saying(400, { message: `Bad request with ${request.headers.authorization}` })(request, response);

  const answer = await call('openai', false);

  expect(JSON.parse(answer.body)).toMatchObject({ error: { code: 'provider_rejected_request' } });
  expect(answer.body).not.toContain(labCredential);
});

it('does not follow a redirect with the credential it holds', async () => {
  behaviour = redirect();

  await call('openai', false);

  expect(upstream.requests.filter(({ path }) => path === redirectTarget)).toEqual([]);
});

it('opens a new connection for a request that met one the provider had closed', async () => {
  behaviour = staleSocket();

  const first = await call('openai', false);
  const second = await call('openai', false);

  expect([first.status, second.status]).toEqual([200, 200]);
  expect(second.headers['x-gatehouse-attempts']).toBe('1');
  await expectSettled(second, undefined);
});

it.each([false, true])('calls a model whose name no header could carry (stream: %s)', async (stream) => {
  behaviour = stream ? sse(sampleChunks) : json(sampleCompletion);

  const answer = await call('openai', stream, 'foreign');

  expect(answer.status).toBe(200);
  expect(answer.headers['x-gatehouse-model']).toBe(encodeURI(foreignName));
  expect(JSON.parse(String(upstream.requests.at(-1)?.body))).toMatchObject({ model: foreignName });
  await expectSettled(answer, undefined);
});

it('passes on a stream that comes byte by byte', async () => {
  const text =
    'data: {"choices":[{"index":0,"delta":{"content":"é"},"finish_reason":"stop"}]}\r\n\r\ndata: [DONE]\r\n\r\n';
  behaviour = slowDrip(text);

  const answer = await call('openai', true);

  expect(answer.body).toBe(text);
  await expectSettled(answer, undefined);
});
