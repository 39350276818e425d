import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createClients, type Gatehouse, startGatehouse } from '../fixtures/gatehouse.ts';
import { ask, collect } from '../fixtures/simulated-clients.ts';
import { json, sampleChunks, sampleCompletion, sse } from '../fixtures/upstream.ts';
import { failureOf, getData, getGeneration, startLab } from './lab.ts';

const weatherTool = {
  type: 'function',
  function: {
    name: 'get_weather',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' }, unit: { enum: ['celsius'] } },
      required: ['city', 'unit'],
    },
  },
} as const;

describe('the OpenAI client with the simulated provider', () => {
  let gatehouse: Gatehouse;
  let openai: OpenAI;
  beforeAll(async () => {
    gatehouse = await startGatehouse();
    openai = gatehouse.openai;
  });
  afterAll(() => gatehouse.close());

  it('gets an answer in one piece', async () => {
    const request = { model: 'sim/echo', messages: ask('Hello from the other side') };

    const { data, response, request_id } = await openai.chat.completions.create(request).withResponse();

    expect(data.choices[0]?.message).toMatchObject({ role: 'assistant', content: 'Hello from the other side' });
    expect(data.choices[0]?.finish_reason).toBe('stop');
    expect(data.usage).toMatchObject({ completion_tokens: 5 });
    expect(request_id).toMatch(/^req_[0-9A-Z]{26}$/);
    expect(response.headers.get('x-gatehouse-provider')).toBe('sim');
    expect(response.headers.get('x-gatehouse-attempts')).toBe('1');
    expect(Number(response.headers.get('x-gatehouse-overhead-ms'))).toBeGreaterThanOrEqual(0);
  });

  it('gets a stream, and its usage only if it asks for that', async () => {
    const request = { model: 'sim/echo', messages: ask('one two three'), stream: true } as const;

    const plain = await collect(await openai.chat.completions.create(request));
    const counted = await collect(
      await openai.chat.completions.create({ ...request, stream_options: { include_usage: true } }),
    );

    expect(plain.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe('one two three');
    expect(plain.filter((chunk) => 'usage' in chunk || chunk.choices.length === 0)).toEqual([]);
    expect(counted.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 3 } });
    expect(counted.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true);
  });

  it('says no word of usage in the bytes of a stream that did not ask for it', async () => {
    const body = JSON.stringify({ model: 'sim/echo', stream: true, messages: ask('hello') });
    const headers = { authorization: `Bearer ${gatehouse.apiKey}`, 'content-type': 'application/json' };

    const response = await fetch(`${gatehouse.url}/v1/chat/completions`, { method: 'POST', headers, body });
    const text = await response.text();

    expect(text).not.toContain('usage');
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  it('assembles streamed tool calls', async () => {
    const stream = openai.chat.completions.stream({
      model: 'sim/tool-call',
      messages: ask('How is the weather?'),
      tools: [weatherTool],
    });

    const message = await stream.finalMessage();
    const choice = (await stream.finalChatCompletion()).choices[0];

    const call = message.tool_calls?.[0];
    expect(choice?.finish_reason).toBe('tool_calls');
    expect(call).toMatchObject({ type: 'function', function: { name: 'get_weather' } });
    const given = call?.type === 'function' ? call.function.arguments : '';
    expect(JSON.parse(given)).toMatchObject({ unit: 'celsius' });
  });

  it('gets several choices at once, streamed or not', async () => {
    const request = { model: 'sim/echo', messages: ask('a b'), n: 3 };

    const whole = await openai.chat.completions.create(request);
    const chunks = await collect(await openai.chat.completions.create({ ...request, stream: true }));

    expect(whole.choices.map(({ index, message }) => [index, message.content])).toEqual([
      [0, 'a b'],
      [1, 'a b'],
      [2, 'a b'],
    ]);
    const ofChoice = (index: number) => chunks.flatMap((chunk) => chunk.choices).filter((each) => each.index === index);
    expect(
      [0, 1, 2].map((index) =>
        ofChoice(index)
          .map(({ delta }) => delta.content ?? '')
          .join(''),
      ),
    ).toEqual(['a b', 'a b', 'a b']);
  });

  it('gets embeddings, in base64 and as numbers', async () => {
    const request = { model: 'sim/embedding', input: ['first', 'second'], dimensions: 8 };

    // Without a format this client asks for base64 and decodes it.
    const decoded = await openai.embeddings.create(request);
    const numbers = await openai.embeddings.create({ ...request, encoding_format: 'float' });

    expect(decoded.data.map(({ index, embedding }) => [index, embedding.length])).toEqual([
      [0, 8],
      [1, 8],
    ]);
    numbers.data.forEach(({ embedding }, index) => {
      const other = decoded.data[index]?.embedding ?? [];
      expect(embedding).toEqual([...other].map((value) => expect.closeTo(value, 6)));
    });
    expect(numbers.usage.prompt_tokens).toBeGreaterThan(0);
  });

  it('lists the models, each of which it can call by its listed name', async () => {
    const ids = (await openai.models.list()).data.map(({ id }) => id);

    expect(ids).toContain('sim/echo');
    const answer = await openai.chat.completions.create({ model: ids[0] ?? '', messages: ask('hi') });
    expect(answer.choices[0]?.message.content).toBe('hi');
  });

  it('receives a stream of 2,000 words complete and in order', async () => {
    const words = Array.from({ length: 2000 }, (_, index) => `word${index}`);
    const request = { model: 'sim/echo', stream: true, messages: ask(words.join(' ')) } as const;

    const chunks = await collect(await openai.chat.completions.create(request));

    const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');
    expect(text.split(' ')).toEqual(words);
  });

  it('keeps 50 parallel streams apart', async () => {
    const prompts = Array.from({ length: 50 }, (_, index) => `stream ${index} of fifty`);

    const answers = await Promise.all(
      prompts.map(async (prompt) => {
        const request = { model: 'sim/echo?delay=5', stream: true, messages: ask(prompt) } as const;
        const chunks = await collect(await openai.chat.completions.create(request));
        return chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');
      }),
    );

    expect(answers).toEqual(prompts);
  });

  it.each([
    ['/v1/chat/completions', 'data: [DONE]'],
    ['/v1/messages', 'event: message_stop'],
  ])('%s: the record exists before the last event of a stream is sent', async (path, lastEvent) => {
    const headers = { 'x-api-key': gatehouse.apiKey, 'content-type': 'application/json' };
    const asked = { model: 'sim/echo?input=100&output=50', max_tokens: 60, stream: true, messages: ask('hi') };

    for (let round = 0; round < 10; round += 1) {
      const response = await fetch(gatehouse.url + path, { method: 'POST', headers, body: JSON.stringify(asked) });
      const id = response.headers.get('x-request-id');
      let text = '';
      // The clients read on to the end of the body; what counts is the moment the last event comes.
      for await (const bytes of response.body!) {
        text += Buffer.from(bytes).toString();
        if (text.includes(lastEvent)) break;
      }

      expect(gatehouse.logs.filter((line) => line.type === 'request' && line.id === id)).toHaveLength(1);
      const expected = { id, ending: 'completed', tokens_prompt: 100, tokens_completion: 50 };
      expect(await getGeneration(gatehouse, id)).toMatchObject(expected);
    }
  });
});

it('charges what the price says: header, record and the sum on the meter agree', async () => {
  const gatehouse = await startGatehouse();
  onTestFinished(() => gatehouse.close());
  const ask1 = { model: 'sim/echo?input=100&cacheRead=10&output=50', messages: ask('hi') };
  // 100 at 1, 10 cached at 0.1, 50 at 2 micro-USD; then only the embedding's input.
  const expected = [201, 201, 40];

  const whole = await gatehouse.openai.chat.completions.create(ask1).withResponse();
  const streamed = await gatehouse.openai.chat.completions.create({ ...ask1, stream: true }).withResponse();
  await collect(streamed.data);
  const embedded = await gatehouse.openai.embeddings
    .create({ model: 'sim/embedding?input=40', input: 'hi' })
    .withResponse();

  const ids = [whole, streamed, embedded].map(({ request_id }) => request_id);
  const records = await Promise.all(ids.map((id) => getGeneration(gatehouse, id)));
  const key = await getData<{ meters: { scope: string; spent_micro_usd: number }[] }>(gatehouse, '/v1/key');
  expect(records.map(({ cost_micro_usd }) => cost_micro_usd)).toEqual(expected);
  expect(whole.response.headers.get('x-gatehouse-cost-micro-usd')).toBe('201');
  expect(embedded.response.headers.get('x-gatehouse-cost-micro-usd')).toBe('40');
  expect(key.meters.map(({ scope, spent_micro_usd }) => [scope, spent_micro_usd])).toEqual([
    ['key', 442],
    ['organization', 442],
  ]);
});

describe('the OpenAI client with a self-declared provider', () => {
  it('streams from it, its credential taken from the environment and its bytes unchanged', async () => {
    const { openai, upstream } = await startLab(sse(sampleChunks));
    const request = { model: 'lab/sample', stream: true, messages: ask('hi') } as const;

    const chunks = await collect(
      await openai.chat.completions.create({ ...request, stream_options: { include_usage: true } }),
    );

    expect(chunks).toEqual(sampleChunks.filter((chunk) => typeof chunk !== 'string'));
    expect(upstream.requests[0]).toMatchObject({
      path: '/v1/chat/completions',
      headers: { authorization: 'Bearer lab-credential-0001' },
    });
    expect(JSON.parse(String(upstream.requests[0]?.body))).toMatchObject({ model: 'sample', messages: ask('hi') });
  });

  it('sees a limit as a typed error with our code, and when it may try again', async () => {
    const { url, keyOf, upstream } = await startLab(json(sampleCompletion), {
      keys: { one: { limits: { requestsPerMinute: 1 } }, poor: { budget: { amountMicroUsd: 1, period: 'total' } } },
    });
    const request = { model: 'lab/sample', messages: ask('hi') };
    const limited = createClients(url, keyOf('one')).openai;
    await limited.chat.completions.create(request);

    const rate = await failureOf(limited.chat.completions.create(request), OpenAI.APIError);
    const money = await failureOf(
      createClients(url, keyOf('poor')).openai.chat.completions.create(request),
      OpenAI.APIError,
    );

    expect(rate).toBeInstanceOf(OpenAI.RateLimitError);
    expect(rate).toMatchObject({ code: 'requests_per_minute_exceeded', type: 'rate_limit_error' });
    expect(Number(rate.headers?.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(rate.headers?.get('x-ratelimit-remaining-requests')).toBe('0');
    expect(money).toMatchObject({ status: 402, code: 'budget_exceeded', type: 'insufficient_quota' });
    expect(upstream.requests).toHaveLength(1);
  });

  it.each([
    ['no key', '', OpenAI.AuthenticationError, 'invalid_api_key'],
    ['a revoked key', 'revoked', OpenAI.AuthenticationError, 'api_key_revoked'],
    ['a key for other models', 'narrow', OpenAI.PermissionDeniedError, 'model_not_allowed'],
  ] as const)('gets the typed error for %s, with the request id', async (_case, name, type, code) => {
    const { url, keyOf } = await startLab(json(sampleCompletion), {
      keys: { revoked: { status: 'revoked' }, narrow: { models: ['sim/*'] } },
    });
    const client = createClients(url, name === '' ? 'sk-not-ours' : keyOf(name)).openai;

    const error = await failureOf(
      client.chat.completions.create({ model: 'lab/sample', messages: ask('hi') }),
      OpenAI.APIError,
    );

    expect(error).toBeInstanceOf(type);
    expect(error.code).toBe(code);
    expect(error.requestID).toMatch(/^req_/);
    expect(error.error).toMatchObject({ request_id: error.requestID });
  });

  it('gets typed errors for a request that is wrong', async () => {
    const { openai } = await startLab(json(sampleCompletion));

    const wrong = await failureOf(
      openai.chat.completions.create({ model: 'lab/sample', messages: [] }),
      OpenAI.APIError,
    );
    const unknown = await failureOf(
      openai.chat.completions.create({ model: 'lab/nothing', messages: ask('hi') }),
      OpenAI.APIError,
    );

    expect(wrong).toBeInstanceOf(OpenAI.BadRequestError);
    expect(wrong).toMatchObject({ code: 'invalid_request', param: 'messages' });
    expect(unknown).toBeInstanceOf(OpenAI.NotFoundError);
    expect(unknown).toMatchObject({ code: 'model_not_found', param: 'model' });
  });
});
