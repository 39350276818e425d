import type { UsageRow, UsageSums } from '../../../store/usage-rollup.ts';
import type { UsageDimension } from '../../contract/usage.ts';

const sumNames = [
  'requests',
  'failedRequests',
  'estimatedRequests',
  'inputTokens',
  'cacheReadInputTokens',
  'cacheWrite5mInputTokens',
  'cacheWrite1hInputTokens',
  'outputTokens',
  'reasoningTokens',
  'costMicroUsd',
] as const satisfies readonly (keyof UsageSums)[];

type Sums = Record<(typeof sumNames)[number], number>;
// A compile error here means that the sums of the store and these have drifted apart.
true satisfies UsageSums extends Sums ? (Sums extends UsageSums ? true : never) : never;

export type UsageGroup = Partial<Readonly<Record<UsageDimension, string>>> & UsageSums;

export interface GroupedUsage {
  /** In the order of their dimensions, the first one named deciding first. Without dimensions: one sum of everything. */
  readonly groups: readonly UsageGroup[];
  readonly total: UsageSums;
}

/** Sums rows by these dimensions; `undefined` where that gives more than `maxGroups` groups. */
export async function groupUsage(
  rows: AsyncIterable<UsageRow> | Iterable<UsageRow>,
  dimensions: readonly UsageDimension[],
  maxGroups: number,
): Promise<GroupedUsage | undefined> {
  const total = zero();
  const groups = new Map<string, { readonly values: readonly string[]; readonly sums: Sums }>();
  if (dimensions.length === 0) groups.set('[]', { values: [], sums: zero() });
  for await (const row of rows) {
    const values = dimensions.map((dimension) => row[dimension]);
    const id = JSON.stringify(values);
    const { sums } = groups.get(id) ?? { sums: zero() };
    groups.set(id, { values, sums });
    if (groups.size > maxGroups) return undefined;
    add(sums, row);
    add(total, row);
  }
  const sorted = [...groups.values()].toSorted((one, other) => compare(one.values, other.values));
  return { groups: sorted.map(({ values, sums }) => ({ ...named(dimensions, values), ...sums })), total };
}

function zero(): Sums {
  return Object.fromEntries(sumNames.map((name) => [name, 0])) as Sums;
}

function add(sums: Sums, row: UsageRow): void {
  for (const name of sumNames) sums[name] += row[name];
}

function named(
  dimensions: readonly UsageDimension[],
  values: readonly string[],
): Partial<Record<UsageDimension, string>> {
  return Object.fromEntries(dimensions.map((dimension, index) => [dimension, values[index] ?? '']));
}

function compare(one: readonly string[], other: readonly string[]): number {
  const index = one.findIndex((value, position) => value !== other[position]);
  return index === -1 ? 0 : (one[index] ?? '') < (other[index] ?? '') ? -1 : 1;
}
