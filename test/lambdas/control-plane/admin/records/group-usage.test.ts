import { describe, expect, it } from 'vitest';
import { groupUsage } from '../../../../../lambdas/control-plane/admin/records/group-usage.ts';
import { sumUsage, usageDimensionsOf } from '../../../../../lambdas/store/usage-rollup.ts';
import { recordOf } from '../../../../fixtures/usage.ts';

const rowOf = (change: Parameters<typeof recordOf>[0]) => {
  const record = recordOf(change);
  return { ...usageDimensionsOf(record), ...sumUsage([record]) };
};

describe('groupUsage', () => {
  it('keeps groups apart whose dimensions look alike put together', async () => {
    const rows = [rowOf({ provider: 'a', model: 'b,c' }), rowOf({ provider: 'a,b', model: 'c' })];

    const grouped = await groupUsage(rows, ['provider', 'model'], 10);

    expect(grouped?.groups).toHaveLength(2);
  });

  it('sums the same dimensions of several regions', async () => {
    const grouped = await groupUsage([rowOf({ costMicroUsd: 3 }), rowOf({ costMicroUsd: 4 })], ['day'], 10);

    expect(grouped?.groups).toHaveLength(1);
    expect(grouped?.groups[0]).toMatchObject({ requests: 2, costMicroUsd: 7 });
  });

  it('gives up where there are more groups than it may give', async () => {
    const rows = ['a', 'b', 'c'].map((model) => rowOf({ model }));

    expect(await groupUsage(rows, ['model'], 2)).toBeUndefined();
    expect((await groupUsage(rows, ['model'], 3))?.groups).toHaveLength(3);
  });
});
