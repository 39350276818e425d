import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describePublicSurface, reportPath } from '../../scripts/write-api-report.ts';

// The declarations are those of the package that was packed ahead of these tests.
test('docs/api/gatehouse.api.md is the public surface (npm run api writes it)', async () => {
  const surface = await describePublicSurface();

  expect(readFileSync(reportPath, 'utf8')).toBe(surface);
});

test('docs/library.md names every construct', () => {
  const read = (path: string): string => readFileSync(join(import.meta.dirname, '../..', path), 'utf8');
  const exported = [...read('lib/index.ts').matchAll(/^export \{ ([^}]+) \}/gm)].flatMap(([, names]) =>
    names!.split(', '),
  );
  const paper = read('docs/library.md');

  const constructs = exported.filter((name) => /^[A-Z]/.test(name));

  expect(constructs.filter((name) => !paper.includes(`\`${name}\``))).toEqual([]);
  expect(constructs.length).toBeGreaterThan(20);
});
