import { describe, expect, it } from 'vitest';
import { createBootstrapTokenCheck } from '../../../../lambdas/control-plane/sign-in/bootstrap-token.ts';
import { Secret } from '../../../../lambdas/crypto/secret.ts';

/** Where the tokens are kept, with a clock to turn. */
function keep(...tokens: string[]) {
  const kept = { tokens, now: 1_000_000, loads: 0, down: false };
  const check = createBootstrapTokenCheck(
    async () => {
      kept.loads += 1;
      if (kept.down) throw new Error('no connection');
      return kept.tokens.map((token) => new Secret(token));
    },
    () => kept.now,
  );
  return { kept, check };
}

describe('the bootstrap token check', () => {
  it('accepts the current and the previous token, and nothing else', async () => {
    const { check } = keep('current', 'previous');

    const answers = await Promise.all(['current', 'previous', 'Current', 'curren', 'current ', ''].map(check));

    expect(answers).toEqual([true, true, false, false, false, false]);
  });

  it('accepts nothing, and least of all nothing, while the token kept is empty', async () => {
    const { check } = keep('');

    expect([await check(''), await check('current')]).toEqual([false, false]);
  });

  it('reads the token once a minute however many ask', async () => {
    const { kept, check } = keep('current');

    await Promise.all([check('current'), check('current'), check('current')]);
    kept.now += 59_999;
    await check('current');
    expect(kept.loads).toBe(1);

    kept.now += 1;
    await check('current');
    expect(kept.loads).toBe(2);
  });

  it('accepts a new token at once, and the old one no more', async () => {
    const { kept, check } = keep('old');
    await check('old');
    kept.tokens = ['new'];
    kept.now += 5_000;

    expect([await check('new'), await check('old')]).toEqual([true, false]);
  });

  it('forgets a token that was taken away after a minute', async () => {
    const { kept, check } = keep('old');
    await check('old');
    kept.tokens = ['new'];
    kept.now += 60_000;

    expect(await check('old')).toBe(false);
  });

  it('reads at most every 5 s in a flood of wrong tokens', async () => {
    const { kept, check } = keep('current');
    await check('current');

    for (let at = 0; at < 60_000; at += 100) {
      kept.now += 100;
      await check(`wrong-${at}`);
    }

    expect(kept.loads).toBe(13);
  });

  it('refuses nobody while a token that could let them in is on its way', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const check = createBootstrapTokenCheck(
      async () => {
        await promise;
        return [new Secret('current')];
      },
      () => 1_000_000,
    );

    const answers = [check('current'), check('current')];
    resolve();

    expect(await Promise.all(answers)).toEqual([true, true]);
  });

  it('says that it cannot tell, rather than no, where the token cannot be read', async () => {
    const { kept, check } = keep('current');
    kept.down = true;

    await expect(check('current')).rejects.toMatchObject({ code: 'sign_in_unavailable', status: 503 });
    await expect(check('current')).rejects.toMatchObject({ code: 'sign_in_unavailable' });

    expect(kept.loads).toBe(1);
  });

  it('works again once the token can be read again', async () => {
    const { kept, check } = keep('current');
    kept.down = true;
    await expect(check('current')).rejects.toThrow();

    kept.down = false;
    kept.now += 5_000;

    expect(await check('current')).toBe(true);
  });

  it('goes on with the token it knows for its minute, and cannot tell of others, while none can be read', async () => {
    const { kept, check } = keep('current');
    await check('current');
    kept.down = true;
    kept.now += 59_999;

    expect(await check('current')).toBe(true);
    await expect(check('other')).rejects.toMatchObject({ code: 'sign_in_unavailable' });

    kept.now += 1;
    await expect(check('current')).rejects.toMatchObject({ code: 'sign_in_unavailable' });
  });

  it('recovers from a reader that throws before it waits', async () => {
    let broken = true;
    let now = 1_000_000;
    const check = createBootstrapTokenCheck(
      () => {
        if (broken) throw new Error('not configured');
        return Promise.resolve([new Secret('current')]);
      },
      () => now,
    );
    await expect(check('current')).rejects.toMatchObject({ code: 'sign_in_unavailable' });

    broken = false;
    now += 5_000;

    expect(await check('current')).toBe(true);
  });
});
