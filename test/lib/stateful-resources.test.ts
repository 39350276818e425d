import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { describeTemplates, keptReleases, readRelease, synthesizeAssembly } from '../../scripts/keep-release.ts';
import { statefulTypes } from './stateful-types.ts';
import { bundlesFolder } from './synthesize.ts';

interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

/** Resources of one stack by logical id. */
type Stack = Readonly<Record<string, Resource>>;

let current: Readonly<Record<string, Stack>>;

beforeAll(() => {
  const assembly = mkdtempSync(join(tmpdir(), 'gatehouse-current-'));
  const bundles = bundlesFolder();
  synthesizeAssembly(assembly, bundles);
  current = stacksOf(describeTemplates(assembly, bundles));
  for (const folder of [assembly, bundles]) rmSync(folder, { recursive: true });
});

it('knows at least one release', () => {
  const kept = keptReleases();

  expect(kept.length).toBeGreaterThan(0);
});

describe.each(keptReleases())('an upgrade from release %s', (version) => {
  const kept = stacksOf(readRelease(version));

  it('loses nothing that holds data or is known by its address', () => {
    const lost = Object.entries(kept).flatMap(([stack, resources]) => lostResources(stack, resources, current[stack]));

    expect(lost).toEqual([]);
  });

  it('finds everything that the release has of these types', () => {
    const found = Object.values(kept).flatMap((resources) => Object.values(resources).map(({ Type }) => Type));

    expect(Object.keys(statefulTypes).filter((type) => !found.includes(type))).toEqual([]);
  });
});

/** One line for each, which says what an operator would lose. */
function lostResources(stack: string, kept: Stack, now: Stack = {}): string[] {
  return Object.entries(kept).flatMap(([logicalId, before]) => {
    const rules = statefulTypes[before.Type];
    if (rules === undefined) return [];
    const after = now[logicalId];
    const name = `${stack} ${logicalId} (${before.Type})`;
    if (after === undefined) return [`${name} is gone`];
    if (after.Type !== before.Type) return [`${name} has become ${after.Type}`];
    const replaced = rules.replacedBy.filter(
      (property) => !same(before.Properties?.[property], after.Properties?.[property]),
    );
    const unkept = (['DeletionPolicy', 'UpdateReplacePolicy'] as const).filter(
      (policy) => rules.retained && after[policy] !== 'Retain',
    );
    return [
      ...replaced.map((property) => `${name} is replaced: ${property} has changed`),
      ...unkept.map((policy) => `${name} is not retained: ${policy}`),
    ];
  });
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function stacksOf(templates: Readonly<Record<string, string>>): Readonly<Record<string, Stack>> {
  return Object.fromEntries(
    Object.entries(templates).map(([name, text]) => [name, (JSON.parse(text) as { Resources: Stack }).Resources]),
  );
}
