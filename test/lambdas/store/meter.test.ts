import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type StoreClient, StoreError } from '../../../lambdas/store/client.ts';
import { bucketEnd, dayOf, minuteOf, totalHolds } from '../../../lambdas/store/meter-item.ts';
import {
  cancelReservation,
  type MeterStore,
  reserve,
  setMeterPolicyVersion,
  settleReservation,
  sweepMeters,
} from '../../../lambdas/store/meter.ts';
import { startTestStore, type TestStore, topUp } from '../../fixtures/data-plane.ts';
import { attempt, budget, claimOf, dayMs, hold, minuteMs, now, spend, take } from '../../fixtures/meters.ts';

/** Later than the end of any bucket that a hold taken at `now` can be in. */
const afterHolds = now + 30 * minuteMs;

let store: TestStore;
let meters: MeterStore;

beforeAll(async () => {
  store = await startTestStore();
  meters = store.meters;
});

afterAll(() => store.close());

/** A client that counts the calls it lets through. */
function counting(): { meters: MeterStore; calls: () => number } {
  let calls = 0;
  const client = new Proxy(meters.store, {
    get: (target, name: keyof StoreClient) => {
      const call = target[name].bind(target) as (input: never) => unknown;
      return (input: never) => {
        calls += 1;
        return call(input);
      };
    },
  });
  return { meters: { ...meters, store: client }, calls: () => calls };
}

describe('a meter that does not exist, or only in part', () => {
  test('is made by its first reservation, in the windows of now', async () => {
    const claim = claimOf({ policyVersion: 3, money: budget(1_000) });

    await take(meters, claim, hold(400, 70));

    expect(await store.meter(claim.id)).toEqual({
      policyVersion: 3,
      minute: minuteOf(now),
      minuteRequests: 1,
      minuteTokens: 70,
      day: dayOf(now),
      dayRequests: 1,
      inflight: 1,
      balanceMicroUsd: 600,
      budgetMicroUsd: 1_000,
      period: '2026-11',
      budgetVersion: 1,
      buckets: [{ end: bucketEnd(now), amountMicroUsd: 400, count: 1 }],
      complete: true,
    });
  });

  test('is made once by many first reservations at a time', async () => {
    const claim = claimOf({ policyVersion: 1, money: budget(1_000) });

    const outcomes = await Promise.all(Array.from({ length: 30 }, () => attempt(meters, claim, hold(100))));

    expect(outcomes.filter((outcome) => outcome === 'reserved')).toHaveLength(10);
    expect(await store.meter(claim.id)).toMatchObject({ balanceMicroUsd: 0, minuteRequests: 10, inflight: 10 });
  });

  test('keeps the balance that billing put on it', async () => {
    const claim = claimOf({ policyVersion: 2, money: { kind: 'prepaid' } });
    await topUp(store, claim.id, 500);

    await take(meters, claim, hold(200));

    expect(await attempt(meters, claim, hold(301))).toBe('money');
    expect(await store.meter(claim.id)).toMatchObject({
      policyVersion: 2,
      balanceMicroUsd: 300,
      budgetMicroUsd: 500,
      complete: true,
    });
  });

  test('keeps the policy version that the control plane put on it', async () => {
    const claim = claimOf({ policyVersion: 1 });
    await setMeterPolicyVersion(meters, claim.id, 4);

    const outcomes = [await attempt(meters, claim), await attempt(meters, { ...claim, policyVersion: 4 })];

    expect(outcomes).toEqual(['stale-policy', 'reserved']);
  });

  test('has no prepaid balance', async () => {
    const outcome = await attempt(meters, claimOf({ money: { kind: 'prepaid' } }), hold(1));

    expect(outcome).toBe('money');
  });
});

describe('the warm path', () => {
  test('is one write to reserve and one to settle', async () => {
    const claim = claimOf({ policyVersion: 1, limits: { requestsPerMinute: 9 }, money: budget(1_000) });
    await spend(meters, claim, 10);
    const counted = counting();

    const outcome = await reserve(counted.meters, claim, hold(100, 5), now);
    const reserved = counted.calls();
    if (outcome.kind === 'reserved') await settleReservation(counted.meters, outcome.reservation, hold(7, 3), now);

    expect([reserved, counted.calls()]).toEqual([1, 2]);
  });
});

describe('windows', () => {
  test.each([
    ['requestsPerMinute', minuteMs],
    ['requestsPerDay', dayMs],
  ] as const)('begin again with %s used up', async (limit, windowMs) => {
    const claim = claimOf({ limits: { [limit]: 2 } });

    const outcomes = [];
    for (const atMs of [now, now, now, now + windowMs, now + windowMs, now + windowMs]) {
      outcomes.push(await attempt(meters, claim, hold(0), atMs));
    }

    expect(outcomes).toEqual(['reserved', 'reserved', limit, 'reserved', 'reserved', limit]);
  });

  test('begin again with the tokens of the minute used up', async () => {
    const claim = claimOf({ limits: { tokensPerMinute: 100 } });

    const outcomes = [
      await attempt(meters, claim, hold(0, 60)),
      await attempt(meters, claim, hold(0, 41)),
      await attempt(meters, claim, hold(0, 40)),
      await attempt(meters, claim, hold(0, 100), now + minuteMs),
    ];

    expect(outcomes).toEqual(['reserved', 'tokensPerMinute', 'reserved', 'reserved']);
  });

  test('are joined, not opened again, by a host whose clock is behind', async () => {
    const claim = claimOf({ limits: { requestsPerMinute: 2, requestsPerDay: 3 } });
    await take(meters, claim, hold(0), now + dayMs);

    const outcomes = [
      await attempt(meters, claim),
      await attempt(meters, claim),
      await attempt(meters, claim, hold(0), now + dayMs + minuteMs),
    ];

    expect(outcomes).toEqual(['reserved', 'requestsPerMinute', 'reserved']);
    expect(await store.meter(claim.id)).toMatchObject({ day: dayOf(now + dayMs), dayRequests: 3 });
  });

  test('admit exactly the limit when 200 calls meet the roll of a minute', async () => {
    const claim = claimOf({ limits: { requestsPerMinute: 60 }, money: budget(1_000_000) });
    for (let call = 0; call < 60; call += 1) await take(meters, claim, hold(1));

    const outcomes = await Promise.all(
      Array.from({ length: 200 }, () => attempt(meters, claim, hold(1), now + minuteMs)),
    );

    expect(outcomes.filter((outcome) => outcome === 'reserved')).toHaveLength(60);
    expect(new Set(outcomes)).toEqual(new Set(['reserved', 'requestsPerMinute']));
    expect(await store.meter(claim.id)).toMatchObject({ minuteRequests: 60, dayRequests: 120 });
  });
});

describe('concurrent requests', () => {
  test('are refused over the limit and admitted again as others end', async () => {
    const claim = claimOf({ limits: { concurrentRequests: 2 } });
    const first = await take(meters, claim);
    await take(meters, claim);

    const before = await attempt(meters, claim);
    await settleReservation(meters, first, hold(0), now);
    const after = [await attempt(meters, claim), await attempt(meters, claim)];

    expect([before, ...after]).toEqual(['concurrentRequests', 'reserved', 'concurrentRequests']);
  });

  test('that nobody settled make room when their bucket ends', async () => {
    const claim = claimOf({ limits: { concurrentRequests: 1 } });
    await take(meters, claim);

    const outcomes = [
      await attempt(meters, claim, hold(0), bucketEnd(now) * 1000),
      await attempt(meters, claim, hold(0), bucketEnd(now) * 1000 + 1),
    ];

    expect(outcomes).toEqual(['concurrentRequests', 'reserved']);
  });
});

describe('holds whose bucket has ended', () => {
  test('are returned once, whoever meets them first', async () => {
    const claim = claimOf({ money: budget(1_000) });
    for (const amount of [100, 200, 300]) await take(meters, claim, hold(amount));
    await take(meters, claim, hold(400), now + 6 * minuteMs);

    await Promise.all(Array.from({ length: 50 }, () => attempt(meters, claim, hold(20), afterHolds)));

    const item = await store.meter(claim.id);
    expect(item).toMatchObject({ balanceMicroUsd: 0, inflight: 50 });
    expect(item.buckets).toEqual([{ end: bucketEnd(afterHolds), amountMicroUsd: 1_000, count: 50 }]);
  });

  test('take what their request cost when it is settled after all, and nothing is returned twice', async () => {
    const claim = claimOf({ money: budget(1_000) });
    const late = await take(meters, claim, hold(300));
    const other = await take(meters, claim, hold(100), afterHolds);

    await settleReservation(meters, late, hold(250), afterHolds);

    const item = await store.meter(claim.id);
    expect(item).toMatchObject({ balanceMicroUsd: 650, inflight: 1 });
    expect(totalHolds(item.buckets)).toEqual({ amountMicroUsd: other.amountMicroUsd, count: 1 });
  });

  test('are not touched by a cancellation that comes too late', async () => {
    const claim = claimOf({ money: budget(1_000) });
    const late = await take(meters, claim, hold(300));
    await take(meters, claim, hold(100), afterHolds);

    await cancelReservation(meters, late);

    expect(await store.meter(claim.id)).toMatchObject({ balanceMicroUsd: 900, inflight: 1 });
  });

  test('are returned by the sweeper, in every meter and once', async () => {
    const claims = [claimOf({ money: budget(1_000) }), claimOf({ money: budget(1_000) })];
    for (const claim of claims) await take(meters, claim, hold(300));
    const young = claimOf({ money: budget(1_000) });
    await take(meters, young, hold(300), now + 12 * minuteMs);

    await Promise.all([1, 2, 3].map(() => sweepMeters(meters, bucketEnd(now) * 1000 + 1)));

    for (const claim of claims) {
      expect(await store.meter(claim.id)).toMatchObject({ balanceMicroUsd: 1_000, inflight: 0, buckets: [] });
    }
    expect(await store.meter(young.id)).toMatchObject({ balanceMicroUsd: 700, inflight: 1 });
  });

  test('do not make the item larger than 1 KB in the busiest hour', async () => {
    const claim = claimOf({
      id: `workspace#${'w'.repeat(36)}`,
      policyVersion: 123_456,
      limits: { requestsPerMinute: 9_999, tokensPerMinute: 9_999_999 },
      money: budget(9_000_000_000_000, 'week of 2026-11-16', 123_456),
    });
    for (let minute = 0; minute < 60; minute += 1) {
      await take(meters, claim, hold(987_654_321, 123_456), now + minute * minuteMs);
    }

    const Key = { pk: { S: claim.id } };
    const { Item } = await meters.store.getItem({ TableName: meters.table, Key, ConsistentRead: true });

    expect(JSON.stringify(Item).length).toBeLessThan(1_024);
    expect((await store.meter(claim.id)).buckets.length).toBeLessThanOrEqual(5);
  });
});

describe('settling', () => {
  test('charges the actual cost and gives back the rest of the hold', async () => {
    const claim = claimOf({ money: budget(1_000) });
    const reservation = await take(meters, claim, hold(400));

    await settleReservation(meters, reservation, hold(150), now);

    const item = await store.meter(claim.id);
    expect(item).toMatchObject({ balanceMicroUsd: 850, inflight: 0 });
    expect(totalHolds(item.buckets)).toEqual({ amountMicroUsd: 0, count: 0 });
  });

  test.each([
    { when: 'in the same minute', atMs: now + 1_000, next: now + 1_000, expected: 30 },
    { when: 'with the next minute on the clock only', atMs: now + minuteMs, next: now, expected: 100 },
  ])('corrects the tokens of the minute: $when', async ({ atMs, next, expected }) => {
    const claim = claimOf();
    const reservation = await take(meters, claim, hold(0, 100));

    await settleReservation(meters, reservation, hold(0, 30), atMs);
    await take(meters, claim, hold(0), next);

    expect((await store.meter(claim.id)).minuteTokens).toBe(expected);
  });

  test('leaves the tokens of a minute alone that somebody else has opened', async () => {
    const claim = claimOf();
    const reservation = await take(meters, claim, hold(50, 100));
    await take(meters, claim, hold(0, 7), now + minuteMs);

    await settleReservation(meters, reservation, hold(50, 1), now);

    expect(await store.meter(claim.id)).toMatchObject({ minuteTokens: 7, inflight: 1, balanceMicroUsd: -50 });
  });
});

describe('cancelling', () => {
  test('leaves a meter as if the request had never been', async () => {
    const claim = claimOf({ money: budget(1_000) });
    await take(meters, claim, hold(100, 10));
    const before = await store.meter(claim.id);

    await cancelReservation(meters, await take(meters, claim, hold(300, 20)));

    expect(await store.meter(claim.id)).toEqual(before);
  });

  test.each([
    { rolled: 'the minute', laterMs: minuteMs, dayRequests: 1 },
    { rolled: 'the day', laterMs: dayMs, dayRequests: 1 },
  ])('takes nothing from windows that opened since: $rolled', async ({ laterMs, dayRequests }) => {
    const claim = claimOf({ money: budget(1_000) });
    // Taken late in its bucket, so that it is still held when the day has rolled.
    const start = laterMs === dayMs ? Math.ceil(now / dayMs) * dayMs - 1 : now;
    const reservation = await take(meters, claim, hold(300, 20), start);
    await take(meters, claim, hold(0, 5), start + Math.min(laterMs, minuteMs));

    await cancelReservation(meters, reservation);

    expect(await store.meter(claim.id)).toMatchObject({
      minuteRequests: 1,
      minuteTokens: 5,
      dayRequests,
      inflight: 1,
      balanceMicroUsd: 1_000,
    });
  });
});

describe('the policy version', () => {
  test('that a meter carries refuses every other, before any limit does', async () => {
    const claim = claimOf({ policyVersion: 1, limits: { requestsPerMinute: 1 }, money: budget(10) });
    await take(meters, claim, hold(10));
    await setMeterPolicyVersion(meters, claim.id, 2);

    const outcome = await reserve(meters, claim, hold(10), now);

    expect(outcome).toEqual({ kind: 'stale-policy', claim, policyVersion: 2 });
    expect(await store.meter(claim.id)).toMatchObject({ minuteRequests: 1, balanceMicroUsd: 0, inflight: 1 });
  });
});

describe('a store that fails', () => {
  test('is an error, never a refusal, and a write without an answer is not repeated', async () => {
    const claim = claimOf({ money: budget(1_000) });
    await spend(meters, claim, 0);
    const lost: StoreClient = {
      ...meters.store,
      async updateItem(input) {
        await meters.store.updateItem(input);
        throw new StoreError('unavailable', 'the answer was lost');
      },
    };

    const outcome = reserve({ ...meters, store: lost }, claim, hold(300), now);

    await expect(outcome).rejects.toMatchObject({ kind: 'unavailable' });
    expect(await store.meter(claim.id)).toMatchObject({ balanceMicroUsd: 700, inflight: 1 });
  });
});
