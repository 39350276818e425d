import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiKey } from '../../lambdas/crypto/api-key.ts';
import { type Gatehouse, startGatehouse } from '../fixtures/gatehouse.ts';
import { ask } from '../fixtures/simulated-clients.ts';
import { hangBeforeHeaders } from '../fixtures/upstream.ts';
import { startLab } from './lab.ts';
import { type ExpectedRefusal, expectRefusal, sendRaw } from './raw-http.ts';

const chat = '/v1/chat/completions';
const messages = '/v1/messages';
const embeddings = '/v1/embeddings';
const json = { 'content-type': 'application/json' };
const anthropicVersion = { 'anthropic-version': '2023-06-01' };
const hello = { model: 'sim/echo', max_tokens: 10, messages: ask('hi'), input: 'hi' };
const dialectOf = (path: string) => (path === messages ? 'anthropic' : 'openai');

let gatehouse: Gatehouse;
beforeAll(async () => {
  gatehouse = await startGatehouse({
    environment: { OPENAI_API_KEY: 'sk-never-sent-anywhere' },
    keys: {
      revoked: { status: 'revoked' },
      expired: { expiresAt: 1_700_000_000 },
      elsewhere: { cidrs: ['192.0.2.0/24'] },
      embedder: { endpoints: [embeddings] },
      narrow: { models: ['sim/slow', 'sim/reason*'] },
      minute: { limits: { requestsPerMinute: 1 } },
      tokens: { limits: { tokensPerMinute: 5 } },
      day: { limits: { requestsPerDay: 1 } },
      poor: { budget: { amountMicroUsd: 1, period: 'month' } },
    },
  });
});
afterAll(() => gatehouse.close());

function send(path: string, body: string | Buffer | undefined, headers: Record<string, string> = {}) {
  const authorization = `Bearer ${gatehouse.apiKey}`;
  return sendRaw(gatehouse.url, { path, headers: { authorization, ...json, ...headers }, ...(body && { body }) });
}

describe('a body that is not a request', () => {
  const nested = (depth: number) => `{"messages":${'['.repeat(depth)}${']'.repeat(depth)}}`;
  const bodies: readonly (readonly [name: string, body: string | Buffer, code: string])[] = [
    ['broken JSON', '{"model":"sim/echo","messages":[', 'invalid_json'],
    ['nothing', '', 'invalid_json'],
    ['an array', '[]', 'invalid_json'],
    ['null', 'null', 'invalid_json'],
    ['a string', '"hello"', 'invalid_json'],
    ['a byte order mark', `\ufeff${JSON.stringify(hello)}`, 'invalid_json'],
    ['invalid UTF-8', Buffer.from([...Buffer.from('{"model":"'), 0xff, 0xfe, 0x22, 0x7d]), 'invalid_json'],
    ['nesting of 201 levels', nested(200), 'invalid_json'],
    ['nesting of 100,000 levels', nested(100_000), 'invalid_json'],
    ['nesting that never ends', '{"messages":'.repeat(50_000), 'invalid_json'],
    ['a __proto__ key', `{"__proto__":{"a":1},${JSON.stringify(hello).slice(1)}`, 'invalid_json'],
    ['a __proto__ key inside', JSON.stringify(hello).replace('"role"', '"__proto__":{},"role"'), 'invalid_json'],
    ['an escaped __proto__ key', JSON.stringify(hello).replace('"role"', '"\\u005f_proto__":1,"role"'), 'invalid_json'],
    ['the same key twice', `{"model":"sim/slow",${JSON.stringify(hello).slice(1)}`, 'invalid_json'],
    ['no model', JSON.stringify({ ...hello, model: undefined }), 'invalid_request'],
    ['a model that is null', JSON.stringify({ ...hello, model: null }), 'invalid_request'],
    ['a model that is a number', JSON.stringify({ ...hello, model: 7 }), 'invalid_request'],
    ['a model that is a sentence', JSON.stringify({ ...hello, model: 'the best one' }), 'invalid_request'],
    ['a model of 300 characters', JSON.stringify({ ...hello, model: 'm'.repeat(300) }), 'invalid_request'],
  ];
  const everywhere = [chat, messages, embeddings].flatMap((path) =>
    bodies.map(([name, body, code]) => [path, name, body, code] as const),
  );

  it.each(everywhere)('%s refuses %s with 400', async (path, _name, body, code) => {
    const answer = await send(path, body, { 'content-length': String(Buffer.byteLength(body)) });

    expectRefusal(answer, { status: 400, code, dialect: dialectOf(path), owner: 'caller', retry: false });
  });

  it.each(
    [chat, messages].flatMap((path) =>
      [
        ['no messages', { messages: undefined }],
        ['no message', { messages: [] }],
        ['messages that are a string', { messages: 'hi' }],
        ['a message that is a number', { messages: [...ask('hi'), 7] }],
        ['a message that is an array', { messages: [[]] }],
        ['"stream" that is a word', { stream: 'yes' }],
        ['"max_tokens" below one', { max_tokens: 0 }],
        ['"max_tokens" with a fraction', { max_tokens: 1.5 }],
        ['"max_tokens" beyond reason', { max_tokens: 1e15 }],
      ].map(([name, changes]) => [path, name, changes] as const),
    ),
  )('%s refuses %s with 400', async (path, _name, changes) => {
    const answer = await send(path, JSON.stringify({ ...hello, ...(changes as object) }));

    expectRefusal(answer, { status: 400, code: 'invalid_request', dialect: dialectOf(path), retry: false });
  });

  it.each([
    [chat, { n: 0 }],
    [chat, { n: 1000 }],
    [chat, { stream_options: 'usage' }],
    [chat, { models: ['sim/echo', 7] }],
    [messages, { max_tokens: undefined }],
    [messages, { thinking: 'hard' }],
    [embeddings, { input: undefined }],
    [embeddings, { input: '' }],
    [embeddings, { input: 7 }],
  ])('%s refuses %j with 400', async (path, changes) => {
    const answer = await send(path, JSON.stringify({ ...hello, ...changes }));

    expectRefusal(answer, { status: 400, code: 'invalid_request', dialect: dialectOf(path) });
  });

  it.each([
    [chat, 'text/plain'],
    [messages, 'text/plain'],
    [embeddings, 'application/x-www-form-urlencoded'],
    [chat, ''],
    [chat, 'application/jsonp'],
  ])('%s refuses the content type "%s" with 400', async (path, type) => {
    const answer = await send(path, JSON.stringify(hello), { 'content-type': type });

    expectRefusal(answer, { status: 400, code: 'unsupported_media_type', dialect: dialectOf(path) });
  });
});

describe('a request that is well-formed and not for this caller', () => {
  const stranger = createApiKey().apiKey.reveal();
  const mistyped = `${stranger.slice(0, -1)}${stranger.endsWith('0') ? '1' : '0'}`;
  const rows: readonly (readonly [name: string, key: () => string | undefined, ExpectedRefusal])[] = [
    ['no key', () => undefined, { status: 401, code: 'missing_api_key' }],
    ['a key of another vendor', () => 'sk-proj-1234', { status: 401, code: 'invalid_api_key' }],
    ['a mistyped key', () => mistyped, { status: 401, code: 'invalid_api_key' }],
    ['a key nobody knows', () => stranger, { status: 401, code: 'invalid_api_key' }],
    ['a revoked key', () => gatehouse.keyOf('revoked'), { status: 401, code: 'api_key_revoked' }],
    ['an expired key', () => gatehouse.keyOf('expired'), { status: 401, code: 'api_key_expired' }],
    ['a key for another network', () => gatehouse.keyOf('elsewhere'), { status: 403, code: 'address_not_allowed' }],
    ['a key for other endpoints', () => gatehouse.keyOf('embedder'), { status: 403, code: 'endpoint_not_allowed' }],
    ['a key for other models', () => gatehouse.keyOf('narrow'), { status: 403, code: 'model_not_allowed' }],
  ];

  it.each([chat, messages].flatMap((path) => rows.map(([name, ...rest]) => [path, name, ...rest] as const)))(
    '%s refuses %s',
    async (path, _name, key, expected) => {
      const value = key();
      const headers = { ...json, ...(value !== undefined && { 'x-api-key': value }) };

      const answer = await sendRaw(gatehouse.url, { path, headers, body: JSON.stringify(hello) });

      expectRefusal(answer, { ...expected, dialect: dialectOf(path), retry: false });
    },
  );

  it.each(['/v1/models', '/v1/key', '/v1/generation?id=x'])('GET %s refuses a key nobody knows', async (path) => {
    const headers = { authorization: `Bearer ${stranger}` };

    const answer = await sendRaw(gatehouse.url, { method: 'GET', path, headers });

    expectRefusal(answer, { status: 401, code: 'invalid_api_key' });
  });

  it.each([
    [
      'a model nobody has a credential for',
      { model: 'deepseek/deepseek-v4-flash' },
      { status: 400, code: 'provider_credential_missing' },
    ],
    ['a model no provider has', { model: 'no-such-model' }, { status: 404, code: 'model_not_found' }],
    ['a provider that does not exist', { model: 'constructor/x' }, { status: 404, code: 'model_not_found' }],
    ['an alias that only an object has', { model: 'toString' }, { status: 404, code: 'model_not_found' }],
    ['a model without a price', { model: 'openai/gpt-unheard-of' }, { status: 400, code: 'model_not_priced' }],
    [
      'a tier without a price',
      { model: 'openai/gpt-5-mini', service_tier: 'priority' },
      { status: 400, code: 'model_not_priced' },
    ],
  ] as const)('refuses %s', async (_name, changes, expected) => {
    const answer = await send(chat, JSON.stringify({ ...hello, ...changes }));

    expectRefusal(answer, expected);
  });

  it('refuses a protocol the provider does not speak', async () => {
    const answer = await send(embeddings, JSON.stringify({ ...hello, model: 'anthropic/claude-haiku-4-5' }));

    expectRefusal(answer, { status: 400, code: 'protocol_not_supported' });
  });

  it('refuses what the protocol of the provider cannot say', async () => {
    const answer = await send(messages, JSON.stringify({ ...hello, model: 'openai/gpt-5-mini' }));

    expectRefusal(answer, { status: 400, code: 'parameter_not_supported', dialect: 'anthropic' });
  });

  it('refuses a request that has gone in circles', async () => {
    const answer = await send(chat, JSON.stringify(hello), { via: '1.1 gatehouse, 1.1 proxy, 1.1 gatehouse' });

    expectRefusal(answer, { status: 508, code: 'loop_detected', retry: false });
  });

  it.each([
    ['minute', 429, 'requests_per_minute_exceeded'],
    ['day', 429, 'requests_per_day_exceeded'],
    ['tokens', 429, 'tokens_per_minute_exceeded'],
    ['poor', 402, 'budget_exceeded'],
  ])('refuses a key over its limit (%s) in either envelope', async (name, status, code) => {
    const headers = { 'x-api-key': gatehouse.keyOf(name), authorization: '' };
    if (name === 'minute' || name === 'day') await send(chat, JSON.stringify(hello), headers);

    const openai = await send(chat, JSON.stringify(hello), headers);
    const anthropic = await send(messages, JSON.stringify(hello), headers);

    expectRefusal(openai, { status, code, owner: 'gateway' });
    expectRefusal(anthropic, { status, code, owner: 'gateway', dialect: 'anthropic' });
    if (name !== 'tokens') expect(Number(openai.headers['retry-after'])).toBeGreaterThanOrEqual(1);
  });

  it('refuses one request too many at a time', async () => {
    const lab = await startLab(hangBeforeHeaders, { keys: { single: { limits: { concurrentRequests: 1 } } } });
    const headers = { ...json, 'x-api-key': lab.keyOf('single') };
    const request = { path: chat, headers, body: JSON.stringify({ ...hello, model: 'lab/sample' }) };
    const leaving = new AbortController();
    const first = fetch(lab.url + chat, { method: 'POST', ...request, signal: leaving.signal }).catch(() => {});
    await lab.upstream.received(1);

    const second = await sendRaw(lab.url, request);

    expectRefusal(second, { status: 429, code: 'concurrent_requests_exceeded', retry: true });
    expect(second.headers['retry-after']).toBe('1');
    leaving.abort();
    await first;
  });
});

describe('a method or path that is not served', () => {
  it.each(
    ['HEAD', 'OPTIONS', 'TRACE', 'PUT', 'PATCH', 'DELETE', 'PROPFIND'].flatMap((method) =>
      [chat, messages, '/v1/models', '/healthz'].map((path) => [method, path] as const),
    ),
  )('%s %s gets 405 and says what is allowed', async (method, path) => {
    const answer = await sendRaw(gatehouse.url, { method, path });

    expect(answer.headers['allow']).toBe(path === chat || path === messages ? 'POST' : 'GET');
    if (method === 'HEAD') expect([answer.status, answer.body]).toEqual([405, '']);
    else expectRefusal(answer, { status: 405, code: 'method_not_allowed', dialect: dialectOf(path) });
  });

  it.each([
    '/',
    '/v1',
    '/v2/chat/completions',
    '/v1/models/',
    '/V1/models',
    '//v1/models',
    '/v1/%6dodels',
    '/v1/models%00',
    '/v1/models%2f..',
    '/v1/../v1/models',
    '/v1/chat/../models',
    '/v1/models;v=1',
    '/v1\\models',
    '/constructor',
    '*',
    'http://localhost/v1/models',
    '/%',
  ])('GET %s gets 404', async (path) => {
    const answer = await sendRaw(gatehouse.url, { method: 'GET', path });

    expectRefusal(answer, { status: 404, code: 'path_not_found', retry: false });
  });

  it('answers an unknown path in the envelope of the client that asks', async () => {
    const answer = await sendRaw(gatehouse.url, { path: '/v1/messages/batches', headers: anthropicVersion });

    expectRefusal(answer, { status: 404, code: 'path_not_found', dialect: 'anthropic' });
  });

  it.each([
    ['', 400, 'invalid_request'],
    ['?id=', 400, 'invalid_request'],
    ['?id=req_../../x', 400, 'invalid_request'],
    [`?id=req_${'0'.repeat(26)}`, 404, 'generation_not_found'],
    [`?id=req_${'Z'.repeat(26)}`, 404, 'generation_not_found'],
  ])('GET /v1/generation%s gets %i', async (query, status, code) => {
    const headers = { authorization: `Bearer ${gatehouse.apiKey}` };

    const answer = await sendRaw(gatehouse.url, { method: 'GET', path: `/v1/generation${query}`, headers });

    expectRefusal(answer, { status, code });
  });
});

it.each([chat, messages, embeddings])('%s answers any body at all with a 4xx in its envelope', async (path) => {
  const word = fc.constantFrom('model', 'messages', 'input', 'stream', 'max_tokens', 'n', '__proto__', 'tools');
  const nearly = fc.dictionary(word, fc.jsonValue({ maxDepth: 4 })).map((value) => JSON.stringify(value));
  const changed = fc.record({ at: fc.nat(80), byte: fc.integer({ min: 0, max: 255 }) }).map(({ at, byte }) => {
    const bytes = Buffer.from(JSON.stringify({ ...hello, model: 'nobody/has-this' }));
    bytes[at % bytes.length] = byte;
    return bytes;
  });
  const body = fc.oneof(fc.uint8Array({ maxLength: 200 }).map(Buffer.from), fc.json(), nearly, changed);

  await fc.assert(
    fc.asyncProperty(body, async (bytes) => {
      const response = await fetch(gatehouse.url + path, {
        method: 'POST',
        headers: { ...json, authorization: `Bearer ${gatehouse.apiKey}` },
        body: new Uint8Array(Buffer.from(bytes)),
      });
      const headers = Object.fromEntries(response.headers);
      const { status } = response;
      expect([400, 404]).toContain(status);
      const code = headers['x-gatehouse-error-code'] ?? '';
      expectRefusal({ status, headers, body: await response.text() }, { status, code, dialect: dialectOf(path) });
    }),
    { numRuns: 150 },
  );
});
