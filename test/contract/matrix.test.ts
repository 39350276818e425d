import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { failures, matrixDocument } from './matrix-document.ts';
import { judgeAll } from './matrix.ts';

describe('pair matrix', () => {
  const cells = judgeAll();

  it('passes or explains a 400 in every cell', () => {
    expect(failures(cells)).toEqual([]);
  });

  it('is what docs/translation-matrix.md says', async () => {
    const page = await readFile(new URL('../../docs/translation-matrix.md', import.meta.url), 'utf8');

    expect(page, 'write it with `npm run matrix`').toBe(matrixDocument(cells));
  });
});
