import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StateOrigin } from '../../../../../lambdas/wire/canonical/opaque.ts';
import {
  readThoughtSignature,
  writeThoughtSignature,
} from '../../../../../lambdas/wire/codecs/gemini/thought-signature.ts';

const origins: readonly StateOrigin[] = ['anthropic', 'gemini', 'openai', 'bedrock'];

test('Gemini’s own signature stays as it is', () => {
  expect(writeThoughtSignature({ origin: 'gemini', value: 'CiEBjz1rX0i=' })).toBe('CiEBjz1rX0i=');
});

test('another’s is base64, which typed clients decode and may write in the URL’s alphabet', () => {
  const state = { origin: 'anthropic', value: 'Er??>>~~' } as const;

  const written = writeThoughtSignature(state);

  const rewritten = Buffer.from(written, 'base64').toString('base64url');
  expect(Buffer.from(written, 'base64').toString('base64')).toBe(written);
  expect(readThoughtSignature(rewritten)).toEqual(state);
});

test('every state is read as it was written', () => {
  const ascii = fc.string({ unit: 'grapheme-ascii', minLength: 1 });
  const base64 = fc.oneof(ascii, fc.constant('gh1.gemini.a')).map((text) => Buffer.from(text).toString('base64'));

  fc.assert(
    fc.property(fc.constantFrom(...origins), fc.oneof(ascii, base64, fc.constant('gh1.openai.a')), (origin, value) => {
      expect(readThoughtSignature(writeThoughtSignature({ origin, value }))).toEqual({ origin, value });
    }),
  );
});

test.each(['', 'skip_thought_signature_validator', 'context_engineering_is_the_way_to_go'])(
  'a client that has none says so with %j, which typed clients encode',
  (word) => {
    expect(readThoughtSignature(word)).toBeUndefined();
    expect(readThoughtSignature(Buffer.from(word).toString('base64url'))).toBeUndefined();
  },
);
