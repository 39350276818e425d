import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import type { EncryptionContext } from '../../../lambdas/crypto/key-wrapper.ts';
import { createLocalKeyWrapper } from '../../../lambdas/crypto/local-key-wrapper.ts';
import vectors from './envelope-vectors.json' with { type: 'json' };

const context: EncryptionContext = {
  app: 'gatehouse',
  organization: 'org_1',
  workspace: 'ws_1',
  provider: 'openai',
  credential: 'cred_1',
};

it('unwraps what it wrapped, and makes a new 32-byte key every time', async () => {
  const { generator, unwrapper } = createLocalKeyWrapper(randomBytes(32));

  const first = await generator.generateDataKey(context);
  const second = await generator.generateDataKey(context);
  const unwrapped = await unwrapper.unwrapDataKey(first.wrapped, context);

  expect(first.plaintext).toHaveLength(32);
  expect(first.plaintext.equals(second.plaintext)).toBe(false);
  expect(unwrapped.equals(first.plaintext)).toBe(true);
  expect(first.wrapped.includes(first.plaintext)).toBe(false);
});

it.each(vectors)('unwraps the committed data key of $name', async (vector) => {
  const { unwrapper } = createLocalKeyWrapper(Buffer.from(vector.keyEncryptionKey, 'hex'));

  const dataKey = await unwrapper.unwrapDataKey(Buffer.from(vector.wrapped, 'hex'), {
    ...vector.context,
    app: 'gatehouse',
  });

  expect(dataKey.toString('hex')).toBe(vector.dataKey);
});

it('reports a mismatch for another context, another wrapping key, and damaged or shortened bytes', async () => {
  const { generator, unwrapper } = createLocalKeyWrapper(randomBytes(32));
  const other = createLocalKeyWrapper(randomBytes(32));
  const { wrapped } = await generator.generateDataKey(context);
  const damaged = Buffer.from(wrapped);
  damaged[20]! ^= 1;

  const results = await Promise.allSettled([
    unwrapper.unwrapDataKey(wrapped, { ...context, workspace: 'ws_2' }),
    other.unwrapper.unwrapDataKey(wrapped, context),
    unwrapper.unwrapDataKey(damaged, context),
    unwrapper.unwrapDataKey(wrapped.subarray(0, wrapped.length - 1), context),
    unwrapper.unwrapDataKey(Buffer.alloc(0), context),
  ]);

  const mismatch = {
    status: 'rejected',
    reason: expect.objectContaining({ name: 'KeyWrapperError', kind: 'mismatch' }),
  };
  expect(results).toEqual(results.map(() => mismatch));
});

it.each([0, 16, 31, 33])('refuses a key-encryption key of %d bytes', (length) => {
  const create = () => createLocalKeyWrapper(Buffer.alloc(length));

  expect(create).toThrow(`the key-encryption key must be 32 bytes, got ${length}`);
});
