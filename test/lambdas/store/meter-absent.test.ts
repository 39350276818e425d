import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  cancelReservation,
  getMeter,
  type MeterStore,
  reserve,
  setMeterPolicyVersion,
  settleReservation,
} from '../../../lambdas/store/meter.ts';
import { startTestStore, type TestStore, topUp } from '../../fixtures/data-plane.ts';
import { attempt, budget, claimOf, hold, minuteMs, now, take } from '../../fixtures/meters.ts';

let store: TestStore;
let meters: MeterStore;

beforeAll(async () => {
  store = await startTestStore();
  meters = store.meters;
});

afterAll(() => store.close());

/** What erasing a tenant does to each of its meters. */
async function erase(id: string): Promise<void> {
  await meters.store.deleteItem({ TableName: meters.table, Key: { pk: { S: id } } });
}

describe('a claim that has to ask', () => {
  test.each([
    { meter: 'an absent meter', create: async () => {} },
    { meter: 'a meter without a policy version', create: (id: string) => topUp(store, id, 500) },
  ])('leaves $meter as it is', async ({ create }) => {
    const claim = claimOf({ policyVersion: 1, whenAbsent: 'ask' });
    await create(claim.id);
    const before = await getMeter(meters, claim.id);

    const outcome = await reserve(meters, claim, hold(0), now);

    expect(outcome).toEqual({ kind: 'stale-policy', claim, policyVersion: undefined });
    expect(await getMeter(meters, claim.id)).toEqual(before);
  });

  test('does not create a meter that guards no policy version, either', async () => {
    const claim = claimOf({ whenAbsent: 'ask' });

    const outcome = await reserve(meters, claim, hold(0), now);

    expect(outcome).toEqual({ kind: 'stale-policy', claim, policyVersion: undefined });
    expect(await getMeter(meters, claim.id)).toBeUndefined();
  });

  test.each([
    { meter: 'that only has a version', policyVersion: 4, prepare: setMeterPolicyVersion },
    { meter: 'that only has a balance and guards no version', prepare: async () => topUp(store, 'w#1', 1) },
  ])('completes a meter $meter', async ({ policyVersion, prepare }) => {
    const versioned = policyVersion === undefined ? { id: 'w#1' } : { policyVersion };
    const claim = claimOf({ ...versioned, whenAbsent: 'ask' });
    await prepare(meters, claim.id, 4);

    expect(await attempt(meters, claim)).toBe('reserved');
  });
});

describe('a meter that was erased while a request ran', () => {
  test('does not come back when the request is settled or cancelled', async () => {
    const claim = claimOf({ policyVersion: 1, money: budget(1_000) });
    const [settled, cancelled] = [await take(meters, claim, hold(100)), await take(meters, claim, hold(100))];
    await erase(claim.id);

    await settleReservation(meters, settled, hold(70), now);
    await settleReservation(meters, settled, hold(70), now + 2 * minuteMs);
    await cancelReservation(meters, cancelled);

    expect(await getMeter(meters, claim.id)).toBeUndefined();
  });
});
