import { describe, expect, it } from 'vitest';
import { changeStored } from '../../../../lambdas/control-plane/admin/change.ts';

const stored = { value: 'old', version: 3 };

describe('changeStored', () => {
  it('reads anew after somebody else was quicker', async () => {
    const versions = [3, 4];
    const attempted: number[] = [];

    const result = await changeStored(
      undefined,
      async () => ({ value: 'old', version: versions.shift() ?? 0 }),
      async ({ version }) => {
        attempted.push(version);
        return version === 4 ? 'changed' : undefined;
      },
    );

    expect(result).toBe('changed');
    expect(attempted).toEqual([3, 4]);
  });

  it('gives up with 409 after five tries', async () => {
    let attempts = 0;

    const change = changeStored(
      undefined,
      async () => stored,
      async () => {
        attempts += 1;
        return undefined;
      },
    );

    await expect(change).rejects.toMatchObject({ status: 409, code: 'conflict' });
    expect(attempts).toBe(5);
  });

  it('ends with 412 before anything is written where If-Match names another version', async () => {
    const change = changeStored(
      2,
      async () => stored,
      async () => expect.unreachable(),
    );

    await expect(change).rejects.toMatchObject({ status: 412, code: 'etag_mismatch' });
  });

  it('ends with 412 where the version that If-Match names was changed just before the write', async () => {
    const versions = [3, 4];

    const change = changeStored(
      3,
      async () => ({ value: 'old', version: versions.shift() ?? 0 }),
      async () => undefined,
    );

    await expect(change).rejects.toMatchObject({ status: 412 });
  });

  it('ends with 404 where there is nothing', async () => {
    const change = changeStored(
      undefined,
      async () => undefined,
      async () => 'changed',
    );

    await expect(change).rejects.toMatchObject({ status: 404 });
  });
});
