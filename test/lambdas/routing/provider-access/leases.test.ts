import { expect, test } from 'vitest';
import { createLeases } from '../../../../lambdas/routing/provider-access/leases.ts';
import { createTestClock } from '../../../fixtures/data-plane.ts';

function setting(lifetimeMs = 60_000) {
  const clock = createTestClock(0);
  const leases = createLeases<string>(clock.now);
  let taken = 0;
  const take = async () => ({ value: `lease ${(taken += 1)}`, renewAt: clock.now() + lifetimeMs });
  return { clock, leases, take, taken: () => taken };
}

test('is taken once, however many wait for it', async () => {
  const { leases, take, taken } = setting();

  const values = await Promise.all(Array.from({ length: 20 }, () => leases.get('a', take)));

  expect(new Set(values.map(({ value }) => value))).toEqual(new Set(['lease 1']));
  expect(taken()).toBe(1);
});

test('is taken again when its time is over, and not a millisecond before', async () => {
  const { clock, leases, take } = setting(60_000);
  await leases.get('a', take);

  clock.advance(59_999);
  const before = await leases.get('a', take);
  clock.advance(1);
  const after = await leases.get('a', take);

  expect([before.value, after.value]).toEqual(['lease 1', 'lease 2']);
});

test('of one id is nothing to another', async () => {
  const { leases, take } = setting();

  expect((await leases.get('a', take)).value).not.toBe((await leases.get('b', take)).value);
});

test('that could not be taken is asked for again', async () => {
  const { leases, take } = setting();

  await expect(leases.get('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');

  expect((await leases.get('a', take)).value).toBe('lease 1');
});

test('is given up once for all who were refused with it', async () => {
  const { clock, leases, take, taken } = setting();
  const lease = await leases.get('a', take);
  clock.advance(10_000);

  const givenUp = [leases.giveUp('a', lease), leases.giveUp('a', lease)];
  const renewed = await Promise.all([leases.get('a', take), leases.get('a', take)]);
  const late = leases.giveUp('a', lease);

  expect([...givenUp, late]).toEqual([true, true, true]);
  expect(renewed.map(({ value }) => value)).toEqual(['lease 2', 'lease 2']);
  expect((await leases.get('a', take)).value).toBe('lease 2');
  expect(taken()).toBe(2);
});

test('is not given up while it is new: another would be refused as well', async () => {
  const { clock, leases, take } = setting();
  const lease = await leases.get('a', take);
  clock.advance(9_999);

  expect(leases.giveUp('a', lease)).toBe(false);
  expect((await leases.get('a', take)).value).toBe('lease 1');
});

test('of at most 500 ids is kept, the oldest going first', async () => {
  const { leases, take, taken } = setting();
  for (let id = 0; id <= 500; id += 1) await leases.get(String(id), take);

  await leases.get('1', take);
  const kept = taken();
  await leases.get('0', take);

  expect([kept, taken()]).toEqual([501, 502]);
});
