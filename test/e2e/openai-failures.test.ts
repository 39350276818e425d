import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { ask, collect } from '../fixtures/simulated-clients.ts';
import {
  errorBody200,
  hangBeforeHeaders,
  hangMidStream,
  html500,
  json,
  rateLimit429,
  refuse401,
  sampleChunks,
  sampleCompletion,
  sse,
} from '../fixtures/upstream.ts';
import { failureOf, getGeneration, startLab } from './lab.ts';

describe("the OpenAI client's own retries", () => {
  const overloaded = json({ error: { message: 'Busy', type: 'server_error' } }, 503);
  // Each fault once, then an answer: the client obeys `x-should-retry`.
  it.each([
    ['a rate limit', rateLimit429(1)],
    ['an overloaded provider', overloaded],
    ['a failing provider', html500],
  ] as const)('try again after %s', async (_case, fault) => {
    const { openai, upstream } = await startLab([fault, json(sampleCompletion)]);

    const answer = await openai.chat.completions.create(
      { model: 'lab/sample', messages: ask('hi') },
      { maxRetries: 1 },
    );

    expect(answer.choices[0]?.message.content).toBe('Hello there');
    expect(upstream.requests).toHaveLength(2);
  });

  it.each([
    ['our credential is refused', refuse401, 'provider_credential_refused', 502],
    ['the request is refused', json({ error: { message: 'No' } }, 400), 'provider_rejected_request', 400],
    [
      "the provider's quota is used up",
      json({ error: { message: 'No', code: 'insufficient_quota' } }, 429),
      'provider_quota_exceeded',
      502,
    ],
  ] as const)('do not try again where %s', async (_case, fault, code, status) => {
    const { openai, upstream } = await startLab(fault);

    const error = await failureOf(
      openai.chat.completions.create({ model: 'lab/sample', messages: ask('hi') }, { maxRetries: 2 }),
      OpenAI.APIError,
    );

    expect(error).toMatchObject({ code, status });
    expect(error.headers?.get('x-should-retry')).toBe('false');
    expect(upstream.requests).toHaveLength(1);
  });

  it('give up with the typed error when the provider stays overloaded', async () => {
    const { openai, upstream } = await startLab(errorBody200);

    const error = await failureOf(
      openai.chat.completions.create({ model: 'lab/sample', messages: ask('hi') }, { maxRetries: 1 }),
      OpenAI.APIError,
    );

    expect(error).toBeInstanceOf(OpenAI.InternalServerError);
    expect(error.headers?.get('x-should-retry')).toBe('true');
    expect(upstream.requests).toHaveLength(2);
  });
});

describe('the OpenAI client in the middle of a stream', () => {
  it('throws when the provider fails there, after the words before it', async () => {
    const { openai, ...gatehouse } = await startLab(
      sse([...sampleChunks.slice(0, 2), { error: { message: 'secret detail', type: 'server_error' } }]),
    );
    const request = { model: 'lab/sample', stream: true, messages: ask('hi') } as const;
    const { data, request_id } = await openai.chat.completions.create(request).withResponse();
    const chunks: OpenAI.ChatCompletionChunk[] = [];

    const error = await failureOf(collect(data, chunks), OpenAI.APIError);

    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content).join('')).toBe('Hello there');
    expect(error).toMatchObject({ code: 'provider_error' });
    expect(error.message).not.toContain('secret detail');
    expect(await getGeneration(gatehouse, request_id)).toMatchObject({
      ending: 'provider-failed-midstream',
      error_code: 'provider_error',
    });
  });

  it('leaves, and the call to the provider ends with it', async () => {
    const { openai, upstream, ...gatehouse } = await startLab(hangMidStream());
    const request = { model: 'lab/sample', stream: true, messages: ask('hi') } as const;
    const { data, request_id } = await openai.chat.completions.create(request).withResponse();
    const iterator = data[Symbol.asyncIterator]();
    await iterator.next();

    data.controller.abort();

    const { outcome } = await (await upstream.received(1)).ended;
    expect(outcome).toBe('aborted');
    await expect
      .poll(() => gatehouse.logs.find((line) => line.type === 'request' && line.id === request_id), { timeout: 10_000 })
      .toMatchObject({ ending: 'caller-gone' });
    expect(await getGeneration(gatehouse, request_id)).toMatchObject({ ending: 'caller-gone' });
  });

  it('leaves before the first byte, and the call to the provider ends with it', async () => {
    const { openai, upstream, logs } = await startLab(hangBeforeHeaders);
    const leaving = new AbortController();
    const request = { model: 'lab/sample', messages: ask('hi') };
    const call = failureOf(openai.chat.completions.create(request, { signal: leaving.signal }), OpenAI.APIError);
    const received = await upstream.received(1);

    leaving.abort();

    expect(await received.ended).toMatchObject({ outcome: 'aborted' });
    expect(await call).toBeInstanceOf(OpenAI.APIUserAbortError);
    await expect
      .poll(() => logs.at(-1), { timeout: 10_000 })
      .toMatchObject({ type: 'request', ending: 'caller-gone', outputTokens: 0, usageEstimated: true });
  });
});
