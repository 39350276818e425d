import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { totalHolds } from '../../../lambdas/store/meter-item.ts';
import type { ProtocolName } from '../../../lambdas/wire/protocol-name.ts';
import type { UpstreamProtocol } from '../../contract/cases.ts';
import { responseFixture } from '../../contract/fixtures.ts';
import {
  createProcess,
  createRequest,
  createTenant,
  createTestClock,
  putCatalog,
  startTestStore,
  testPrice,
  type TestStore,
} from '../../fixtures/data-plane.ts';
import { json, startUpstream } from '../../fixtures/upstream.ts';

/*
 * What is held for a request that is translated, and what the provider is then sent: the hold covers the latter, and the cap on
 * output that it was made with is the one that is sent.
 */

const messages = [{ role: 'user', content: 'Hello' }];
const upstreams: readonly UpstreamProtocol[] = [
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
  'gemini',
  'bedrock-converse',
];

let store: TestStore;

beforeAll(async () => {
  store = await startTestStore();
});

afterAll(() => store.close());

interface Sent {
  readonly status: number;
  readonly code: string | undefined;
  readonly capInHeader: string | undefined;
  /** As it reached the provider; `undefined` where nothing did. */
  readonly body: Record<string, unknown> | undefined;
  /** Micro-USD held while the provider was at work. */
  readonly held: number;
  readonly spent: { readonly requests: number; readonly microUsd: number };
}

interface Plan {
  readonly protocol: ProtocolName;
  readonly path?: string;
  readonly answer?: object;
  readonly budgetMicroUsd?: number;
  readonly model?: object;
}

/** Sends a body to a provider of one protocol, and says what was held meanwhile and what arrived. */
async function send(
  body: object,
  { protocol, path, answer, budgetMicroUsd = 10_000_000, model = {} }: Plan,
): Promise<Sent> {
  const clock = createTestClock();
  let held = 0;
  const reply = json(answer ?? responseFixture(protocol as UpstreamProtocol, 'text'));
  const upstream = await startUpstream(async (request, response) => {
    held = totalHolds((await store.meter(tenant.keyMeter)).buckets).amountMicroUsd;
    await reply(request, response);
  });
  onTestFinished(() => upstream.close());
  const declared = { id: 'claude-sample', price: testPrice, ...model };
  await putCatalog(store, {
    lab: { baseUrl: upstream.url, protocols: [protocol], auth: { kind: 'none' }, models: [declared] },
  });
  const tenant = await createTenant(store, { key: { budget: { amountMicroUsd: budgetMicroUsd, period: 'month' } } });
  const process = createProcess(store, clock);
  onTestFinished(() => process.close());
  const request = createRequest(clock, {
    apiKey: tenant.apiKey,
    body: { model: 'lab/claude-sample', ...body },
    ...(path !== undefined && { path }),
  });

  const response = await process.handle(request);

  // One that is refused before its admission leaves no meter.
  const meter = await store.meter(tenant.keyMeter).catch(() => undefined);
  const [received] = upstream.requests;
  return {
    status: response.status,
    code: response.headers['x-gatehouse-error-code'],
    capInHeader: response.headers['x-gatehouse-max-output-tokens'],
    body: received && (JSON.parse(received.body.toString()) as Record<string, unknown>),
    held,
    spent: { requests: meter?.dayRequests ?? 0, microUsd: budgetMicroUsd - (meter?.balanceMicroUsd ?? budgetMicroUsd) },
  };
}

/** The cap as each protocol says it. */
function capIn(body: Record<string, unknown> = {}): unknown {
  const { generationConfig, inferenceConfig } = body as Record<string, Record<string, unknown> | undefined>;
  return (
    body['max_tokens'] ??
    body['max_output_tokens'] ??
    generationConfig?.['maxOutputTokens'] ??
    inferenceConfig?.['maxTokens']
  );
}

describe.each(upstreams)('the cap for a provider of %s', (protocol) => {
  /** A client of another protocol: chat for all, but messages for chat itself. */
  const path = protocol === 'openai-chat' ? '/v1/messages' : '/v1/chat/completions';

  test('is what the money covers, what the caller is told and what is sent', async () => {
    const sent = await send({ messages, max_tokens: 50_000 }, { protocol, path, budgetMicroUsd: 3_000 });

    expect(sent.status).toBe(200);
    expect(capIn(sent.body)).toBe(Number(sent.capInHeader));
    expect(sent.held).toBeLessThanOrEqual(3_000);
    expect(sent.held).toBeGreaterThanOrEqual(2 * Number(sent.capInHeader));
  });

  test('is no more than the model can give', async () => {
    const sent = await send({ messages, max_tokens: 50_000 }, { protocol, path, model: { maxOutputTokens: 900 } });

    expect([sent.status, capIn(sent.body)]).toEqual([200, 900]);
    expect(sent.held).toBeLessThan(2 * 900 + 1_000);
  });
});

describe('the hold covers what is sent', () => {
  const atMost = (sent: Sent): number => Buffer.byteLength(JSON.stringify(sent.body));

  test('where definitions of a schema are copied to all places that refer to them', async () => {
    const entry = { type: 'object', description: 'x'.repeat(2_000), not: { type: 'string' } };
    const fields = Array.from({ length: 40 }, (_, index) => [`field${index}`, { $ref: '#/$defs/entry', title: 'T' }]);
    const parameters = { type: 'object', properties: Object.fromEntries(fields), $defs: { entry } };
    const body = { messages, max_tokens: 10, tools: [{ type: 'function', function: { name: 'f', parameters } }] };

    const sent = await send(body, { protocol: 'gemini' });

    expect(atMost(sent)).toBeGreaterThan(3 * Buffer.byteLength(JSON.stringify(body)));
    expect(sent.held).toBeGreaterThan(atMost(sent));
  });

  test('where an image that a model made comes back as a text', async () => {
    const text = `![image](data:image/png;base64,${Buffer.alloc(60, 1).toString('base64')})`;
    const turns = [...messages, { role: 'assistant', content: [{ type: 'text', text }] }, ...messages];

    const sent = await send({ messages: turns, max_tokens: 10 }, { protocol: 'gemini', path: '/v1/messages' });

    expect(JSON.stringify(sent.body)).toContain('inlineData');
    expect(sent.held).toBeGreaterThan(50_000);
  });

  test('where a small image stands beside a large one', async () => {
    const image = (bytes: number) => ({
      type: 'image',
      source: { type: 'base64', media_type: 'image/png', data: Buffer.alloc(bytes, 1).toString('base64') },
    });
    const content = [image(6_000), image(60), image(60), { type: 'text', text: 'What is this?' }];

    const sent = await send(
      { messages: [{ role: 'user', content }], max_tokens: 10 },
      { protocol: 'openai-chat', path: '/v1/messages' },
    );

    expect(sent.held).toBeGreaterThan(150_000);
  });

  test('where an image lies elsewhere', async () => {
    const content = [{ type: 'image_url', image_url: { url: 'https://images.example/one.png' } }];

    const sent = await send(
      { messages: [{ role: 'user', content }], max_tokens: 10 },
      { protocol: 'anthropic-messages' },
    );

    expect(sent.held).toBeGreaterThan(200_000);
  });

  test('with what the provider adds of its own where there are tools', async () => {
    const tools = [{ type: 'function', function: { name: 'f' } }];

    const sent = await send({ messages, max_tokens: 10, tools }, { protocol: 'anthropic-messages' });

    expect(sent.held).toBe(atMost(sent) + 2 * 10 + 1_000);
  });
});

describe('money that does not cover what the target needs', () => {
  test('refuses a model that thinks by a budget, rather than to cut it below that', async () => {
    const thinking = { type: 'enabled', budget_tokens: 1_024 };
    const body = { messages, max_tokens: 4_000, thinking };

    const refused = await send(body, { protocol: 'anthropic-messages', budgetMicroUsd: 2_000 });
    const taken = await send(body, { protocol: 'anthropic-messages', budgetMicroUsd: 3_000 });

    expect([refused.status, refused.code, refused.body]).toEqual([402, 'budget_exceeded', undefined]);
    expect(taken.status).toBe(200);
    expect(Number(taken.capInHeader)).toBeGreaterThan(1_024);
    expect(capIn(taken.body)).toBe(Number(taken.capInHeader));
  });
});

describe('counting tokens', () => {
  test.each([
    ['/v1/messages/count_tokens', 'openai-count-tokens', { input_tokens: 7, object: 'response.input_tokens' }],
    ['/v1/responses/input_tokens', 'anthropic-count-tokens', { input_tokens: 7 }],
    ['/v1/messages/count_tokens', 'gemini-count-tokens', { totalTokens: 7 }],
  ] as const)(
    '%s at %s is free of charge, passes an exhausted budget and counts as a request',
    async (path, protocol, answer) => {
      const body = path.includes('messages') ? { messages } : { input: 'Hello' };

      const sent = await send(body, { protocol, path, answer, budgetMicroUsd: 1 });

      expect(sent).toMatchObject({ status: 200, held: 0, spent: { requests: 1, microUsd: 0 } });
    },
  );
});

test('a model without a price is refused where its protocol is another one too', async () => {
  const sent = await send({ messages, max_tokens: 10 }, { protocol: 'gemini', model: { price: undefined } });

  expect([sent.status, sent.code, sent.body]).toEqual([400, 'model_not_priced', undefined]);
});
