import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { requestIdTime } from '../../lambdas/http/request-id.ts';
import { totalHolds } from '../../lambdas/store/meter-item.ts';
import { getMeter } from '../../lambdas/store/meter.ts';
import { getRequestRecord } from '../../lambdas/store/request-record.ts';
import { collect } from '../fixtures/simulated-clients.ts';
import {
  type Handler,
  hangMidStream,
  json,
  resetMidStream,
  sse,
  startUpstream,
  type Upstream,
} from '../fixtures/upstream.ts';
import { deployProxy, type DeployedProxy, providerSecret } from './deployed-proxy.ts';
import { followOneByOne, holdStream } from './held-stream.ts';
import { delimiter, describeWrites, splitAfterPrelude } from './socket-writes.ts';

const words = ['one', ' two', ' three', ' four', ' five'];

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

describe('the proxy bundle under the runtime interface client', () => {
  let upstream: Upstream;
  let held: Handler;
  let proxy: DeployedProxy;
  let apiKey: string;
  let publicId: string;

  beforeAll(async () => {
    upstream = await startUpstream(async (request, response) => {
      const { model, stream } = JSON.parse(request.body.toString()) as { model: string; stream?: boolean };
      const behaviours: Readonly<Record<string, Handler>> = {
        held,
        'at-once': sse([answer.join('')]),
        hang: hangMidStream(answer.slice(0, 2)),
        reset: resetMidStream(400, answer),
      };
      await (behaviours[model] ?? (stream === true ? sse(answer, 50) : json(completion)))(request, response);
    });
    proxy = await deployProxy(upstream.url, { originHeader: 'origin-secret', recordsWrites: true });
    ({ apiKey, publicId } = await proxy.createKey());
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

  it('streams to the official OpenAI client, with the credential that only KMS could open', async () => {
    const openai = new OpenAI({ apiKey, baseURL: `${proxy.host.url}/v1`, maxRetries: 0 });

    const stream = await openai.chat.completions.create({
      model: 'lab/m',
      messages: [{ role: 'user', content: 'hi' }],
      stream: true,
      stream_options: { include_usage: true },
    });
    const parts = await collect(stream);

    expect(parts.map((part) => part.choices[0]?.delta.content ?? '').join('')).toBe(words.join(''));
    expect(parts.at(-1)?.usage).toEqual(usage);
    expect(upstream.requests.at(-1)?.headers['authorization']).toBe(`Bearer ${providerSecret}`);
    expect(proxy.services.contexts[0]).toMatchObject({ organization: 'acme', workspace: 'research', provider: 'lab' });
    expect(proxy.host.log.join('\n')).not.toContain(providerSecret);
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

  it('has settled when the answer ends, since the process is frozen right after', async () => {
    const fresh = await proxy.createKey();

    const response = await post({ model: 'lab/m' }, fresh.apiKey);
    await response.text();

    const id = response.headers.get('x-request-id')!;
    const createdAt = new Date(requestIdTime(id)!).toISOString();
    const { store, tableNames } = proxy;
    const record = await getRequestRecord(
      store,
      tableNames.requests,
      { organization: 'acme', id, createdAt },
      Date.now(),
    );
    const meter = await getMeter({ store, table: tableNames.meter }, `key#${fresh.publicId}`);
    expect(record).toMatchObject({ ending: 'completed', inputTokens: 10, outputTokens: 5, costMicroUsd: 20 });
    expect(response.headers.get('x-gatehouse-cost-micro-usd')).toBe('20');
    expect(meter).toMatchObject({ inflight: 0, balanceMicroUsd: -20 });
    expect(totalHolds(meter!.buckets)).toEqual({ amountMicroUsd: 0, count: 0 });
  });

  it('turns a provider failure after the prelude into an error event', async () => {
    const response = await post({ model: 'lab/reset', stream: true });
    const text = await response.text();

    const last = text.trimEnd().split('\n\n').at(-1) ?? '';
    expect(response.status).toBe(200);
    expect(JSON.parse(last.slice('data: '.length))).toMatchObject({
      error: { code: 'provider_error', owner: 'provider' },
    });
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

    expect(unknown.status).toBe(404);
    expect(await unknown.json()).toMatchObject({ error: { code: 'model_not_found', param: 'model' } });
    expect(unauthorized.status).toBe(401);
    expect(await anthropic.json()).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' } });
    expect(head.status).toBe(405);
  });

  it('sees the address that the edge saw, whatever the caller claims', async () => {
    const here = await proxy.createKey({ cidrs: ['127.0.0.0/8'] });
    const elsewhere = await proxy.createKey({ cidrs: ['203.0.113.0/24'] });
    const claim = { 'x-gatehouse-viewer-address': '203.0.113.5', 'x-forwarded-for': '203.0.113.5' };

    const allowed = await post({ model: 'lab/m' }, here.apiKey, claim);
    const refused = await post({ model: 'lab/m' }, elsewhere.apiKey, claim);

    expect(allowed.status).toBe(200);
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ error: { code: 'address_not_allowed' } });
  });

  it('gives a canceled caller’s hold back once its stream has ended, and refuses nobody meanwhile', async () => {
    const controller = new AbortController();
    const openai = new OpenAI({ apiKey, baseURL: `${proxy.host.url}/v1`, maxRetries: 0 });
    const stream = await openai.chat.completions.create(
      { model: 'lab/m', messages: [{ role: 'user', content: 'hi' }], stream: true },
      { signal: controller.signal },
    );
    for await (const _ of stream) break;
    controller.abort();

    // The platform does not tell the function: it goes on, and what it was charged is what the provider charges.
    await expect
      .poll(
        async () =>
          (await getMeter({ store: proxy.store, table: proxy.tableNames.meter }, `key#${publicId}`))?.inflight,
        {
          timeout: 20_000,
        },
      )
      .toBe(0);
    const other = await post({ model: 'lab/m' });

    expect(other.status).toBe(200);
  });
});

describe('the origin check', () => {
  it.each([
    ['accepts the current value', { current: 'origin-secret' }, 200],
    ['accepts the previous value during a rotation', { current: 'another', previous: 'origin-secret' }, 200],
    ['refuses what does not come from its own edge', { current: 'another', previous: 'and another' }, 403],
  ])('%s', async (_title, secret, status) => {
    const upstream = await startUpstream(json(completion));
    onTestFinished(() => upstream.close());
    const proxy = await deployProxy(upstream.url);
    onTestFinished(() => proxy.close());
    proxy.services.originSecret = secret;

    const response = await fetch(`${proxy.host.url}/healthz`);

    expect(response.status).toBe(status);
    expect(await response.text()).not.toContain('origin-secret');
  });
});
