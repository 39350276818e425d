import { describe, expect, it } from 'vitest';
import { applyPatch } from '../../../../../lambdas/control-plane/admin/tenancy/apply-patch.ts';

interface Settings {
  readonly name: string;
  readonly limit?: number;
  readonly limits?: { readonly perMinute?: number; readonly perDay?: number };
}

const current: Settings = { name: 'a', limit: 1, limits: { perMinute: 1, perDay: 2 } };

describe('applyPatch', () => {
  it('sets what is named, removes what is null and leaves the rest', () => {
    expect(applyPatch<Settings>(current, { name: 'b', limit: null })).toEqual({
      name: 'b',
      limits: { perMinute: 1, perDay: 2 },
    });
  });

  it('replaces a member as a whole', () => {
    expect(applyPatch<Settings>(current, { limits: { perDay: 3 } }).limits).toEqual({ perDay: 3 });
  });

  it('takes 0 and the empty text for values', () => {
    expect(applyPatch<Settings>(current, { name: '', limit: 0 })).toMatchObject({ name: '', limit: 0 });
  });

  it.each([{}, { name: 'a' }, { limits: { perDay: 2, perMinute: 1 } }])(
    'gives the very same object back where %j changes nothing',
    (patch) => {
      expect(applyPatch<Settings>(current, patch)).toBe(current);
    },
  );

  it('gives the very same object back when what is not there is removed', () => {
    const plain: Settings = { name: 'a' };

    expect(applyPatch<Settings>(plain, { limit: null })).toBe(plain);
  });
});
