import { describe, expect, it } from 'vitest';
import { fitsOnePolicy } from '../../../../../lambdas/control-plane/admin/routing/policy-size.ts';

const record = (bytes: number) => ({ a: 'ä'.repeat((bytes - 8) / 2) });

describe('fitsOnePolicy', () => {
  it('counts the bytes of all records together', () => {
    expect(fitsOnePolicy([record(200_000), record(150_000)])).toBe(true);
    expect(fitsOnePolicy([record(200_000), record(150_000), record(10)])).toBe(false);
  });
});
