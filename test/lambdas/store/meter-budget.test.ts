import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MeterStore, settleReservation, spentMicroUsd } from '../../../lambdas/store/meter.ts';
import { startTestStore, type TestStore } from '../../fixtures/data-plane.ts';
import { attempt, budget, claimOf, hold, minuteMs, now, spend, take } from '../../fixtures/meters.ts';

let store: TestStore;
let meters: MeterStore;

beforeAll(async () => {
  store = await startTestStore();
  meters = store.meters;
});

afterAll(() => store.close());

describe('a budget', () => {
  test.each([
    { change: 'raised', to: 150, fits: 90, refuses: 91 },
    { change: 'lowered', to: 80, fits: 20, refuses: 21 },
    { change: 'lowered below what was spent', to: 50, fits: 0, refuses: 1 },
  ])('that is $change counts what was spent before', async ({ to, fits, refuses }) => {
    const claim = claimOf({ money: budget(100) });
    await spend(meters, claim, 60);
    const changed = { ...claim, money: budget(to, '2026-11', 2) };

    const outcomes = [
      await attempt(meters, changed, hold(refuses)),
      await attempt(meters, changed, hold(fits)),
      await attempt(meters, changed, hold(1)),
    ];

    expect(outcomes).toEqual(['money', 'reserved', 'money']);
    expect(spentMicroUsd(await store.meter(claim.id))).toBe(60);
  });

  test('that is removed counts spending, and refuses it when it is set again', async () => {
    const claim = claimOf({ money: budget(100) });
    await spend(meters, claim, 60);

    await spend(meters, { ...claim, money: { kind: 'counted' } }, 70);
    const outcome = await attempt(meters, claim, hold(1));

    expect(outcome).toBe('money');
    expect(spentMicroUsd(await store.meter(claim.id))).toBe(130);
  });

  test('that is set for the first time counts from then on', async () => {
    const claim = claimOf();
    await spend(meters, claim, 70);

    const outcomes = [
      await attempt(meters, { ...claim, money: budget(100) }, hold(100)),
      await attempt(meters, { ...claim, money: budget(100) }, hold(1)),
    ];

    expect(outcomes).toEqual(['reserved', 'money']);
  });

  test('begins anew with its period, but for holds that are still open', async () => {
    const claim = claimOf({ money: budget(100) });
    await spend(meters, claim, 30);
    const open = await take(meters, claim, hold(70));
    const december = { ...claim, money: budget(100, '2026-12') };

    const outcomes = [await attempt(meters, december, hold(31)), await attempt(meters, december, hold(30))];
    await settleReservation(meters, open, hold(50), now);

    expect(outcomes).toEqual(['money', 'reserved']);
    const item = await store.meter(claim.id);
    expect(item).toMatchObject({ period: '2026-12', balanceMicroUsd: 20 });
    expect(spentMicroUsd(item)).toBe(50);
  });

  test('does not begin anew for a host that is still in the old period', async () => {
    const november = claimOf({ money: budget(100) });
    const december = { ...november, money: budget(100, '2026-12') };
    await spend(meters, november, 100);
    await spend(meters, december, 90);

    const outcomes = [
      await attempt(meters, november, hold(11)),
      await attempt(meters, november, hold(10)),
      await attempt(meters, december, hold(1)),
    ];

    expect(outcomes).toEqual(['money', 'reserved', 'money']);
    expect(await store.meter(november.id)).toMatchObject({ period: '2026-12' });
  });

  test('does not begin anew for a host that has yet to learn of another kind of period', async () => {
    const daily = claimOf({ money: budget(100, '2026-11-18', 1) });
    const monthly = { ...daily, money: budget(100, '2026-11', 2) };
    await spend(meters, daily, 100);
    await spend(meters, monthly, 90);

    const outcomes = [
      await attempt(meters, daily, hold(11)),
      await attempt(meters, daily, hold(10)),
      await attempt(meters, monthly, hold(1)),
    ];

    expect(outcomes).toEqual(['money', 'reserved', 'money']);
    expect(await store.meter(daily.id)).toMatchObject({ period: '2026-11', budgetVersion: 2 });
  });

  test('that is used up lets free requests pass, at the roll of a window too', async () => {
    const claim = claimOf({ money: budget(100) });
    await settleReservation(meters, await take(meters, claim, hold(100)), hold(105), now);

    const outcomes = [
      await attempt(meters, claim, hold(1)),
      await attempt(meters, claim),
      await attempt(meters, claim, hold(0), now + minuteMs),
    ];

    expect(outcomes).toEqual(['money', 'reserved', 'reserved']);
  });

  test('is shared by parallel reservations to the last micro-dollar', async () => {
    const claim = claimOf({ money: budget(1_000) });
    await spend(meters, claim, 1);

    const outcomes = await Promise.all(Array.from({ length: 100 }, () => attempt(meters, claim, hold(37))));

    expect(outcomes.filter((outcome) => outcome === 'reserved')).toHaveLength(27);
    expect((await store.meter(claim.id)).balanceMicroUsd).toBe(0);
  });
});
