import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { admit } from '../../../lambdas/data-plane/admit.ts';
import type { Caller } from '../../../lambdas/data-plane/authenticate.ts';
import type { Dependencies } from '../../../lambdas/data-plane/dependencies.ts';
import { createPolicyReader } from '../../../lambdas/data-plane/policies.ts';
import { type Outcome, settle } from '../../../lambdas/data-plane/settle.ts';
import { passedSize } from '../../../lambdas/data-plane/token-bound.ts';
import { GatewayError } from '../../../lambdas/http/gateway-error.ts';
import { noUsage } from '../../../lambdas/metering/token-usage.ts';
import { buildSelfDeclaredProvider } from '../../../lambdas/providers/self-declared.ts';
import type { Target } from '../../../lambdas/routing/target.ts';
import { type MeterItem, totalHolds } from '../../../lambdas/store/meter-item.ts';
import type { Limits } from '../../../lambdas/store/policy.ts';
import { parseJsonBody } from '../../../lambdas/wire/json-body.ts';
import { openaiChat } from '../../../lambdas/wire/openai-chat.ts';
import { type Crash, createCrashingStore, type Life } from '../../fixtures/crashing-store.ts';
import {
  chatBody,
  createProcess,
  createRequest,
  createTenant,
  createTestClock,
  declareProvider,
  putCatalog,
  readText,
  startTestStore,
  type Tenant,
  type TenantOptions,
  type TestClock,
  testPrice,
  type TestStore,
  topUp,
} from '../../fixtures/data-plane.ts';
import {
  type Handler,
  html500,
  json,
  resetMidStream,
  sampleChunks,
  sse,
  startUpstream,
} from '../../fixtures/upstream.ts';

const parallel = 105;
const keyBudget = 60_000;
const balancePerRound = 15_000;
/** Thousands of store calls, on a machine that may do other things too. */
const timeoutMs = 90_000;
/** More than any hold lives. */
const holdsEndMs = 25 * 60_000;
/** How many of its store calls a request can die at: more than it ever makes without contention. */
const crashPositions = 10;

let store: TestStore;

beforeAll(async () => {
  store = await startTestStore();
});

afterAll(() => store.close());

/** Numbers that a failed run can be repeated with: put the seed of its message here. */
const seed = randomInt(2 ** 31);

function createRandom(state: number): (below: number) => number {
  let next = state;
  // mulberry32
  return (below) => {
    next = (next + 0x6d2b79f5) | 0;
    let mixed = Math.imul(next ^ (next >>> 15), 1 | next);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Every third request dies, in turn at each store call, before and after that call was done. */
function crashOf(index: number): Crash | undefined {
  if (index % 3 !== 2) return undefined;
  const turn = (index - 2) / 3;
  return { call: turn % crashPositions, applied: Math.floor(turn / crashPositions) % 2 === 0 };
}

interface Storm {
  readonly tenant: Tenant;
  readonly clock: TestClock;
  /** One request, index counting through all rounds; how it ends is up to it. */
  readonly request: (index: number, life: Life) => Promise<void>;
  readonly crashing: ReturnType<typeof createCrashingStore>;
  readonly rounds: number;
}

/** Rounds of parallel requests; the clock goes on while they run, money comes in, and twice all open holds end. */
async function runStorm({ tenant, clock, request, crashing, rounds }: Storm): Promise<Life[]> {
  const lives: Life[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const running = Array.from({ length: parallel }, async (_, place) => {
      const index = round * parallel + place;
      const life = await crashing.live(crashOf(index), (own) => request(index, own));
      // A minute for each round, so that windows roll while the others are under way.
      clock.advance(60_000 / parallel);
      return life;
    });
    const paid = topUp(store, tenant.organizationMeter, balancePerRound);
    lives.push(...(await Promise.all(running)));
    await paid;
    if (round % 2 === 1) clock.advance(holdsEndMs);
  }
  return lives;
}

/** What each meter must have spent: the cost of every request whose settlement reached it, and nothing else. */
function chargedTo(meter: string, lives: readonly Life[]): number {
  return lives.reduce((sum, { charged, costMicroUsd = 0 }) => sum + (charged.has(meter) ? costMicroUsd : 0), 0);
}

function assertSound(id: string, item: MeterItem, limits: Limits = {}): void {
  const holds = totalHolds(item.buckets);
  const broken = [
    ...(item.balanceMicroUsd < 0 ? ['spent and held are more than the cap'] : []),
    ...(item.inflight === holds.count ? [] : ['in flight is not what is held']),
    ...(item.buckets.some(({ amountMicroUsd, count }) => amountMicroUsd < 0 || count < 0) ? ['a negative hold'] : []),
    ...(item.inflight > (limits.concurrentRequests ?? Infinity) ? ['too many at the same time'] : []),
    ...(item.minuteRequests > (limits.requestsPerMinute ?? Infinity) ? ['too many in a minute'] : []),
    ...(item.dayRequests > (limits.requestsPerDay ?? Infinity) ? ['too many in a day'] : []),
    ...(item.minuteTokens > (limits.tokensPerMinute ?? Infinity) ? ['too many tokens in a minute'] : []),
  ];
  if (broken.length > 0 && violations.length < 3)
    violations.push(`${id}: ${broken.join(', ')}: ${JSON.stringify(item)}`);
}

/** The first few; collected, since nobody would see what is thrown inside a store call. */
const violations: string[] = [];

/** Positions at which a request really died, before and after the call was done. */
function deaths(lives: readonly Life[]): { before: number; after: number } {
  const at = (applied: boolean): number =>
    new Set(lives.flatMap(({ dead, crash }) => (dead && crash?.applied === applied ? [crash.call] : []))).size;
  return { before: at(false), after: at(true) };
}

async function createSmallTenant(options: TenantOptions): Promise<Tenant> {
  violations.length = 0;
  return createTenant(store, { balanceMicroUsd: 1_000, ...options });
}

const smallMoney: TenantOptions = {
  organization: { billing: 'prepaid' },
  key: { budget: { amountMicroUsd: keyBudget, period: 'total' } },
};

/** Balances are exact to the micro-dollar, and nothing is held any more. */
async function assertSettled(tenant: Tenant, lives: readonly Life[], added: number): Promise<void> {
  const key = await store.meter(tenant.keyMeter);
  const organization = await store.meter(tenant.organizationMeter);
  for (const item of [key, organization]) {
    expect(totalHolds(item.buckets), `seed ${seed}`).toEqual({ amountMicroUsd: 0, count: 0 });
    expect(item.inflight, `seed ${seed}`).toBe(0);
  }
  expect(organization.budgetMicroUsd).toBe(1_000 + 4 * balancePerRound + added);
  expect(key.balanceMicroUsd, `seed ${seed}`).toBe(key.budgetMicroUsd - chargedTo(tenant.keyMeter, lives));
  expect(organization.balanceMicroUsd, `seed ${seed}`).toBe(
    organization.budgetMicroUsd - chargedTo(tenant.organizationMeter, lives),
  );
}

describe('hundreds of parallel requests that die at every store call', { timeout: timeoutMs }, () => {
  test('spend no micro-dollar over a balance and a budget, and every hold comes back', async () => {
    const clock = createTestClock();
    const tenant = await createSmallTenant(smallMoney);
    const crashing = createCrashingStore(store, (id, item) => assertSound(id, item));
    const desk = createDesk(tenant, clock, crashing);
    const random = createRandom(seed);

    const lives = await runStorm({
      tenant,
      clock,
      crashing,
      rounds: 4,
      request: (index, life) => desk.pass(index, life, random),
    });
    clock.advance(holdsEndMs);
    await Promise.all(desk.late.map((settleLate) => settleLate()));
    await topUp(store, tenant.organizationMeter, 1_000);
    lives.push(await crashing.live(undefined, (life) => desk.pass(2, life, () => 0)));

    expect(violations, `seed ${seed}`).toEqual([]);
    await assertSettled(tenant, lives, 1_000);
    expect(chargedTo(tenant.organizationMeter, lives)).toBeGreaterThan(balancePerRound);
    expect(deaths(lives).before).toBeGreaterThanOrEqual(5);
    expect(deaths(lives).after).toBeGreaterThanOrEqual(5);
  });

  test('never pass a limit on requests, tokens or concurrency', async () => {
    const clock = createTestClock();
    const limits = { requestsPerMinute: 80, requestsPerDay: 150, concurrentRequests: 60, tokensPerMinute: 30_000 };
    const tenant = await createSmallTenant({ key: { limits, budget: { amountMicroUsd: 1e9, period: 'total' } } });
    const peaks = { requestsPerMinute: 0, requestsPerDay: 0, concurrentRequests: 0 };
    const crashing = createCrashingStore(store, (id, item) => {
      if (id !== tenant.keyMeter) return;
      assertSound(id, item, limits);
      peaks.requestsPerMinute = Math.max(peaks.requestsPerMinute, item.minuteRequests);
      peaks.requestsPerDay = Math.max(peaks.requestsPerDay, item.dayRequests);
      peaks.concurrentRequests = Math.max(peaks.concurrentRequests, item.inflight);
    });
    const desk = createDesk(tenant, clock, crashing);
    const random = createRandom(seed);
    const passTwice = async (index: number, life: Life): Promise<void> => {
      await desk.pass(index, life, random);
      await desk.pass(index, life, random);
    };

    await runStorm({ tenant, clock, crashing, rounds: 2, request: passTwice });

    expect(violations, `seed ${seed}`).toEqual([]);
    // That they are filled to the last request where nobody dies is shown in admit.test.ts.
    for (const [limit, peak] of Object.entries(peaks)) {
      expect(peak, limit).toBeGreaterThan(0.7 * limits[limit as keyof typeof peaks]);
    }
  });

  test('spend no micro-dollar over either through the whole data plane, however the provider answers', async () => {
    const clock = createTestClock();
    const tenant = await createSmallTenant(smallMoney);
    const random = createRandom(seed);
    const upstream = await startUpstream(unpredictable(random));
    onTestFinished(() => upstream.close());
    await putCatalog(store, { lab: declareProvider(upstream.url) });
    const crashing = createCrashingStore(store, (id, item) => assertSound(id, item));
    const process = createProcess(store, clock, { store: crashing.store });
    onTestFinished(() => process.close());
    const send = async (index: number): Promise<void> => {
      const body = chatBody({ max_tokens: 20 + random(400), stream: index % 2 === 0 });
      const response = await process.handle(createRequest(clock, { apiKey: tenant.apiKey, body }));
      await readText(response);
    };

    // Policies are read first, or all would share the fate of the one that reads them.
    const lives = [await crashing.live(undefined, () => send(1))];
    lives.push(...(await runStorm({ tenant, clock, crashing, rounds: 4, request: send })));
    clock.advance(holdsEndMs);
    await topUp(store, tenant.organizationMeter, 1_000);
    lives.push(await crashing.live(undefined, () => send(1)));

    expect(violations, `seed ${seed}`).toEqual([]);
    await assertSettled(tenant, lives, 1_000);
    expect(chargedTo(tenant.organizationMeter, lives)).toBeGreaterThan(4_000);
    expect(deaths(lives).before).toBeGreaterThanOrEqual(5);
    expect(deaths(lives).after).toBeGreaterThanOrEqual(5);
  });
});

/** Answers whole and streamed, with usage and without, and now and then not at all. */
function unpredictable(random: (below: number) => number): Handler {
  return (request, response) => {
    const asked = JSON.parse(request.body.toString()) as { stream?: boolean; max_tokens: number };
    const usage = { prompt_tokens: random(60), completion_tokens: random(asked.max_tokens + 1), total_tokens: 0 };
    const fate = random(10);
    if (fate === 0) return html500(request, response);
    if (asked.stream !== true) return json(answerWith(fate === 1 ? undefined : usage))(request, response);
    if (fate === 1) return resetMidStream(400 + random(200))(request, response);
    const chunks = sampleChunks.filter((chunk) => fate !== 2 || typeof chunk === 'string' || !isUsage(chunk));
    return sse(chunks.map((chunk) => (isUsage(chunk) ? { ...(chunk as object), usage } : chunk)))(request, response);
  };
}

function isUsage(chunk: object | string): boolean {
  return typeof chunk === 'object' && 'usage' in chunk && chunk.usage !== null;
}

function answerWith(usage: object | undefined): object {
  const choices = [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }];
  return { id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'sample', choices, usage };
}

/** The two ends of a request without the call between them: `admit` and `settle`, with any usage that the hold covers. */
function createDesk(tenant: Tenant, clock: TestClock, crashing: ReturnType<typeof createCrashingStore>) {
  const { settings } = createProcess(store, clock, { store: crashing.store });
  const deps: Dependencies = {
    ...settings,
    meters: { store: crashing.store, table: store.tables.meter },
    policies: createPolicyReader(store.store, store.tables.policy, clock.now),
    access: { open: async () => undefined },
  };
  const caller: Caller = {
    key: { policy: tenant.keyPolicy, asOf: 1 },
    workspace: { policy: tenant.workspacePolicy, asOf: 1 },
  };
  const target: Target = {
    provider: buildSelfDeclaredProvider('lab', declareProvider('http://127.0.0.1:1')),
    model: 'sample',
    protocol: 'openai-chat',
    price: testPrice,
    credential: undefined,
    contextTokens: undefined,
    maxOutputTokens: undefined,
    timeouts: {},
    retries: 0,
  };
  const late: (() => Promise<unknown>)[] = [];

  const pass = async (index: number, life: Life, random: (below: number) => number): Promise<void> => {
    const request = createRequest(clock, { apiKey: tenant.apiKey, body: chatBody({ max_tokens: 20 + random(400) }) });
    const body = parseJsonBody(await request.readBody());
    const facts = openaiChat.readRequest(body);
    const creatable = { key: true, workspace: true };
    const takers = { targets: [target], sizes: new Map([[target, passedSize(body, facts)]]), minOutputTokens: 1 };
    const admission = await admit({ caller, facts, body, takers, dialect: 'openai', creatable }, deps).catch(
      (error: unknown) => {
        if (life.dead || error instanceof GatewayError) return undefined;
        throw error;
      },
    );
    if (admission?.kind !== 'admitted') return;
    const journal = { attempts: 1, waitedMs: 0, target, calls: [] };
    const passage = { request, caller, facts, admission, journal, firstByteMs: 1, overheadMs: 1 };
    // Stuck until its hold has been returned; then its provider has refused it, so that nothing is to be charged.
    if (index % 20 === 1) {
      late.push(() => settle(passage, { ending: 'provider-failed', status: 502 }, deps));
      return;
    }
    const usage = {
      ...noUsage,
      inputTokens: random(admission.estimatedInputTokens + 1),
      outputTokens: random(admission.reservedOutputTokens + 1),
    };
    await settle(passage, completed(usage), deps);
  };
  return { pass, late };
}

function completed(usage: typeof noUsage): Outcome {
  return { ending: 'completed', status: 200, answer: { usage, finishReason: 'stop', contentEvents: 0, bytes: 0 } };
}
