import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EnvelopeError, openSecret, sealSecret } from '../../../lambdas/crypto/envelope.ts';
import { KeyWrapperError } from '../../../lambdas/crypto/key-wrapper-error.ts';
import type { EncryptionContext, KeyGenerator, KeyUnwrapper } from '../../../lambdas/crypto/key-wrapper.ts';
import { createLocalKeyWrapper } from '../../../lambdas/crypto/local-key-wrapper.ts';
import { Secret } from '../../../lambdas/crypto/secret.ts';
// Made with Python's `cryptography`, so that our own reading of the layout is not its only witness.
import vectors from './envelope-vectors.json' with { type: 'json' };

const { generator, unwrapper } = createLocalKeyWrapper(Buffer.alloc(32, 7));
const context: EncryptionContext = {
  app: 'gatehouse',
  organization: 'org_1',
  workspace: 'ws_1',
  provider: 'openai',
  credential: 'cred_1',
};

async function reasonOf(opening: Promise<unknown>): Promise<string> {
  const error = await opening.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(EnvelopeError);
  return (error as EnvelopeError).reason;
}

/** Keeps the plain data keys it hands on, to look at them afterwards. */
function watched(keys: Buffer[]): { generator: KeyGenerator; unwrapper: KeyUnwrapper } {
  return {
    generator: {
      async generateDataKey(given) {
        const dataKey = await generator.generateDataKey(given);
        keys.push(dataKey.plaintext);
        return dataKey;
      },
    },
    unwrapper: {
      async unwrapDataKey(wrapped, given) {
        const dataKey = await unwrapper.unwrapDataKey(wrapped, given);
        keys.push(dataKey);
        return dataKey;
      },
    },
  };
}

describe('sealSecret and openSecret', () => {
  it.each(vectors)('opens the committed vector of $name', async (vector) => {
    const wrapper = createLocalKeyWrapper(Buffer.from(vector.keyEncryptionKey, 'hex'));
    const vectorContext = { ...vector.context, app: 'gatehouse' } as const;

    const secret = await openSecret(Buffer.from(vector.sealed, 'hex'), vectorContext, wrapper.unwrapper);

    expect(secret.reveal()).toBe(vector.secret);
  });

  it('returns the secret that was sealed, whatever its text, and never seals it the same way twice', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 300 }), async (text) => {
        const sealed = await sealSecret(new Secret(text), context, generator);
        const again = await sealSecret(new Secret(text), context, generator);

        const opened = await openSecret(sealed, context, unwrapper);

        expect(opened.reveal()).toBe(text);
        expect(again.equals(sealed)).toBe(false);
        expect(text.length > 3 && sealed.includes(text)).toBe(false);
      }),
    );
  });

  it('fails when any single byte is changed', async () => {
    const sealed = await sealSecret(new Secret('sk-some-provider-key'), context, generator);
    const reasons = new Set<string>();

    for (let index = 0; index < sealed.length; index += 1) {
      for (const mask of [0x01, 0x80, 0xff]) {
        const tampered = Buffer.from(sealed);
        tampered[index]! ^= mask;
        reasons.add(await reasonOf(openSecret(tampered, context, unwrapper)));
      }
    }

    expect(reasons).toEqual(new Set(['refused', 'truncated', 'unknown-version']));
  });

  it('fails at every shorter length, and with bytes added', async () => {
    const sealed = await sealSecret(new Secret('sk-some-provider-key'), context, generator);

    const longer = await reasonOf(openSecret(Buffer.concat([sealed, Buffer.alloc(1)]), context, unwrapper));
    const empty = await reasonOf(openSecret(Buffer.alloc(0), context, unwrapper));
    const shorter = [];
    for (let length = 1; length < sealed.length; length += 1) {
      shorter.push(await reasonOf(openSecret(sealed.subarray(0, length), context, unwrapper)));
    }

    expect([longer, empty]).toEqual(['refused', 'truncated']);
    expect(new Set(shorter)).toEqual(new Set(['truncated', 'refused']));
  });

  it.each(['organization', 'workspace', 'provider', 'credential'] as const)(
    'refuses a secret of another %s, even where the data key is the same',
    async (member) => {
      const other = { ...context, [member]: 'other' };
      const sealed = await sealSecret(new Secret('sk-some-provider-key'), context, generator);
      const careless: KeyUnwrapper = { unwrapDataKey: (wrapped) => unwrapper.unwrapDataKey(wrapped, context) };

      const byKey = await reasonOf(openSecret(sealed, other, unwrapper));
      const byEnvelope = await reasonOf(openSecret(sealed, other, careless));

      expect([byKey, byEnvelope]).toEqual(['refused', 'refused']);
    },
  );

  it('refuses a secret sealed under another wrapping key', async () => {
    const sealed = await sealSecret(new Secret('sk-some-provider-key'), context, generator);
    const other = createLocalKeyWrapper(Buffer.alloc(32, 8));

    const reason = await reasonOf(openSecret(sealed, context, other.unwrapper));

    expect(reason).toBe('refused');
  });

  it('passes on that the key service is unavailable: the secret may still open later', async () => {
    const sealed = await sealSecret(new Secret('sk-some-provider-key'), context, generator);
    const unavailable = new KeyWrapperError('unavailable', 'KMS Decrypt: no answer');

    const opening = openSecret(sealed, context, { unwrapDataKey: () => Promise.reject(unavailable) });

    await expect(opening).rejects.toBe(unavailable);
  });

  it('zeroes every plain data key after use, also when opening fails', async () => {
    const keys: Buffer[] = [];
    const wrapper = watched(keys);

    const sealed = await sealSecret(new Secret('sk-some-provider-key'), context, wrapper.generator);
    await openSecret(sealed, context, wrapper.unwrapper);
    sealed[sealed.length - 1]! ^= 1;
    await reasonOf(openSecret(sealed, context, wrapper.unwrapper));

    expect(keys.map((key) => key.equals(Buffer.alloc(32)))).toEqual([true, true, true]);
  });
});
