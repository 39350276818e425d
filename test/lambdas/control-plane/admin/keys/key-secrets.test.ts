import { describe, expect, it } from 'vitest';
import { rotateSecrets } from '../../../../../lambdas/control-plane/admin/keys/key-secrets.ts';

const now = 1_000_900;
const rotate = (secrets: Parameters<typeof rotateSecrets>[0], overlapSeconds: number) =>
  rotateSecrets(secrets, 'new', { overlapSeconds, now });

describe('rotateSecrets', () => {
  it('puts the new secret first and gives the one before the overlap', () => {
    expect(rotate([{ hash: 'old' }], 60)).toEqual([{ hash: 'new' }, { hash: 'old', expiresAt: 1060 }]);
  });

  it('drops every older secret where there is no overlap', () => {
    expect(rotate([{ hash: 'old' }, { hash: 'older', expiresAt: 9000 }], 0)).toEqual([{ hash: 'new' }]);
  });

  it('keeps the one before the last until its own end, or the end of a shorter overlap', () => {
    const secrets = [{ hash: 'old' }, { hash: 'older', expiresAt: 1050 }, { hash: 'oldest', expiresAt: 1000 }];

    expect(rotate(secrets, 60)).toEqual([
      { hash: 'new' },
      { hash: 'old', expiresAt: 1060 },
      { hash: 'older', expiresAt: 1050 },
    ]);
    expect(rotate(secrets, 10)).toEqual([
      { hash: 'new' },
      { hash: 'old', expiresAt: 1010 },
      { hash: 'older', expiresAt: 1010 },
    ]);
  });

  it('never keeps more than eight', () => {
    let secrets: Parameters<typeof rotateSecrets>[0] = [];
    for (let times = 0; times < 20; times += 1) secrets = rotate(secrets, 60);

    expect(secrets).toHaveLength(8);
  });
});
