import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { describePublicSurface, reportPath } from '../../scripts/write-api-report.ts';

// The declarations are those of the package that was packed ahead of these tests.
test('docs/api/gatehouse.api.md is the public surface (npm run api writes it)', async () => {
  const surface = await describePublicSurface();

  expect(readFileSync(reportPath, 'utf8')).toBe(surface);
});
