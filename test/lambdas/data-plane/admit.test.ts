import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { GatewayResponse } from '../../../lambdas/http/gateway-request.ts';
import { StoreError } from '../../../lambdas/store/client.ts';
import { setMeterPolicyVersion, spentMicroUsd } from '../../../lambdas/store/meter.ts';
import type { ProviderDeclaration } from '../../../lambdas/store/policy.ts';
import {
  chatBody,
  createProcess,
  createRequest,
  createTenant,
  createTestClock,
  declareProvider,
  putCatalog,
  readText,
  recordOf,
  startTestStore,
  type Tenant,
  type TenantOptions,
  type TestStore,
  testPrice,
} from '../../fixtures/data-plane.ts';
import { type Handler, json, sampleChunks, sampleCompletion, sse, startUpstream } from '../../fixtures/upstream.ts';

let store: TestStore;

beforeAll(async () => {
  store = await startTestStore();
});

afterAll(() => store.close());

interface WorldOptions extends TenantOptions {
  readonly script?: Handler;
  readonly declare?: (declaration: ProviderDeclaration) => ProviderDeclaration;
}

async function createWorld({
  script = json(sampleCompletion),
  declare = (same) => same,
  ...options
}: WorldOptions = {}) {
  const clock = createTestClock();
  const upstream = await startUpstream(script);
  onTestFinished(() => upstream.close());
  await putCatalog(store, { lab: declare(declareProvider(upstream.url)) });
  const tenant = await createTenant(store, options);
  const process = createProcess(store, clock);
  onTestFinished(() => process.close());
  const ask = (body: object = chatBody()): Promise<GatewayResponse> =>
    process.handle(createRequest(clock, { apiKey: tenant.apiKey, body }));
  const askAll = async (count: number): Promise<Map<string, number>> => {
    const answers = await Promise.all(Array.from({ length: count }, () => ask()));
    return tally(answers.map(({ status, headers }) => headers['x-gatehouse-error-code'] ?? String(status)));
  };
  return { clock, upstream, tenant, ask, askAll };
}

function tally(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

async function heldBy(tenant: Tenant): Promise<number[]> {
  const items = [await store.meter(tenant.keyMeter), await store.meter(tenant.organizationMeter)];
  return items.map(({ inflight }) => inflight);
}

/** `POST /v1/chat/completions` with the default body: what is held for it at `testPrice`. */
const bodyBytes = Buffer.byteLength(JSON.stringify(chatBody()));
const defaultHold = bodyBytes + 2 * 10;

describe('parallel requests of one window', () => {
  test('are admitted up to the requests per minute, to the last one', async () => {
    const { clock, askAll, upstream } = await createWorld({ key: { limits: { requestsPerMinute: 30 } } });

    const first = await askAll(120);
    clock.advance(60_000);
    const second = await askAll(40);

    expect(first).toEqual(
      new Map([
        ['200', 30],
        ['requests_per_minute_exceeded', 90],
      ]),
    );
    expect(second).toEqual(
      new Map([
        ['200', 30],
        ['requests_per_minute_exceeded', 10],
      ]),
    );
    expect(upstream.requests).toHaveLength(60);
  });

  test('are admitted up to the requests per day of the organization', async () => {
    const { clock, askAll } = await createWorld({ organization: { limits: { requestsPerDay: 25 } } });

    const first = await askAll(60);
    clock.advance(3_600_000);
    const sameDay = await askAll(5);
    clock.advance(24 * 3_600_000);
    const nextDay = await askAll(60);

    expect(first).toEqual(
      new Map([
        ['200', 25],
        ['requests_per_day_exceeded', 35],
      ]),
    );
    expect(sameDay).toEqual(new Map([['requests_per_day_exceeded', 5]]));
    expect(nextDay).toEqual(first);
  });

  test('are at the provider at the same time only as many as the limit says', async () => {
    const gate = new EventTarget();
    const script: Handler = async (request, response) => {
      await once(gate, 'open');
      await json(sampleCompletion)(request, response);
    };
    const { ask, upstream, tenant } = await createWorld({ script, key: { limits: { concurrentRequests: 8 } } });
    let answered = 0;
    const askAndCount = async (): Promise<number> => {
      const { status } = await ask();
      answered += 1;
      // Those at the provider wait until every other one was answered.
      if (answered === 72) gate.dispatchEvent(new Event('open'));
      return status;
    };

    const statuses = await Promise.all(Array.from({ length: 80 }, askAndCount));

    expect(tally(statuses.map(String))).toEqual(
      new Map([
        ['429', 72],
        ['200', 8],
      ]),
    );
    expect(upstream.requests).toHaveLength(8);
    expect(await heldBy(tenant)).toEqual([0, 0]);
  });

  test('reserve tokens of the minute by their estimate, and get back what they did not use', async () => {
    const estimate = Math.ceil(bodyBytes / 4) + 10;
    const { askAll, tenant } = await createWorld({ key: { limits: { tokensPerMinute: 10 * estimate } } });

    const answers = await askAll(10);

    expect(answers).toEqual(new Map([['200', 10]]));
    const used = sampleCompletion.usage.total_tokens;
    expect((await store.meter(tenant.keyMeter)).minuteTokens).toBe(10 * used);
  });

  test('take no more tokens of the minute than there are', async () => {
    const gate = new EventTarget();
    const script: Handler = async (request, response) => {
      await once(gate, 'open');
      await json(sampleCompletion)(request, response);
    };
    const estimate = Math.ceil(bodyBytes / 4) + 10;
    const limits = { tokensPerMinute: 7 * estimate + estimate - 1 };
    const { ask, upstream } = await createWorld({ script, key: { limits } });
    const open = Array.from({ length: 7 }, () => ask());
    await upstream.received(7);

    const eighth = await ask();
    gate.dispatchEvent(new Event('open'));
    const answers = await Promise.all(open);

    expect(eighth.headers['x-gatehouse-error-code']).toBe('tokens_per_minute_exceeded');
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 7 }, () => 200));
  });
});

describe('the money held for a request', () => {
  test.each([
    { balanceMicroUsd: defaultHold, status: 200 },
    { balanceMicroUsd: defaultHold - 1, status: 402 },
  ])('is every byte of input and the whole cap on output: $balanceMicroUsd', async ({ balanceMicroUsd, status }) => {
    const { ask, tenant } = await createWorld({ organization: { billing: 'prepaid' }, balanceMicroUsd });

    const response = await ask();

    expect(response.status).toBe(status);
    const spent = status === 200 ? 14 : 0;
    expect((await store.meter(tenant.organizationMeter)).balanceMicroUsd).toBe(balanceMicroUsd - spent);
    expect(await heldBy(tenant)).toEqual([0, 0]);
  });

  test('covers the dearest target that a request can fall back to', async () => {
    const dear = { id: 'dear', price: { inputPerMillion: 1_000_000, outputPerMillion: 50_000_000 } };
    const { ask } = await createWorld({
      declare: (declaration) => ({ ...declaration, models: [dear, ...declaration.models] }),
      organization: { billing: 'prepaid' },
      balanceMicroUsd: bodyBytes + 60,
    });

    const cheapOnly = await ask();
    const withDear = await ask(chatBody({ models: ['lab/dear'] }));

    expect([cheapOnly.status, withDear.status]).toEqual([200, 402]);
  });

  test('lowers the cap on output to what the balance covers, and says so to provider and caller', async () => {
    const body = chatBody({ max_tokens: 5_000 });
    const bytes = Buffer.byteLength(JSON.stringify(body));
    const { ask, upstream } = await createWorld({
      organization: { billing: 'prepaid' },
      balanceMicroUsd: bytes + 2 * 300 + 1,
    });

    const response = await ask(body);

    expect(response.status).toBe(200);
    expect(response.headers['x-gatehouse-max-output-tokens']).toBe('300');
    const sent = JSON.parse((await upstream.received(1)).body.toString()) as { max_tokens: number };
    expect(sent.max_tokens).toBe(300);
  });

  test('refuses rather than cut an answer down to nothing', async () => {
    const body = chatBody({ max_tokens: 5_000 });
    const bytes = Buffer.byteLength(JSON.stringify(body));
    const { ask } = await createWorld({ organization: { billing: 'prepaid' }, balanceMicroUsd: bytes + 2 * 255 });

    const response = await ask(body);

    expect([response.status, response.headers['x-gatehouse-error-code']]).toEqual([402, 'insufficient_balance']);
  });

  test('is at least what an estimate can charge, for a body longer than the context of its model', async () => {
    const small = { id: 'small', price: testPrice, contextTokens: 20 };
    const { clock, ask, tenant } = await createWorld({
      script: sse(sampleChunks.filter((_, index) => index !== 3)),
      declare: (declaration) => ({ ...declaration, models: [small] }),
      organization: { billing: 'prepaid' },
      balanceMicroUsd: 20 + 2 * 10,
    });
    const body = chatBody({
      model: 'lab/small',
      stream: true,
      messages: [{ role: 'user', content: 'a '.repeat(500) }],
    });

    const response = await ask(body);
    await readText(response);

    const record = await recordOf(store, tenant, {
      id: response.headers['x-request-id'] ?? '',
      receivedAt: clock.now(),
    });
    expect(record).toMatchObject({ usageEstimated: true, inputTokens: 20 });
    expect((await store.meter(tenant.organizationMeter)).balanceMicroUsd).toBeGreaterThanOrEqual(0);
  });

  test('is nothing for a free model, which passes an exhausted budget', async () => {
    const { ask } = await createWorld({ key: { budget: { amountMicroUsd: 0, period: 'total' } } });

    const answers = [await ask(), await ask(chatBody({ model: 'lab/free' }))];

    expect(answers.map(({ status }) => status)).toEqual([402, 200]);
  });
});

describe('a request that one of its meters refuses', () => {
  test.each([
    { by: 'key', options: { key: { budget: { amountMicroUsd: 5, period: 'day' } } }, code: 'budget_exceeded' },
    { by: 'organization', options: { organization: { billing: 'prepaid' } }, code: 'insufficient_balance' },
    {
      by: 'workspace',
      options: { workspace: { budget: { amountMicroUsd: 5, period: 'week' } } },
      code: 'budget_exceeded',
    },
    {
      by: 'organization budget',
      options: { organization: { budget: { amountMicroUsd: 5, period: 'month' } } },
      code: 'budget_exceeded',
    },
  ] as const)('leaves nothing behind on the others: $by', async ({ options, code }) => {
    const { ask, tenant } = await createWorld(options);

    const response = await ask();

    expect([response.status, response.headers['x-gatehouse-error-code']]).toEqual([402, code]);
    for (const id of [tenant.keyMeter, tenant.organizationMeter]) {
      const item = await store.meter(id);
      expect(item).toMatchObject({ inflight: 0, minuteRequests: 0, minuteTokens: 0, dayRequests: 0 });
      expect(spentMicroUsd(item)).toBe(0);
    }
  });

  test('is told when the limit lets it in again', async () => {
    const { ask } = await createWorld({ key: { limits: { requestsPerMinute: 1 } } });
    await ask();

    const { status, headers } = await ask();

    // The clock stands at ten seconds past the minute.
    expect(status).toBe(429);
    expect(headers).toMatchObject({
      'retry-after': '50',
      'x-should-retry': 'true',
      'x-ratelimit-limit-requests': '1',
      'x-ratelimit-remaining-requests': '0',
      'x-gatehouse-error-owner': 'gateway',
    });
  });

  test('is refused for good when it could not fit into an empty minute', async () => {
    const { ask } = await createWorld({ key: { limits: { tokensPerMinute: 20 } } });

    const { status, headers } = await ask();

    expect(status).toBe(429);
    expect(headers).toMatchObject({
      'x-should-retry': 'false',
      'x-gatehouse-error-code': 'tokens_per_minute_exceeded',
    });
  });
});

describe('a store that does not answer at admission', () => {
  test('is a 503 that may be repeated, and costs nobody anything', async () => {
    const clock = createTestClock();
    const upstream = await startUpstream(json(sampleCompletion));
    onTestFinished(() => upstream.close());
    await putCatalog(store, { lab: declareProvider(upstream.url) });
    const tenant = await createTenant(store);
    await setMeterPolicyVersion(store.meters, tenant.organizationMeter, 1);
    const process = createProcess(store, clock, {
      store: {
        ...store.store,
        updateItem: (input) =>
          input.Key?.['pk']?.S === tenant.keyMeter
            ? Promise.reject(new StoreError('unavailable', 'no answer'))
            : store.store.updateItem(input),
      },
    });
    onTestFinished(() => process.close());

    const { status, headers } = await process.handle(createRequest(clock, { apiKey: tenant.apiKey }));

    expect(status).toBe(503);
    expect(headers).toMatchObject({ 'x-gatehouse-error-code': 'store_unavailable', 'x-should-retry': 'true' });
    expect(upstream.requests).toHaveLength(0);
    expect(await store.meter(tenant.organizationMeter)).toMatchObject({ inflight: 0, minuteRequests: 0 });
  });
});
