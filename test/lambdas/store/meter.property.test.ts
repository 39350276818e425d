import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bucketEnd, dayOf, minuteOf, totalHolds } from '../../../lambdas/store/meter-item.ts';
import {
  cancelReservation,
  type MeterClaim,
  type MeterStore,
  reserve,
  type Reservation,
  settleReservation,
  spentMicroUsd,
} from '../../../lambdas/store/meter.ts';
import { startTestStore, type TestStore } from '../../fixtures/data-plane.ts';
import { claimOf, hold, now as start } from '../../fixtures/meters.ts';

let store: TestStore;
let meters: MeterStore;

beforeAll(async () => {
  store = await startTestStore();
  meters = store.meters;
});

afterAll(() => store.close());

const limits = { requestsPerMinute: 4, requestsPerDay: 12, concurrentRequests: 3, tokensPerMinute: 100 };

type Step =
  | { readonly kind: 'reserve'; readonly amount: number; readonly tokens: number }
  /** The nth open request settles with this share of its hold, is cancelled, or is never heard of again. */
  | { readonly kind: 'settle'; readonly nth: number; readonly percent: number }
  | { readonly kind: 'cancel'; readonly nth: number }
  | { readonly kind: 'abandon'; readonly nth: number }
  | { readonly kind: 'wait'; readonly seconds: number }
  | { readonly kind: 'budget'; readonly amount: number };

const nth = fc.nat(5);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ kind: fc.constant('reserve' as const), amount: fc.nat(60), tokens: fc.nat(60) }),
    },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('settle' as const), nth, percent: fc.nat(100) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), nth }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('abandon' as const), nth }) },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('wait' as const),
        seconds: fc.constantFrom(1, 20, 60, 400, 1_500, 86_400),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('budget' as const), amount: fc.integer({ min: 50, max: 300 }) }),
    },
  ),
  { minLength: 10, maxLength: 30 },
);

interface OpenRequest {
  readonly reservation: Reservation;
  readonly minute: number;
  readonly day: number;
  readonly endsAt: number;
  returned: boolean;
}

/** What a meter is meant to be, said in the simplest way: a list of what happened. */
class Model {
  now = start;
  budget = 200;
  spent = 0;
  open: OpenRequest[] = [];
  /** Requests and tokens that count, by the minute and day they were admitted in. */
  readonly requests = new Map<number, number>();
  readonly tokens = new Map<number, number>();
  readonly days = new Map<number, number>();

  /** Holds that nobody has returned yet, although some of them may have ended. */
  held(): OpenRequest[] {
    return this.open.filter(({ returned }) => !returned);
  }

  heldMicroUsd(requests = this.held()): number {
    return requests.reduce((sum, { reservation }) => sum + reservation.amountMicroUsd, 0);
  }

  refusal(amount: number, tokens: number): string | undefined {
    const alive = this.held().filter(({ endsAt }) => endsAt * 1000 >= this.now);
    if ((this.requests.get(minuteOf(this.now)) ?? 0) >= limits.requestsPerMinute) return 'requestsPerMinute';
    if ((this.tokens.get(minuteOf(this.now)) ?? 0) + tokens > limits.tokensPerMinute) return 'tokensPerMinute';
    if ((this.days.get(dayOf(this.now)) ?? 0) >= limits.requestsPerDay) return 'requestsPerDay';
    if (alive.length >= limits.concurrentRequests) return 'concurrentRequests';
    return amount > 0 && amount > this.budget - this.spent - this.heldMicroUsd(alive) ? 'money' : undefined;
  }

  count(minute: number, day: number, requests: number, tokens: number): void {
    add(this.requests, minute, requests);
    add(this.tokens, minute, tokens);
    add(this.days, day, requests);
  }
}

function add(counts: Map<number, number>, window: number, amount: number): void {
  counts.set(window, (counts.get(window) ?? 0) + amount);
}

async function runStep(step: Step, model: Model, claim: MeterClaim): Promise<void> {
  switch (step.kind) {
    case 'wait':
      model.now += step.seconds * 1000;
      return;
    case 'budget':
      model.budget = step.amount;
      return;
    case 'reserve':
      return runReserve(step, model, claim);
    case 'abandon':
    case 'cancel':
    case 'settle':
      return runEnding(step, model);
  }
}

async function runReserve(step: Extract<Step, { kind: 'reserve' }>, model: Model, claim: MeterClaim): Promise<void> {
  const expected = model.refusal(step.amount, step.tokens);
  const outcome = await reserve(meters, claim, hold(step.amount, step.tokens), model.now);
  expect(outcome.kind === 'refused' ? outcome.refusal : undefined).toBe(expected);
  if (outcome.kind !== 'reserved') return;
  const [minute, day] = [minuteOf(model.now), dayOf(model.now)];
  // Whether this very write returned what had ended, or a later one does, no caller can tell; the meter can.
  for (const request of model.held()) {
    const { buckets } = outcome.item;
    request.returned = request.endsAt * 1000 < model.now && !buckets.some(({ end }) => end === request.endsAt);
  }
  model.count(minute, day, 1, step.tokens);
  model.open.push({ reservation: outcome.reservation, minute, day, endsAt: bucketEnd(model.now), returned: false });
}

async function runEnding(step: Extract<Step, { kind: 'settle' | 'cancel' | 'abandon' }>, model: Model): Promise<void> {
  // What was abandoned stays in the list of holds, but nobody ends it any more.
  const request = model.open.filter((open) => !abandoned.has(open))[step.nth];
  if (request === undefined) return;
  if (step.kind === 'abandon') {
    abandoned.add(request);
    return;
  }
  const { reservation, minute, day, returned } = request;
  model.open = model.open.filter((open) => open !== request);
  if (step.kind === 'cancel') {
    await cancelReservation(meters, reservation);
    if (!returned) uncount(model, minute, day, reservation.tokens);
    return;
  }
  const cost = Math.floor((reservation.amountMicroUsd * step.percent) / 100);
  const tokens = Math.floor((reservation.tokens * step.percent) / 100);
  await settleReservation(meters, reservation, hold(cost, tokens), model.now);
  model.spent += cost;
  if (!returned && minute === minuteOf(model.now)) add(model.tokens, minute, tokens - reservation.tokens);
}

/** Of windows that are over nothing counts any more, and a minute ends with its day. */
function uncount(model: Model, minute: number, day: number, tokens: number): void {
  model.count(minute, day, -1, -tokens);
}

const abandoned = new WeakSet<OpenRequest>();

async function assess(model: Model, claim: MeterClaim): Promise<void> {
  const item = await store.meter(claim.id);
  const held = totalHolds(item.buckets);
  expect(held).toEqual({ amountMicroUsd: model.heldMicroUsd(), count: model.held().length });
  expect(item.inflight).toBe(held.count);
  expect(spentMicroUsd(item)).toBe(model.spent);
  expect(item.balanceMicroUsd).toBe(item.budgetMicroUsd - model.spent - held.amountMicroUsd);
  expect(item.minuteRequests).toBe(model.requests.get(item.minute) ?? 0);
  expect(item.minuteTokens).toBe(model.tokens.get(item.minute) ?? 0);
  expect(item.dayRequests).toBe(model.days.get(item.day) ?? 0);
}

test('a meter does what its simplest description says, whatever comes in whatever order', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      const model = new Model();
      const id = claimOf().id;
      const claim = (): MeterClaim => ({
        id,
        whenAbsent: 'create',
        limits,
        money: { kind: 'budget', amountMicroUsd: model.budget, period: 'total', policyVersion: 1 },
      });
      await runStep({ kind: 'reserve', amount: 0, tokens: 0 }, model, claim());

      for (const step of sequence) {
        await runStep(step, model, claim());
        await assess(model, claim());
      }
    }),
    { numRuns: 60 },
  );
});
