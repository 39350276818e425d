import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  adjustBalance,
  BalanceTooHighError,
  BalanceTooLowError,
  deleteMeter,
  lastUsedAt,
  pruneAdjustments,
  raiseMeterPolicyVersion,
  scanMeters,
} from '../../../lambdas/store/meter-administration.ts';
import { getMeter, settleReservation } from '../../../lambdas/store/meter.ts';
import { startTestStore, type TestStore } from '../../fixtures/data-plane.ts';
import { attempt, claimOf, hold, now, take } from '../../fixtures/meters.ts';

let store: TestStore;

beforeAll(async () => {
  store = await startTestStore();
});

afterAll(() => store.close());

const newOrganization = (): string => `org_${randomUUID()}`;
const adjustmentOf = (amountMicroUsd: number, id = `adj_${randomUUID()}`) => ({ id, amountMicroUsd });

describe('the policy version of a meter', () => {
  test('is raised and never lowered, whoever comes last', async () => {
    const id = `key#${randomUUID()}`;
    const versions = [3, 1, 7, 2, 7, 5];

    await Promise.all(versions.map((version) => raiseMeterPolicyVersion(store.meters, id, version)));
    await raiseMeterPolicyVersion(store.meters, id, 4);

    expect(await store.meter(id)).toMatchObject({ policyVersion: 7 });
  });

  test('is set on a meter that counts already, which goes on counting', async () => {
    const claim = claimOf();
    await take(store.meters, claim, hold(10));

    await raiseMeterPolicyVersion(store.meters, claim.id, 2);

    expect(await store.meter(claim.id)).toMatchObject({ policyVersion: 2, minuteRequests: 1, inflight: 1 });
    expect(await attempt(store.meters, { ...claim, policyVersion: 1 })).toBe('stale-policy');
    expect(await attempt(store.meters, { ...claim, policyVersion: 2 })).toBe('reserved');
  });
});

describe('a balance adjustment', () => {
  test('makes a balance where there is no meter yet, which a request can then use', async () => {
    const organization = newOrganization();

    const { balanceMicroUsd } = await adjustBalance(store.meters, organization, adjustmentOf(100));

    expect(balanceMicroUsd).toBe(100);
    const claim = claimOf({ id: `org#${organization}`, money: { kind: 'prepaid' } });
    expect(await attempt(store.meters, claim, hold(101))).toBe('money');
    expect(await attempt(store.meters, claim, hold(100))).toBe('reserved');
  });

  test('is applied once, however often and by however many it is made', async () => {
    const organization = newOrganization();
    const adjustments = [adjustmentOf(100), adjustmentOf(30), adjustmentOf(7)];

    await Promise.all(
      [...adjustments, ...adjustments, ...adjustments].map((adjustment) =>
        adjustBalance(store.meters, organization, adjustment),
      ),
    );
    const again = await adjustBalance(store.meters, organization, adjustments[0]!);

    expect(again).toEqual({ balanceMicroUsd: 137 });
    expect(await store.meter(`org#${organization}`)).toMatchObject({ balanceMicroUsd: 137, budgetMicroUsd: 137 });
  });

  test('is refused, and changes nothing, where the balance would be too large to be exact', async () => {
    const organization = newOrganization();
    for (let paid = 0; paid < 9; paid += 1) {
      await adjustBalance(store.meters, organization, adjustmentOf(1_000_000_000_000_000));
    }

    const more = adjustBalance(store.meters, organization, adjustmentOf(1));

    await expect(more).rejects.toBeInstanceOf(BalanceTooHighError);
    expect(await store.meter(`org#${organization}`)).toMatchObject({ balanceMicroUsd: 9_000_000_000_000_000 });
  });

  test('keeps the meter’s sum right beside holds and spending', async () => {
    const organization = newOrganization();
    const claim = claimOf({ id: `org#${organization}`, money: { kind: 'prepaid' } });
    await adjustBalance(store.meters, organization, adjustmentOf(100));
    await settleReservation(store.meters, await take(store.meters, claim, hold(50)), hold(20), now);
    await take(store.meters, claim, hold(30));

    const { balanceMicroUsd } = await adjustBalance(store.meters, organization, adjustmentOf(-50));

    expect(balanceMicroUsd).toBe(0);
    expect(await store.meter(claim.id)).toMatchObject({ balanceMicroUsd: 0, budgetMicroUsd: 50, inflight: 1 });
  });

  test('never takes more than there is, and says how much that is', async () => {
    const organization = newOrganization();
    await adjustBalance(store.meters, organization, adjustmentOf(100));

    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, () => adjustBalance(store.meters, organization, adjustmentOf(-30))),
    );

    const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
    expect(reasons).toHaveLength(7);
    expect(reasons.every((reason) => reason instanceof BalanceTooLowError)).toBe(true);
    expect(await store.meter(`org#${organization}`)).toMatchObject({ balanceMicroUsd: 10 });
    const refused = adjustBalance(store.meters, organization, adjustmentOf(-11));
    await expect(refused).rejects.toMatchObject({ availableMicroUsd: 10 });
  });

  test('takes nothing where there is no meter, and makes none', async () => {
    const organization = newOrganization();

    const refused = adjustBalance(store.meters, organization, adjustmentOf(-1));

    await expect(refused).rejects.toMatchObject({ availableMicroUsd: 0 });
    expect(await getMeter(store.meters, `org#${organization}`)).toBeUndefined();
  });

  test('that is forgotten leaves the others remembered', async () => {
    const organization = newOrganization();
    const [old, young] = [adjustmentOf(10), adjustmentOf(20)];
    for (const adjustment of [old, young]) await adjustBalance(store.meters, organization, adjustment);

    await pruneAdjustments(store.meters, organization, [old.id]);

    const again = await adjustBalance(store.meters, organization, young);
    expect(again).toEqual({ balanceMicroUsd: 30 });
  });

  test('is not forgotten on a meter that is gone', async () => {
    const organization = newOrganization();

    await pruneAdjustments(store.meters, organization, ['adj_1']);

    expect(await getMeter(store.meters, `org#${organization}`)).toBeUndefined();
  });
});

describe('the last use of a meter', () => {
  test('is the minute of its last request', async () => {
    const claim = claimOf();
    await take(store.meters, claim, hold(0));

    expect(lastUsedAt(await store.meter(claim.id))).toEqual(new Date(Math.floor(now / 60_000) * 60_000));
  });

  test('is none where there was none', async () => {
    const id = `key#${randomUUID()}`;
    await raiseMeterPolicyVersion(store.meters, id, 1);

    expect([lastUsedAt(undefined), lastUsedAt(await store.meter(id))]).toEqual([undefined, undefined]);
  });
});

describe('deleting a meter', () => {
  test('waits for a request under way', async () => {
    const claim = claimOf();
    const reservation = await take(store.meters, claim, hold(10));

    const during = await deleteMeter(store.meters, claim.id, now);
    await settleReservation(store.meters, reservation, hold(4), now);
    const after = await deleteMeter(store.meters, claim.id, now);

    expect([during, after]).toEqual(['busy', 'erased']);
    expect(await getMeter(store.meters, claim.id)).toBeUndefined();
  });

  test('does not wait for one whose process died an hour ago', async () => {
    const claim = claimOf();
    await take(store.meters, claim, hold(10));

    expect(await deleteMeter(store.meters, claim.id, now + 3_600_000)).toBe('erased');
    expect(await getMeter(store.meters, claim.id)).toBeUndefined();
  });

  test('leaves it to a request that came in between', async () => {
    const claim = claimOf();
    await settleReservation(store.meters, await take(store.meters, claim, hold(1)), hold(1), now);
    const racing = {
      ...store.meters,
      store: {
        ...store.store,
        async deleteItem(input: Parameters<TestStore['store']['deleteItem']>[0]) {
          await take(store.meters, claim, hold(10));
          return store.store.deleteItem(input);
        },
      },
    };

    expect(await deleteMeter(racing, claim.id, now)).toBe('busy');
    expect(await store.meter(claim.id)).toMatchObject({ inflight: 1 });
  });

  test('of none, or of one that only has a policy version, is no trouble', async () => {
    const id = `key#${randomUUID()}`;
    await raiseMeterPolicyVersion(store.meters, id, 1);

    const answers = [await deleteMeter(store.meters, id, now), await deleteMeter(store.meters, id, now)];

    expect(answers).toEqual(['erased', 'erased']);
  });
});

test('a scan finds every meter, with what it remembers', async () => {
  const organization = newOrganization();
  const adjustment = adjustmentOf(5);
  await adjustBalance(store.meters, organization, adjustment);
  await raiseMeterPolicyVersion(store.meters, `org#${organization}`, 3);

  const found = [];
  for await (const meter of scanMeters(store.meters)) found.push(meter);

  const { Count } = await store.store.scan({ TableName: store.tables.meter });
  expect(found).toHaveLength(Count ?? -1);
  expect(found.find(({ id }) => id === `org#${organization}`)).toMatchObject({
    item: { balanceMicroUsd: 5, policyVersion: 3 },
    adjustments: [adjustment.id],
  });
});
