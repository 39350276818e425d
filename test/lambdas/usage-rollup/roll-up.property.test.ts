import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sumUsage, type UsageEntry } from '../../../lambdas/store/usage-rollup.ts';
import { rollUp } from '../../../lambdas/usage-rollup/roll-up.ts';
import { startTestStore, type TestStore } from '../../fixtures/data-plane.ts';
import { entriesOf, failingAtUpdate, noon, recordOf, rollUpDependencies, usageOf } from '../../fixtures/usage.ts';

let store: TestStore;

beforeAll(async () => {
  store = await startTestStore();
});

afterAll(() => store.close());

/** One delivery of a shard: `back` entries before where it stands, `size` entries long. */
interface Delivery {
  readonly shard: number;
  readonly back: number;
  readonly size: number;
  /** Invocations at the same time: a function that timed out may go on beside its own repetition. */
  readonly copies: number;
  /** The write at which it dies, and whether that was applied; the shard then stands where it stood. */
  readonly dies: { readonly atWrite: number; readonly applied: boolean } | undefined;
}

const deliveries: fc.Arbitrary<Delivery[]> = fc.array(
  fc.record({
    shard: fc.nat(1),
    back: fc.nat(12),
    size: fc.integer({ min: 1, max: 8 }),
    copies: fc.constantFrom(1, 1, 1, 2, 3),
    dies: fc.option(fc.record({ atWrite: fc.nat(4), applied: fc.boolean() }), { nil: undefined, freq: 3 }),
  }),
  { maxLength: 12 },
);

const record = fc.record({
  model: fc.constantFrom('a', 'b', 'c#d'),
  atMs: fc.constantFrom(noon, noon + 86_400_000),
  status: fc.constantFrom(200, 400, 502),
  usageEstimated: fc.boolean(),
  inputTokens: fc.nat(1_000_000),
  outputTokens: fc.nat(1_000_000),
  costMicroUsd: fc.nat(1_000_000_000),
});

async function deliver(entries: readonly UsageEntry[], { copies, dies }: Delivery): Promise<boolean> {
  const client = dies === undefined ? store.store : failingAtUpdate(store.store, dies.atWrite, dies.applied);
  const runs = Array.from({ length: copies }, () => rollUp(entries, rollUpDependencies(store, client)));
  return (await Promise.allSettled(runs)).every(({ status }) => status === 'fulfilled');
}

test('the sums equal the records, whatever is delivered again from whatever checkpoint', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(record, { maxLength: 15 }),
      fc.array(record, { maxLength: 15 }),
      deliveries,
      async (one, other, plan) => {
        const organization = randomUUID();
        const records = [one, other].map((some) =>
          some.map(({ atMs, ...change }) => recordOf({ organization, ...change }, atMs)),
        );
        const shards = records.map((some, nth) => entriesOf(some, `shardId-${nth}`));
        const positions = shards.map(() => 0);

        for (const delivery of plan) {
          const entries = shards[delivery.shard] ?? [];
          const start = Math.max(0, (positions[delivery.shard] ?? 0) - delivery.back);
          const batch = entries.slice(start, start + delivery.size);
          const done = await deliver(batch, delivery);
          positions[delivery.shard] = done ? start + batch.length : start;
        }
        for (const [nth, entries] of shards.entries()) {
          await rollUp(entries.slice(positions[nth]), rollUpDependencies(store));
        }

        const rows = await usageOf(store, organization, '2026-11-18', '2026-11-19');
        const sums = Object.entries(sumUsage(records.flat()));
        for (const [name, expected] of sums) {
          expect([name, rows.reduce((sum, row) => sum + Number(row[name as keyof typeof row]), 0)]).toEqual([
            name,
            expected,
          ]);
        }
        const groups = Map.groupBy(records.flat(), ({ createdAt, model }) => `${createdAt.slice(0, 10)} ${model}`);
        expect(new Map(rows.map((row) => [`${row.day} ${row.model}`, row.costMicroUsd]))).toEqual(
          new Map([...groups].map(([group, some]) => [group, sumUsage(some).costMicroUsd])),
        );
      },
    ),
    { numRuns: 60 },
  );
}, 60_000);
