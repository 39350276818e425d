import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClientProtocol, clientProtocols, type UpstreamProtocol, upstreamProtocols } from '../contract/cases.ts';
import { requestFixture, responseFixture, streamFixture } from '../contract/fixtures.ts';
import { type Gatehouse, startGatehouse } from '../fixtures/gatehouse.ts';
import { type Handler, startUpstream, type Upstream } from '../fixtures/upstream.ts';
import { getData } from './lab.ts';

/** Every client before a provider of every other protocol that does what none should: over sockets, through the whole proxy. */

let behaviour: Handler;
let upstream: Upstream;
let gatehouse: Gatehouse;
let apiKey: string;

beforeAll(async () => {
  upstream = await startUpstream((request, response) => behaviour(request, response));
  gatehouse = await startGatehouse({
    providers: Object.fromEntries(
      upstreamProtocols.map((protocol) => [
        protocol,
        {
          baseUrl: upstream.url,
          protocols: [protocol],
          models: [{ id: '*', price: { inputPerMillion: 1_000_000, outputPerMillion: 2_000_000 } }],
          auth: { kind: 'none' },
        },
      ]),
    ),
    // One at a time: a request that was not settled would keep the next one out.
    keys: { single: { limits: { concurrentRequests: 1 } } },
  });
  apiKey = gatehouse.keyOf('single');
});
afterAll(async () => {
  await gatehouse.close();
  await upstream.close();
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const paths: Record<ClientProtocol, string> = {
  'openai-chat': '/v1/chat/completions',
  'openai-responses': '/v1/responses',
  'anthropic-messages': '/v1/messages',
  gemini: '/v1beta/models',
};

async function call(client: ClientProtocol, target: UpstreamProtocol, stream: boolean): Promise<Answer> {
  const model = `${target}/anthropic.sample`;
  const method = stream ? 'streamGenerateContent?alt=sse' : 'generateContent';
  const path = client === 'gemini' ? `${paths.gemini}/${model}:${method}` : paths[client];
  const fields = requestFixture(client, 'stop');
  const response = await fetch(gatehouse.url + path, {
    method: 'POST',
    headers: {
      'x-api-key': apiKey,
      'content-type': 'application/json',
      'x-gatehouse-drop-unsupported': 'true',
    },
    body: JSON.stringify(client === 'gemini' ? fields : { ...fields, model, stream }),
  });
  return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
}

/** One record, and nothing held any more. */
async function settled({ headers }: Answer): Promise<object> {
  const id = headers['x-request-id'];
  const lines = gatehouse.logs.filter((line) => (line.type === 'request' || line.type === 'refused') && line.id === id);
  expect(lines).toMatchObject([{ type: 'request' }]);
  expect(gatehouse.logs.filter((line) => line.type === 'fault')).toEqual([]);
  const key = await getData<{ meters: object[] }>({ url: gatehouse.url, apiKey }, '/v1/key');
  expect(key.meters[0]).toMatchObject({ concurrent_requests: { limit: 1, remaining: 1 } });
  return lines[0] ?? {};
}

function errorOf(client: ClientProtocol, text: string): object {
  const value = JSON.parse(text) as { error?: object; type?: string };
  if (client === 'anthropic-messages') expect(value.type).toBe('error');
  // A stream of Responses ends in an event that is the error itself.
  return value.error ?? value;
}

/** The data of the last event. */
function lastData(body: string): string {
  const data = body.split('\n').filter((line) => line.startsWith('data: '));
  return (data.at(-1) ?? '').slice('data: '.length);
}

const mediaTypes = (target: UpstreamProtocol): string =>
  target === 'bedrock-converse' ? 'application/vnd.amazon.eventstream' : 'text/event-stream';

const secretWords = 'nginx at 10.1.2.3';

function sending(type: string, body: string | Buffer, { status = 200, headers = {} } = {}): Handler {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': type, ...headers }).end(body);
  };
}

const page = `<html><body>${secretWords}</body></html>`;
type Fault = readonly [name: string, code: string, handler: (target: UpstreamProtocol) => Handler];

/** Where a stream was asked for. `provider_error`: what the provider itself calls a failure. */
const streamFaults: readonly Fault[] = [
  ['nothing', 'provider_invalid_response', (target) => sending(mediaTypes(target), '')],
  ['a page of HTML', 'provider_invalid_response', () => sending('text/html', page)],
  ['a page of HTML that claims to be a stream', '', (target) => sending(mediaTypes(target), page)],
  ['a failing load balancer', 'provider_error', () => sending('text/html', page, { status: 502 })],
  [
    'an error as plain JSON',
    '',
    (target) => sending('application/json', JSON.stringify(responseFixture(target, 'error'))),
  ],
  [
    'a stream under another type',
    'provider_invalid_response',
    (target) => sending('text/plain', streamFixture(target, 'stop')),
  ],
  [
    'a compressed stream',
    'provider_invalid_response',
    (target) =>
      sending(mediaTypes(target), gzipSync(streamFixture(target, 'stop')), { headers: { 'content-encoding': 'gzip' } }),
  ],
  [
    'half a stream',
    '',
    (target) => {
      const bytes = streamFixture(target, 'text');
      return sending(mediaTypes(target), bytes.subarray(0, Math.floor(bytes.length / 2)));
    },
  ],
  ['an error within the stream', '', (target) => sending(mediaTypes(target), streamFixture(target, 'error'))],
  [
    'an event without an end',
    // What follows a damaged prelude of AWS is no event at all.
    '',
    (target) =>
      sending(
        mediaTypes(target),
        Buffer.concat([streamFixture(target, 'stop').subarray(0, 5), Buffer.alloc(17 * 1024 * 1024, 'x')]),
      ),
  ],
];

const wholeFaults: readonly Fault[] = [
  ['nothing', 'provider_invalid_response', () => sending('application/json', '')],
  ['a page of HTML', 'provider_invalid_response', () => sending('text/html', page)],
  ['a failing load balancer', 'provider_error', () => sending('text/html', page, { status: 502 })],
  ['JSON of another kind', 'provider_invalid_response', () => sending('application/json', '[1,2]')],
  [
    'half a document',
    'provider_invalid_response',
    (target) => sending('application/json', JSON.stringify(responseFixture(target, 'stop')).slice(0, 40)),
  ],
  [
    'a document that nests without end',
    'provider_invalid_response',
    () => sending('application/json', '['.repeat(200_000)),
  ],
  [
    'a compressed document',
    'provider_invalid_response',
    (target) =>
      sending('application/json', gzipSync(JSON.stringify(responseFixture(target, 'stop'))), {
        headers: { 'content-encoding': 'gzip' },
      }),
  ],
];

const pairs = clientProtocols.flatMap((client) =>
  upstreamProtocols.filter((target) => target !== client).map((target) => ({ client, target })),
);

describe.each(pairs)('$client before $target', ({ client, target }) => {
  it.each(streamFaults)('is told in its own words of %s in place of a stream', async (_name, code, handler) => {
    behaviour = handler(target);

    const answer = await call(client, target, true);

    const record = await settled(answer);
    const { errorCode } = record as { errorCode?: string };
    expect(errorCode).toMatch(code === '' ? /^provider_/ : code);
    const error = errorOf(client, answer.status === 200 ? lastData(answer.body) : answer.body);
    // Google's envelope has a number where others have our code.
    if (client !== 'gemini') expect(error).toMatchObject({ code: errorCode });
    else expect(JSON.stringify(error)).toContain(errorCode);
    expect(answer.body).not.toContain(secretWords);
  });

  it.each(wholeFaults)('is told in its own words of %s in place of an answer', async (_name, code, handler) => {
    behaviour = handler(target);

    const answer = await call(client, target, false);

    expect(await settled(answer)).toMatchObject({ errorCode: code });
    expect([answer.status, answer.headers['x-gatehouse-error-code']]).toEqual([502, code]);
    errorOf(client, answer.body);
    expect(answer.body).not.toContain(secretWords);
  });

  // Gemini marks no end: what more it says is part of the answer.
  if (target !== 'gemini') {
    it('gets one answer of a stream that comes twice', async () => {
      const bytes = streamFixture(target, 'stop');
      behaviour = sending(mediaTypes(target), bytes);
      const once = await call(client, target, true);
      behaviour = sending(mediaTypes(target), Buffer.concat([bytes, bytes]));

      const twice = await call(client, target, true);

      const withoutIds = ({ body }: Answer): string =>
        body.replaceAll(/[0-9A-Z]{26}/g, 'id').replaceAll(/"created(?:_at)?":\d+|"completed_at":\d+/g, '');
      expect(once.status).toBe(200);
      expect(withoutIds(twice)).toBe(withoutIds(once));
      expect(await settled(twice)).toMatchObject({ ending: 'completed' });
    });
  }

  it.each([-1, 1e300, 0.5, '7', null])('pays by estimate where the provider counts %s tokens', async (count) => {
    const text = JSON.stringify(responseFixture(target, 'stop'), (name, value: unknown) =>
      /tokens|TokenCount/i.test(name) && typeof value === 'number' ? count : value,
    );
    behaviour = sending('application/json', text);

    const answer = await call(client, target, false);

    expect(answer.status).toBe(200);
    expect(await settled(answer)).toMatchObject({ ending: 'completed', usageEstimated: true });
    expect(Number(answer.headers['x-gatehouse-cost-micro-usd'])).toBeGreaterThan(0);
    expect(Number(answer.headers['x-gatehouse-cost-micro-usd'])).toBeLessThan(10_000);
  });
});

it('tells of a checksum that does not match', async () => {
  const bytes = Buffer.from(streamFixture('bedrock-converse', 'text'));
  const at = bytes.length - 1;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  behaviour = sending('application/vnd.amazon.eventstream', bytes);

  const answer = await call('openai-chat', 'bedrock-converse', true);

  expect(JSON.parse(lastData(answer.body))).toMatchObject({ error: { owner: 'provider' } });
  expect(await settled(answer)).toMatchObject({ ending: 'provider-failed-midstream' });
});
