import { describe, expect, test, vi } from 'vitest';
import { GatewayError } from '../../../lambdas/http/gateway-error.ts';
import type { Handler } from '../../fixtures/upstream.ts';
import {
  brokenJson200,
  deadOnConnect,
  errorBody200,
  gzip,
  hangBeforeHeaders,
  html200,
  html500,
  json,
  rateLimit429,
  redirect,
  redirectTarget,
  refuse401,
  sampleChunks,
  sampleCompletion,
  sse,
  staleSocket,
} from '../../fixtures/upstream.ts';
import { call, clientOf, drain, providerAt, streamOf, targetAt, upstreamOf } from './call.ts';

const good = json(sampleCompletion);
const badRequest = json({ error: { message: 'no such parameter', type: 'invalid_request_error' } }, 400);
const outOfQuota = json({ error: { message: 'no', code: 'insufficient_quota' } }, 429);

describe('one target', () => {
  test("sends the caller's body with our credential, and answers with the provider's bytes", async () => {
    const upstream = await upstreamOf(good);

    const answer = await call([targetAt(upstream.url)]).answer;

    expect(answer).toMatchObject({ kind: 'whole', facts: { finishReason: 'stop', usage: { inputTokens: 10 } } });
    expect(answer.kind === 'whole' && answer.body.toString()).toBe(JSON.stringify(sampleCompletion));
    expect(upstream.requests[0]).toMatchObject({
      method: 'POST',
      path: '/chat/completions',
      headers: { authorization: 'Bearer sk-upstream', 'accept-encoding': 'identity' },
    });
  });

  test.each<[string, Handler, object]>([
    ['a refused request', badRequest, { code: 'provider_rejected_request', status: 400 }],
    ['a refused credential', refuse401, { code: 'provider_credential_refused', status: 502 }],
    ['a rate limit', rateLimit429(7), { code: 'provider_rate_limited', status: 429, retryAfterSeconds: 7 }],
    ["a load balancer's page", html500, { code: 'provider_error', status: 502 }],
    ['a login page', html200, { code: 'provider_invalid_response' }],
    ['half an answer', brokenJson200, { code: 'provider_invalid_response' }],
    ['an error under 200', errorBody200, { code: 'provider_error', retryable: true }],
    ['a stream that nobody asked for', sse(sampleChunks), { code: 'provider_invalid_response' }],
    ['a compressed answer', gzip(sampleCompletion), { code: 'provider_invalid_response' }],
    ['an answer of another protocol', json({ hello: 'world' }), { code: 'provider_invalid_response' }],
    ['a dead connection', deadOnConnect, { code: 'provider_unreachable', status: 502, retryable: true }],
    ['a redirect', redirect(), { code: 'provider_invalid_response', retryable: false }],
  ])('turns %s into its error', async (_name, handler, expected) => {
    const upstream = await upstreamOf(handler);

    const { answer, journal } = call([targetAt(upstream.url)]);

    await expect(answer).rejects.toMatchObject({ owner: 'provider', ...expected });
    await expect(answer).rejects.not.toThrow(/sk-upstream|10\.1\.2\.3|nginx/);
    expect(journal).toMatchObject({ attempts: 1, target: { provider: { name: 'lab' } } });
    expect(upstream.requests.filter(({ path }) => path === redirectTarget)).toEqual([]);
  });

  test.each<[string, Record<string, string>, number | undefined]>([
    ['seconds', { 'retry-after': '7' }, 7],
    ['fractions', { 'retry-after': '0.5' }, 0.5],
    ['milliseconds, which are more exact', { 'retry-after': '7', 'retry-after-ms': '1500' }, 1.5],
    ['a date', { 'retry-after': 'Wed, 21 Oct 2015 07:28:30 GMT' }, 30],
    ['a date gone by', { 'retry-after': 'Wed, 21 Oct 2015 07:27:00 GMT' }, undefined],
    ['nonsense', { 'retry-after': 'soon' }, undefined],
    ['a negative number', { 'retry-after': '-5', 'retry-after-ms': '-5' }, undefined],
  ])('reads when to try again from %s', async (_name, headers, expected) => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2015-10-21T07:28:00Z') });
    const upstream = await upstreamOf((_request, response) => void response.writeHead(429, headers).end('{}'));

    const { answer } = call([targetAt(upstream.url)]);

    await expect(answer).rejects.toMatchObject({ code: 'provider_rate_limited', retryAfterSeconds: expected });
    vi.useRealTimers();
  });

  test('keeps its connection after an error, and answers on it', async () => {
    const upstream = await upstreamOf([html500, good]);
    const target = targetAt(upstream.url, { retries: 1 });

    await call([target]).answer;

    expect(upstream.connections).toBe(1);
  });
});

describe('retries', () => {
  test('are as many as the route says, each counted', async () => {
    const upstream = await upstreamOf(html500);

    const { answer, journal } = call([targetAt(upstream.url, { retries: 2 })]);

    await expect(answer).rejects.toMatchObject({ code: 'provider_error' });
    expect(journal.attempts).toBe(3);
    expect(upstream.requests).toHaveLength(3);
  });

  test('end with the first answer', async () => {
    const upstream = await upstreamOf([html500, html500, good]);

    const { answer, journal } = call([targetAt(upstream.url, { retries: 5 })]);

    await expect(answer).resolves.toMatchObject({ kind: 'whole' });
    expect(journal.attempts).toBe(3);
  });

  test('do not hide a stale connection that was replaced: it is no attempt of its own', async () => {
    const upstream = await upstreamOf(staleSocket());
    const client = clientOf();
    await call([targetAt(upstream.url)], { client }).answer;

    const { answer, journal } = call([targetAt(upstream.url)], { client });
    await answer;

    expect(journal.attempts).toBe(1);
    expect(upstream.connections).toBe(2);
  });

  test('stop when the time is over', async () => {
    const upstream = await upstreamOf(hangBeforeHeaders);

    const { answer, journal } = call([targetAt(upstream.url, { retries: 50 })], { deadlineMs: 30 });

    await expect(answer).rejects.toMatchObject({ code: 'provider_timeout', status: 504 });
    expect(journal.attempts).toBe(1);
  });
});

describe('fallback', () => {
  test.each<[string, Handler]>([
    ['a server error', html500],
    ['a rate limit', rateLimit429()],
    ['a dead connection', deadOnConnect],
    ['a refused credential', refuse401],
    ['a used-up quota', outOfQuota],
    ['a login page', html200],
    ['an error under 200', errorBody200],
  ])('goes on to the next target after %s', async (_name, handler) => {
    const [bad, next] = [await upstreamOf(handler), await upstreamOf(good)];
    const second = targetAt(next.url, { provider: providerAt(next.url, { name: 'second' }), model: 'other' });

    const { answer, journal } = call([targetAt(bad.url), second]);

    await expect(answer).resolves.toMatchObject({ kind: 'whole', target: { model: 'other' } });
    expect(journal).toMatchObject({ attempts: 2, target: { provider: { name: 'second' } } });
    expect(JSON.parse(next.requests[0]!.body.toString())).toMatchObject({ model: 'other' });
  });

  test('keeps the order of the targets, all retries of one before the next', async () => {
    const order: string[] = [];
    const failing =
      (name: string): Handler =>
      (request, response) => {
        order.push(name);
        return html500(request, response);
      };
    const targets = [];
    for (const name of ['a', 'b', 'c']) {
      const upstream = await upstreamOf(failing(name));
      targets.push(targetAt(upstream.url, { retries: name === 'a' ? 1 : 0 }));
    }

    await expect(call(targets).answer).rejects.toMatchObject({ code: 'provider_error' });

    expect(order).toEqual(['a', 'a', 'b', 'c']);
  });

  test.each<[string, Handler]>([
    ['a request that is itself wrong', badRequest],
    ['a redirect', redirect()],
  ])('does not hide %s', async (_name, handler) => {
    const [bad, next] = [await upstreamOf(handler), await upstreamOf(good)];

    await expect(call([targetAt(bad.url, { retries: 3 }), targetAt(next.url)]).answer).rejects.toThrow();

    expect(bad.requests).toHaveLength(1);
    expect(next.requests).toHaveLength(0);
  });

  test('goes unseen in a stream whose first event is an error', async () => {
    const [bad, next] = [await upstreamOf(sse([{ error: { message: 'no' } }])), await upstreamOf(sse(sampleChunks))];

    const { answer } = call([targetAt(bad.url), targetAt(next.url)], { stream: true });
    const { text, last } = await drain(await streamOf(answer));

    expect(text).not.toContain('error');
    expect(last.kind).toBe('end');
    expect(await bad.requests[0]!.ended).toBeDefined();
  });

  test('reports the failure of the last target', async () => {
    const [first, second] = [await upstreamOf(html500), await upstreamOf(rateLimit429(3))];

    const { answer } = call([targetAt(first.url), targetAt(second.url)]);

    await expect(answer).rejects.toMatchObject({ code: 'provider_rate_limited', retryAfterSeconds: 3 });
  });

  test('ends with the caller: nobody is left to answer', async () => {
    const [slow, next] = [await upstreamOf(hangBeforeHeaders), await upstreamOf(good)];
    const gone = new AbortController();

    const { answer } = call([targetAt(slow.url), targetAt(next.url)], { signal: gone.signal });
    const request = await slow.received(1);
    gone.abort();

    await expect(answer).rejects.toBeInstanceOf(GatewayError);
    expect(await request.ended).toMatchObject({ outcome: 'aborted' });
    expect(next.requests).toHaveLength(0);
  });
});
