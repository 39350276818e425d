import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClients, type Gatehouse, startGatehouse } from '../fixtures/gatehouse.ts';
import { ask, collect } from '../fixtures/simulated-clients.ts';
import { type Handler, hangMidStream, html500, json, rateLimit429, refuse401, sse } from '../fixtures/upstream.ts';
import { failureOf, getGeneration, labCredential, startLab } from './lab.ts';

const weatherTool = {
  name: 'get_weather',
  input_schema: {
    type: 'object' as const,
    properties: { city: { type: 'string' }, unit: { enum: ['celsius'] } },
    required: ['city', 'unit'],
  },
};

const message = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'sample',
  content: [{ type: 'text', text: 'Hello there' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 10, output_tokens: 2 },
};

const event = (type: string, data: object): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;

const opening = [
  event('message_start', { message: { ...message, content: [], stop_reason: null } }),
  event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
  event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'Hello there' } }),
];

const overloaded: Handler = json({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }, 529);
const request = { model: 'lab/sample', max_tokens: 100, messages: ask('hi') };

describe('the Anthropic client with the simulated provider', () => {
  let gatehouse: Gatehouse;
  let anthropic: Anthropic;
  beforeAll(async () => {
    gatehouse = await startGatehouse();
    anthropic = gatehouse.anthropic;
  });
  afterAll(() => gatehouse.close());

  it('gets an answer in one piece, and finds its record', async () => {
    const asked = { model: 'sim/echo?input=100&output=50', max_tokens: 100, messages: ask('Hello from Claude') };

    const { data, request_id, response } = await anthropic.messages.create(asked).withResponse();

    expect(data).toMatchObject({ type: 'message', content: [{ type: 'text', text: 'Hello from Claude' }] });
    expect(data.usage).toMatchObject({ input_tokens: 100, output_tokens: 50 });
    expect(request_id).toMatch(/^req_/);
    expect(response.headers.get('x-request-id')).toBe(request_id);
    expect(response.headers.get('x-gatehouse-cost-micro-usd')).toBe('200');
    expect(await getGeneration(gatehouse, request_id)).toMatchObject({ id: request_id, cost_micro_usd: 200 });
  });

  it('streams text and reasoning with its signature', async () => {
    const stream = anthropic.messages.stream({
      model: 'sim/reasoning',
      max_tokens: 500,
      messages: ask('one two three'),
    });

    const final = await stream.finalMessage();

    expect(final.content.map(({ type }) => type)).toEqual(['thinking', 'text']);
    expect(final.content[0]).toMatchObject({ signature: expect.stringMatching(/.{20}/) });
    expect(final.content[1]).toMatchObject({ text: 'one two three' });
    expect(final.stop_reason).toBe('end_turn');
  });

  it('assembles a streamed tool call and gets an answer to its result', async () => {
    const model = 'sim/tool-call';
    const tools = [weatherTool];

    const called = await anthropic.messages
      .stream({ model, max_tokens: 500, messages: ask('How is the weather?'), tools })
      .finalMessage();
    const call = called.content.find((block) => block.type === 'tool_use');
    const answered = await anthropic.messages.create({
      model,
      max_tokens: 500,
      tools,
      messages: [
        ...ask('How is the weather?'),
        { role: 'assistant', content: called.content },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: call?.id ?? '', content: 'It rains' }],
        },
      ],
    });

    expect(called.stop_reason).toBe('tool_use');
    expect(call).toMatchObject({ name: 'get_weather', input: { unit: 'celsius' } });
    expect(answered.content).toMatchObject([{ type: 'text', text: 'It rains' }]);
  });

  it('receives a stream of 2,000 words complete and in order', async () => {
    const words = Array.from({ length: 2000 }, (_, index) => `word${index}`);
    const asked = { model: 'sim/echo', max_tokens: 4000, messages: ask(words.join(' ')) };

    const final = await anthropic.messages.stream(asked).finalMessage();

    const text = final.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
    expect(text.split(' ')).toEqual(words);
    expect(final.usage.output_tokens).toBe(2000);
  });
});

describe('the Anthropic client with a self-declared provider', () => {
  it('is passed on with the version and betas it names, its bytes unchanged both ways', async () => {
    const { anthropic, upstream } = await startLab(json(message));
    const betas = { headers: { 'anthropic-beta': 'some-beta-2026-01-01' } };

    const answer = await anthropic.messages.create(request, betas);

    expect(answer).toMatchObject(message);
    expect(upstream.requests[0]).toMatchObject({
      path: '/v1/messages',
      headers: {
        authorization: `Bearer ${labCredential}`,
        'anthropic-version': expect.any(String),
        'anthropic-beta': 'some-beta-2026-01-01',
      },
    });
    expect(upstream.requests[0]?.headers['x-api-key']).toBeUndefined();
  });

  it('gets typed errors with our code and the request id', async () => {
    const { url, keyOf } = await startLab(json(message), {
      keys: { one: { limits: { requestsPerMinute: 1 } }, poor: { budget: { amountMicroUsd: 1, period: 'total' } } },
    });
    const limited = createClients(url, keyOf('one')).anthropic;
    await limited.messages.create(request);

    const rate = await failureOf(limited.messages.create(request), Anthropic.RateLimitError);
    const stranger = createClients(url, 'sk-ant-not-ours').anthropic;
    const unknown = await failureOf(stranger.messages.create(request), Anthropic.AuthenticationError);
    const poor = createClients(url, keyOf('poor')).anthropic;
    const money = await failureOf(poor.messages.create(request), Anthropic.APIError);

    const codeOf = ({ error }: { error: unknown }) => (error as { error: { code: string } }).error.code;
    expect([rate, unknown, money].map(codeOf)).toEqual([
      'requests_per_minute_exceeded',
      'invalid_api_key',
      'budget_exceeded',
    ]);
    expect([rate, unknown, money].map(({ type }) => type)).toEqual([
      'rate_limit_error',
      'authentication_error',
      'billing_error',
    ]);
    expect(money.status).toBe(402);
    expect(rate.requestID).toMatch(/^req_/);
    expect(rate.error).toMatchObject({ type: 'error', request_id: rate.requestID });
    expect(rate.headers?.get('anthropic-ratelimit-requests-remaining')).toBe('0');
  });

  it.each([
    ['a rate limit', rateLimit429(1)],
    ['an overloaded provider', overloaded],
    ['a failing provider', html500],
  ] as const)('tries again after %s', async (_case, fault) => {
    const { anthropic, upstream } = await startLab([fault, json(message)]);

    const answer = await anthropic.messages.create(request, { maxRetries: 1 });

    expect(answer.content).toEqual(message.content);
    expect(upstream.requests).toHaveLength(2);
  });

  it('knows overload by its own status', async () => {
    const { anthropic } = await startLab(overloaded);

    const error = await failureOf(anthropic.messages.create(request), Anthropic.APIError);

    expect(error).toMatchObject({ status: 529, type: 'overloaded_error' });
    expect(error.headers?.get('x-should-retry')).toBe('true');
  });

  it('does not try again where our credential is refused', async () => {
    const { anthropic, upstream } = await startLab(refuse401);

    const error = await failureOf(anthropic.messages.create(request, { maxRetries: 2 }), Anthropic.InternalServerError);

    expect(error).toMatchObject({ status: 502, type: 'api_error' });
    expect(error.headers?.get('x-gatehouse-error-code')).toBe('provider_credential_refused');
    expect(upstream.requests).toHaveLength(1);
  });

  it('throws when the provider fails in the middle of a stream, after the words before it', async () => {
    const failing = event('error', { error: { type: 'overloaded_error', message: 'secret detail' } });
    const { anthropic, ...gatehouse } = await startLab(sse([...opening, failing]));
    const { data, request_id } = await anthropic.messages.create({ ...request, stream: true }).withResponse();
    const events: Anthropic.RawMessageStreamEvent[] = [];

    const error = await failureOf(collect(data, events), Anthropic.APIError);

    expect(events.at(-1)).toMatchObject({ delta: { text: 'Hello there' } });
    expect(error.type).toBe('overloaded_error');
    expect(error.message).not.toContain('secret detail');
    expect(await getGeneration(gatehouse, request_id)).toMatchObject({ ending: 'provider-failed-midstream' });
  });

  it('leaves, and the call to the provider ends with it', async () => {
    const { anthropic, upstream, logs } = await startLab(hangMidStream(opening));
    const stream = await anthropic.messages.create({ ...request, stream: true });
    await stream[Symbol.asyncIterator]().next();

    stream.controller.abort();

    expect(await (await upstream.received(1)).ended).toMatchObject({ outcome: 'aborted' });
    await expect.poll(() => logs.at(-1), { timeout: 10_000 }).toMatchObject({ type: 'request', ending: 'caller-gone' });
  });
});
