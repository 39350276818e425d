import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { builtInProviders } from '../../lambdas/providers/registry.ts';
import { exchangeFaults } from './exchange.ts';

const fixtures = new URL('fixtures', import.meta.url).pathname;

describe('every provider and its fixture folder', () => {
  test.each([...builtInProviders.values()])('$name: is sent and read as its fixtures say', (provider) => {
    const faults = exchangeFaults(provider, fixtures);

    expect(faults).toEqual([]);
  });

  test('no folder is left without its provider', () => {
    const folders = readdirSync(fixtures, { withFileTypes: true }).filter((entry) => entry.isDirectory());

    expect(folders.map(({ name }) => name).toSorted()).toEqual([...builtInProviders.keys()].toSorted());
  });
});
