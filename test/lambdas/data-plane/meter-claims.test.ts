import { describe, expect, test } from 'vitest';
import { meterClaims, noMeters } from '../../../lambdas/data-plane/meter-claims.ts';
import type { Budget } from '../../../lambdas/store/policy.ts';
import { callerWith } from './caller.ts';

const now = Date.parse('2026-11-22T10:00:00Z'); // A Sunday.

test('holds every caller to the meters of its key and organization, which carry the policy versions', () => {
  expect(meterClaims(callerWith({}), now, noMeters)).toEqual([
    { id: 'key#k1', policyVersion: 3, whenAbsent: 'ask', limits: {}, money: { kind: 'counted' } },
    { id: 'org#o1', policyVersion: 7, whenAbsent: 'ask', limits: {}, money: { kind: 'counted' } },
  ]);
});

test('reserves from the balance of a prepaid organization', () => {
  const [, organization] = meterClaims(callerWith({ organization: { billing: 'prepaid' } }), now, noMeters);

  expect(organization).toMatchObject({ id: 'org#o1', money: { kind: 'prepaid' } });
});

test('meters a workspace where it has limits or a budget of its own', () => {
  const limits = { requestsPerMinute: 5 };
  const budget = { amountMicroUsd: 9, period: 'total' } as const;

  expect(meterClaims(callerWith({ workspace: { limits } }), now, noMeters)[2]).toEqual({
    id: 'workspace#w1',
    whenAbsent: 'ask',
    limits,
    money: { kind: 'counted' },
  });
  expect(meterClaims(callerWith({ workspace: { budget } }), now, noMeters)[2]).toMatchObject({
    id: 'workspace#w1',
    limits: {},
    money: { kind: 'budget' },
  });
});

test("meters an organization's budget beside its balance, not in its place", () => {
  const budget = { amountMicroUsd: 9, period: 'day' } as const;

  const claims = meterClaims(callerWith({ organization: { billing: 'prepaid', budget } }), now, noMeters);

  expect(claims.map(({ id, money }) => [id, money.kind])).toEqual([
    ['key#k1', 'counted'],
    ['org#o1', 'prepaid'],
    ['budget#o1', 'budget'],
  ]);
});

test.each([
  [{ key: true, workspace: false }, ['create', 'ask', 'ask', 'ask']],
  [{ key: false, workspace: true }, ['ask', 'create', 'create', 'create']],
] as const)('with %j creatable, lets absent meters be created: %j', (creatable, expected) => {
  const budget = { amountMicroUsd: 9, period: 'day' } as const;
  const caller = callerWith({ organization: { budget }, workspace: { budget } });

  const claims = meterClaims(caller, now, creatable);

  expect(claims.map(({ whenAbsent }) => whenAbsent)).toEqual(expected);
});

describe('the period of a budget', () => {
  test.each<[Budget['period'], string, string, string]>([
    ['day', '2026-11-22T00:00:00Z', '2026-11-22', '2026-11-23T00:00:00Z'],
    ['day', '2026-11-22T23:59:59.999Z', '2026-11-22', '2026-11-23T00:00:00Z'],
    ['week', '2026-11-22T23:59:59Z', 'week of 2026-11-16', '2026-11-23T00:00:00Z'],
    ['week', '2026-11-23T00:00:00Z', 'week of 2026-11-23', '2026-11-30T00:00:00Z'],
    ['week', '2027-01-01T12:00:00Z', 'week of 2026-12-28', '2027-01-04T00:00:00Z'],
    ['month', '2026-11-30T23:59:59Z', '2026-11', '2026-12-01T00:00:00Z'],
    ['month', '2026-12-31T23:59:59Z', '2026-12', '2027-01-01T00:00:00Z'],
    ['month', '2028-02-29T00:00:00Z', '2028-02', '2028-03-01T00:00:00Z'],
  ])('%s at %s is %s, until %s', (period, at, name, end) => {
    const caller = callerWith({ key: { budget: { amountMicroUsd: 9, period } } });

    const [key] = meterClaims(caller, Date.parse(at), noMeters);

    expect(key?.money).toMatchObject({
      kind: 'budget',
      amountMicroUsd: 9,
      period: name,
      periodEndsAt: Date.parse(end),
    });
  });

  test('of a total has no end', () => {
    const [key] = meterClaims(callerWith({ key: { budget: { amountMicroUsd: 9, period: 'total' } } }), now, noMeters);

    expect(key?.money).toMatchObject({ period: 'total' });
    expect(key?.money).not.toHaveProperty('periodEndsAt');
  });
});
