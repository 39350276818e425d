import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { collect } from '../fixtures/simulated-clients.ts';
import { type Handler, json, resetMidStream, sse, startUpstream, type Upstream } from '../fixtures/upstream.ts';
import { deployProxy, type DeployedProxy } from './deployed-proxy.ts';
import { followOneByOne, holdStream } from './held-stream.ts';
import { delimiter, describeWrites, splitAfterPrelude } from './socket-writes.ts';

const words = ['one', ' two', ' three', ' four'];

function chunk(delta: object, finish: string | null = null): string {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  return `data: ${JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'm', choices })}\n\n`;
}

const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
const answer = [
  ...words.map((content) => chunk({ content })),
  chunk({}, 'stop'),
  `data: ${JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [], usage })}\n\n`,
  'data: [DONE]\n\n',
];
const completion = {
  id: 'c2',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
  usage,
};

describe('the proxy bundle behind a function URL', () => {
  let upstream: Upstream;
  let held: Handler;
  let proxy: DeployedProxy;
  let apiKey: string;

  beforeAll(async () => {
    upstream = await startUpstream(async (request, response) => {
      const { model, stream } = JSON.parse(request.body.toString()) as { model: string; stream?: boolean };
      const behaviours: Readonly<Record<string, Handler>> = {
        held,
        'at-once': sse([answer.join('')]),
        reset: resetMidStream(400, answer),
      };
      await (behaviours[model] ?? (stream === true ? sse(answer) : json(completion)))(request, response);
    });
    proxy = await deployProxy(upstream.url, {
      front: 'function-url',
      originHeader: 'origin-secret',
      recordsWrites: true,
    });
    ({ apiKey } = await proxy.createKey());
  });

  afterAll(async () => {
    await proxy.close();
    await upstream.close();
  });

  const post = (body: object, key = apiKey, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${proxy.host.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ messages: [{ role: 'user', content: 'hi' }], ...body }),
    });

  it('delivers each chunk before the provider sends the next', async () => {
    const provider = holdStream();
    held = provider.handler;

    const answering = post({ model: 'lab/held', stream: true, stream_options: { include_usage: true } });
    const seen = await followOneByOne(provider, answering, answer);

    expect(seen).toEqual(answer);
  });

  it('sends status and headers in a write of their own, though the answer is there at once', async ({ annotate }) => {
    const response = await post({ model: 'lab/at-once', stream: true });
    const text = await response.text();

    const writes = await proxy.host.writesOf(proxy.host.invocations.at(-1)!);
    const { prelude, rest } = splitAfterPrelude(writes);
    await annotate(describeWrites(writes));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(text).toBe([...answer.slice(0, -2), 'data: [DONE]\n\n'].join(''));
    expect(prelude.endsWith(delimiter)).toBe(true);
    expect(rest).toContain(answer[0]);
  });

  it('streams to the official OpenAI client', async () => {
    const openai = new OpenAI({ apiKey, baseURL: `${proxy.host.url}/v1`, maxRetries: 0 });

    const stream = await openai.chat.completions.create({
      model: 'lab/m',
      messages: [{ role: 'user', content: 'hi' }],
      stream: true,
    });
    const parts = await collect(stream);

    expect(parts.map((part) => part.choices[0]?.delta.content ?? '').join('')).toBe(words.join(''));
  });

  it('translates chunk by chunk too, for a client with its model in the path and its key in a header of its own', async () => {
    const provider = holdStream();
    held = provider.handler;
    const events = [...answer.slice(0, words.length), answer.slice(words.length).join('')];

    const answering = fetch(`${proxy.host.url}/v1beta/models/lab/held:streamGenerateContent?alt=sse`, {
      method: 'POST',
      headers: { 'x-goog-api-key': apiKey, 'content-type': 'application/json' },
      body: JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'hi' }] }] }),
    });
    const seen = await followOneByOne(provider, answering, events, () => 1);

    const texts = words.map((text) => expect.stringContaining(`"text":"${text}"`));
    expect(seen).toEqual([...texts, expect.stringMatching(/"finishReason":"STOP"/)]);
    expect(seen.join('')).toContain('"candidatesTokenCount":5');
  });

  it('turns a provider failure after the prelude into an error event', async () => {
    const response = await post({ model: 'lab/reset', stream: true });
    const text = await response.text();

    const last = text.trimEnd().split('\n\n').at(-1) ?? '';
    expect(response.status).toBe(200);
    expect(JSON.parse(last.slice('data: '.length))).toMatchObject({ error: { code: 'provider_error' } });
    expect(proxy.host.invocations.at(-1)?.errorType).toBeUndefined();
  });

  it('answers errors before the prelude with their status, in the caller’s protocol', async () => {
    const unknown = await post({ model: 'nobody/knows' });
    const unauthorized = await post({ model: 'lab/m' }, 'gh_nonsense');
    const anthropic = await fetch(`${proxy.host.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': apiKey, 'anthropic-version': '2023-06-01', 'content-type': 'application/json' },
      body: '{"model":"lab/m","max_tokens":5}',
    });
    const head = await fetch(`${proxy.host.url}/v1/models`, { method: 'HEAD' });

    expect(await unknown.json()).toMatchObject({ error: { code: 'model_not_found', param: 'model' } });
    expect([unknown, unauthorized, anthropic, head].map(({ status }) => status)).toEqual([404, 401, 400, 405]);
    expect(await anthropic.json()).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' } });
  });

  it('reads the query string', async () => {
    const answered = await post({ model: 'lab/m' });
    const id = answered.headers.get('x-request-id')!;

    const response = await fetch(`${proxy.host.url}/v1/generation?unused=a%20b&id=${id}`, {
      headers: { authorization: `Bearer ${apiKey}`, cookie: 'a=1; b=2' },
    });

    expect(response.status).toBe(200);
    expect(JSON.stringify(await response.json())).toContain(id);
  });

  it('refuses what is not JSON, in its own words', async () => {
    const response = await post({ model: 'lab/m' }, apiKey, { 'content-type': 'application/octet-stream' });

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: 'unsupported_media_type' } });
  });

  it('takes what fits into an invocation, and the platform refuses what does not', async () => {
    const content = (bytes: number) => [{ role: 'user', content: 'x'.repeat(bytes) }];

    const large = await post({ model: 'lab/m', messages: content(5_500_000) });
    const tooLarge = await post({ model: 'lab/m', messages: content(6_300_000) });

    expect([large.status, tooLarge.status]).toEqual([200, 413]);
  });

  it('sees the address that the edge saw, whatever the caller claims', async () => {
    const here = await proxy.createKey({ cidrs: ['127.0.0.0/8'] });
    const elsewhere = await proxy.createKey({ cidrs: ['203.0.113.0/24', '198.51.100.0/24'] });
    const claim = { 'x-gatehouse-viewer-address': '203.0.113.5', 'x-forwarded-for': '203.0.113.5' };

    const allowed = await post({ model: 'lab/m' }, here.apiKey, claim);
    const refused = await post({ model: 'lab/m' }, elsewhere.apiKey, claim);

    expect(allowed.status).toBe(200);
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ error: { code: 'address_not_allowed' } });
  });
});

describe('a function URL that somebody found', () => {
  it.each([
    ['without the header', {}],
    ['with a guess', { 'x-gateway-origin-verify': 'guess' }],
    ['with an empty header', { 'x-gateway-origin-verify': '' }],
    ['with the name in other letters', { 'X-Gateway-Origin-Verify': 'guess' }],
    ['with many guesses', { 'x-gateway-origin-verify': 'guess,origin-secret' }],
  ])('answers 403 %s, even to a key it knows', async (_case, headers) => {
    const upstream = await startUpstream(json(completion));
    onTestFinished(() => upstream.close());
    const proxy = await deployProxy(upstream.url, { front: 'function-url' });
    onTestFinished(() => proxy.close());
    const { apiKey } = await proxy.createKey();

    const response = await fetch(`${proxy.host.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, ...headers } as Record<string, string>,
      body: '{"model":"lab/m","messages":[{"role":"user","content":"hi"}]}',
    });

    expect(response.status).toBe(403);
    expect(await response.text()).not.toContain('origin-secret');
    expect(upstream.requests).toEqual([]);
  });
});
