import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { controlPlaneLines } from '../../../lambdas/telemetry/control-plane-lines.ts';
import { dataPlaneLines } from '../../../lambdas/telemetry/data-plane-lines.ts';
import { faultKinds } from '../../../lambdas/telemetry/logger.ts';
import { metrics } from '../../../lambdas/telemetry/metrics.ts';
import { recordOf } from '../../fixtures/usage.ts';

const read = (name: string): string =>
  readFileSync(path.join(import.meta.dirname, '../../../docs', `${name}.md`), 'utf8');

test('docs/telemetry.md has every metric with what it is measured by', () => {
  const rows = read('telemetry')
    .split('\n')
    .filter((line) => line.startsWith('| `'));

  const missing = Object.values(metrics).filter(({ name, by }) => {
    const axes = by.map(([, axis]) =>
      axis === undefined ? 'over all' : axis.includes('provider') ? 'provider' : 'kind',
    );
    return !rows.some((row) => row.includes(`\`${name}\``) && row.includes(`| ${axes.join(', ')} |`));
  });
  expect(missing).toEqual([]);
});

test('docs/telemetry.md has every member of a request line', () => {
  const record = { ...recordOf(), type: 'request', level: 'info', traceId: 'a', spanId: 'b' } as const;
  const page = read('telemetry');

  const { members } = dataPlaneLines.request(record);

  expect(Object.keys(members).length).toBeGreaterThan(25);
  expect(Object.keys(members).filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

test('docs/telemetry.md has every kind of line', () => {
  const page = read('telemetry');

  const kinds = [...Object.keys({ ...dataPlaneLines, ...controlPlaneLines }), 'fault'];

  expect(kinds.filter((kind) => !page.includes(`| \`${kind}\` | \``))).toEqual([]);
});

test('docs/operations.md says of every kind of fault what to do', () => {
  const faults = read('operations').split('\n## Faults\n')[1]?.split('\n## ')[0] ?? '';

  const documented = [...faults.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, kind]) => kind ?? '');

  expect(documented.toSorted()).toEqual([...faultKinds].toSorted());
});
