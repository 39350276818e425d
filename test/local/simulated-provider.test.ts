import { once } from 'node:events';
import { createServer, get, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as anthropicSdk from '@anthropic-ai/sdk';
import * as openaiSdk from 'openai';
import { describe, expect, it, onTestFinished } from 'vitest';
import { noUsage } from '../../lambdas/metering/token-usage.ts';
import { type RequestEnding, simulatedModels, startSimulatedProvider } from '../../local/simulated-provider.ts';
import { sendEvents } from '../../local/simulated-provider/exchange.ts';
import { ask, collect, postJson, startSimulated } from '../fixtures/simulated-clients.ts';

describe('model names', () => {
  it('are listed for both clients', async () => {
    const { openai, anthropic } = await startSimulated();

    const lists = [(await openai.models.list()).data, (await anthropic.models.list()).data];

    const ids = simulatedModels.map(({ id }) => id);
    expect(lists.map((list) => list.map(({ id }) => id))).toEqual([ids, ids]);
  });

  it('carry the number of words and the usage to report, the same for both protocols', async () => {
    const { openai, anthropic } = await startSimulated();
    const request = { model: 'echo?words=5&input=100&cacheRead=30&output=70', messages: ask('a b'), max_tokens: 99 };

    const completion = await openai.chat.completions.create(request);
    const message = await anthropic.messages.create(request);

    expect(completion.model).toBe(request.model);
    expect(completion.choices[0]?.message.content).toBe('a b a b a');
    expect(completion.usage).toMatchObject({
      prompt_tokens: 130,
      prompt_tokens_details: { cached_tokens: 30 },
      completion_tokens: 70,
    });
    expect(message.usage).toMatchObject({ input_tokens: 100, cache_read_input_tokens: 30, output_tokens: 70 });
  });

  it('carry the pauses before the first byte and between words', async () => {
    const { openai } = await startSimulated();
    const startedAt = performance.now();

    const stream = await openai.chat.completions.create({
      model: 'echo?first=120&delay=60',
      messages: ask('one two three'),
      stream: true,
    });
    const firstByteMs = performance.now() - startedAt;
    await collect(stream);
    const totalMs = performance.now() - startedAt;

    // Timers may fire a millisecond early by this clock.
    expect(firstByteMs).toBeGreaterThan(118);
    expect(totalMs).toBeGreaterThan(236);
  });

  it('sends the status line of a silent model before its silence', async () => {
    const { url } = await startSimulated();

    const { status, body } = await postJson(`${url}/v1/chat/completions`, { model: 'silent', messages: ask('hi') });

    expect(status).toBe(200);
    await body?.cancel();
  });
});

describe('errors', () => {
  it.each([
    ['failing', openaiSdk.InternalServerError, { status: 500, type: 'server_error' }],
    ['overloaded', openaiSdk.RateLimitError, { status: 429, code: 'rate_limit_exceeded' }],
    ['failing-midstream', openaiSdk.InternalServerError, { status: 500, type: 'server_error' }],
    ['unknown', openaiSdk.NotFoundError, { status: 404, code: 'model_not_found', param: 'model' }],
    ['echo?words=many', openaiSdk.BadRequestError, { status: 400, param: 'model' }],
    ['echo?wrods=5', openaiSdk.BadRequestError, { status: 400, param: 'model' }],
    ['embedding', openaiSdk.NotFoundError, { status: 404 }],
  ])('of model %s become the OpenAI client’s own', async (model, type, members) => {
    const { openai } = await startSimulated();

    const error = await openai.chat.completions.create({ model, messages: ask('hi') }).catch((reason) => reason);

    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({ ...members, requestID: expect.stringMatching(/^req_/) });
  });

  it.each([
    ['failing', anthropicSdk.InternalServerError, 500, 'api_error'],
    ['overloaded', anthropicSdk.InternalServerError, 529, 'overloaded_error'],
    ['unknown', anthropicSdk.NotFoundError, 404, 'not_found_error'],
  ])('of model %s become the Anthropic client’s own', async (model, type, status, errorType) => {
    const { anthropic } = await startSimulated();

    const error = await anthropic.messages
      .create({ model, max_tokens: 9, messages: ask('hi') })
      .catch((reason) => reason);

    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({ status, error: { type: 'error', error: { type: errorType } } });
    expect(error.error.request_id).toBe(error.requestID);
  });

  it('say when to come back from overload', async () => {
    const { openai } = await startSimulated();

    const error = await openai.embeddings.create({ model: 'overloaded', input: 'hi' }).catch((reason) => reason);

    expect(error.headers.get('retry-after')).toBe('1');
  });

  it('in the middle of a stream are thrown by the OpenAI client, after the first words', async () => {
    const { openai } = await startSimulated();
    const request = { model: 'failing-midstream', messages: ask('one two'), stream: true } as const;
    const chunks: openaiSdk.OpenAI.ChatCompletionChunk[] = [];

    const reading = collect(await openai.chat.completions.create(request), chunks);

    await expect(reading).rejects.toMatchObject({ type: 'server_error' });
    expect(chunks.map(({ choices }) => choices[0]?.delta.content).join('')).toBe('one two one');
  });

  it('in the middle of a stream are thrown by the Anthropic client, after the first words', async () => {
    const { anthropic } = await startSimulated();
    const request = { model: 'failing-midstream', max_tokens: 99, messages: ask('one two'), stream: true } as const;
    const events: anthropicSdk.Anthropic.MessageStreamEvent[] = [];

    const reading = collect(await anthropic.messages.create(request), events);

    await expect(reading).rejects.toMatchObject({ type: 'overloaded_error' });
    expect(events.filter(({ type }) => type === 'content_block_delta')).toHaveLength(3);
  });

  it('refuse any key but the required one', async () => {
    const required = { requireKey: 'sk-right' };
    const [right, wrong] = [
      await startSimulated({ ...required, apiKey: 'sk-right' }),
      await startSimulated({ ...required, apiKey: 'sk-wrong' }),
    ];
    const request = { model: 'echo', max_tokens: 9, messages: ask('hi') };

    const [fromOpenAI, fromAnthropic] = await Promise.allSettled([
      wrong.openai.chat.completions.create(request),
      wrong.anthropic.messages.create(request),
    ]);
    const accepted = [
      await right.openai.chat.completions.create(request),
      await right.anthropic.messages.create(request),
    ];

    expect(fromOpenAI).toMatchObject({ reason: expect.any(openaiSdk.AuthenticationError) });
    expect(fromAnthropic).toMatchObject({ reason: expect.any(anthropicSdk.AuthenticationError) });
    expect(accepted).toMatchObject([{ object: 'chat.completion' }, { type: 'message' }]);
  });

  it.each([
    ['chat/completions', { model: 'echo' }, 'messages'],
    ['chat/completions', { model: 'echo', messages: [{ role: 'wizard', content: 'hi' }] }, 'messages.0.role'],
    ['chat/completions', { model: 'echo', messages: ask('hi'), stream_options: {} }, 'stream_options'],
    ['chat/completions', { model: 'echo', messages: ask('hi'), max_tokens: 0 }, 'max_tokens'],
    ['chat/completions', { model: 'echo', messages: ask('hi'), max_tokens: 1, max_completion_tokens: 1 }, 'max_tokens'],
    ['embeddings', { model: 'embedding', input: [] }, 'input'],
    ['embeddings', { model: 'embedding', input: 'hi', dimensions: 0 }, 'dimensions'],
    ['messages', { model: 'echo', messages: ask('hi') }, 'max_tokens'],
    ['messages', { model: 'echo', max_tokens: 9, messages: [{ role: 'tool', content: 'hi' }] }, 'messages.0.role'],
  ])('of a request to %s name the member at fault (%j)', async (path, body, member) => {
    const { url } = await startSimulated();

    const response = await postJson(
      `${url}/v1/${path}`,
      body,
      path === 'messages' ? { 'anthropic-version': '2023-06-01' } : {},
    );

    const { error } = (await response.json()) as { error: { type: string; message: string } };
    expect(response.status).toBe(400);
    expect(error.type).toBe('invalid_request_error');
    expect(error.message).toContain(member);
  });

  it('answer broken JSON, an unknown path, a wrong method, a missing version and too large a body', async () => {
    const { url } = await startSimulated();

    const responses = await Promise.all([
      fetch(`${url}/v1/chat/completions`, { method: 'POST', body: '{"model":' }),
      fetch(`${url}/v1/nothing`),
      fetch(`${url}/v1/messages`),
      postJson(`${url}/v1/messages`, { model: 'echo', max_tokens: 9, messages: ask('hi') }),
      postJson(`${url}/v1/embeddings`, { model: 'embedding', input: 'x'.repeat(34_000_000) }),
    ]);

    expect(responses.map(({ status }) => status)).toEqual([400, 404, 405, 400, 413]);
    expect(await responses[0]?.json()).toMatchObject({ error: { type: 'invalid_request_error', param: null } });
  });
});

describe('a client', () => {
  it('that aborts a stream stops the server side', async () => {
    const ending = Promise.withResolvers<RequestEnding>();
    const { openai } = await startSimulated({ onEnd: ending.resolve });

    const stream = await openai.chat.completions.create({
      model: 'echo?words=1000&delay=50',
      messages: ask('on and on'),
      stream: true,
    });
    for await (const { choices } of stream) if (choices[0]?.delta.content === 'on') break;

    expect(await ending.promise).toMatchObject({ path: '/v1/chat/completions', status: 200, outcome: 'client-left' });
  });

  it('that aborts before the first byte stops the server side', async () => {
    const ending = Promise.withResolvers<RequestEnding>();
    const { anthropic } = await startSimulated({ onEnd: ending.resolve });
    const request = { model: 'echo?first=60000', max_tokens: 9, messages: ask('hi') };

    const call = anthropic.messages.create(request, { signal: AbortSignal.timeout(50) });

    await expect(call).rejects.toThrow();
    expect(await ending.promise).toMatchObject({ status: 0, outcome: 'client-left' });
  });
});

it('cuts the requests in flight when it closes', async () => {
  const { url, close } = await startSimulatedProvider();
  const body = { model: 'silent', messages: ask('hi') };
  const response = await postJson(`${url}/v1/chat/completions`, body);

  await close();

  await expect(response.text()).rejects.toThrow();
  await expect(postJson(`${url}/v1/chat/completions`, body)).rejects.toThrow();
});

it('writes no more events than the reader takes', async () => {
  let pulled = 0;
  async function* endless() {
    for (; pulled < 2000; pulled += 1) yield 'x'.repeat(65_536);
  }
  const answer = { pieces: [], calls: [], ending: 'complete', firstMs: 0, delayMs: 0, headFirst: false } as const;
  const stopped = Promise.withResolvers<unknown>();
  const respond = (response: ServerResponse) => {
    const departure = new AbortController();
    response.once('close', () => departure.abort());
    const exchange = {
      headers: {},
      query: new URLSearchParams(),
      body: undefined,
      response,
      signal: departure.signal,
      prefixCache: () => false,
    };
    sendEvents(exchange, { ...answer, usage: noUsage }, endless()).then(stopped.resolve, stopped.reject);
  };
  const server = createServer((_request, response) => respond(response)).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');

  const request = get({ port: (server.address() as AddressInfo).port });
  await once(request, 'response');
  request.destroy();

  await expect(stopped.promise).rejects.toMatchObject({ name: 'AbortError' });
  expect(pulled).toBeLessThan(2000);
});
