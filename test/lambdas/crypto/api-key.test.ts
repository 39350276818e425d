import { createHash, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apiKeySecretMatches, createApiKey, hashApiKeySecret, parseApiKey } from '../../../lambdas/crypto/api-key.ts';
import { Secret } from '../../../lambdas/crypto/secret.ts';

const base62 = Array.from('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz');

function fromBase62(text: string): number {
  return Array.from(text).reduce((sum, digit) => sum * 62 + base62.indexOf(digit), 0);
}

describe('createApiKey', () => {
  it('makes a key of the documented form whose last six characters are the checksum of the rest', () => {
    const { apiKey, publicId, lastFour } = createApiKey();

    const text = apiKey.reveal();
    expect(text).toMatch(/^gh_[0-9A-Za-z]{16}_[0-9A-Za-z]{40}$/);
    expect(text.slice(3, 19)).toBe(publicId);
    expect(text.slice(-4)).toBe(lastFour);
    expect(fromBase62(text.slice(-6))).toBe(crc32(text.slice(0, -6)));
  });

  it('draws again rather than prefer any character', () => {
    const bytes = Uint8Array.from({ length: 256 * 50 }, (_, index) => index % 256);
    let drawn = 0;
    const everyByteEquallyOften = (size: number) => bytes.subarray(drawn, (drawn += size));

    let text = '';
    while (drawn + 100 < bytes.length) text += createApiKey(everyByteEquallyOften).apiKey.reveal().slice(3, 54);

    const counts = base62.map((digit) => text.split(digit).length - 1);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(4);
  });

  it('asks the source of randomness for at least 190 bits of secret', () => {
    const sizes: number[] = [];

    createApiKey((size) => {
      sizes.push(size);
      return new Uint8Array(size);
    });

    expect(sizes).toEqual([16, 34]);
    expect(34 * Math.log2(62)).toBeGreaterThan(190);
  });

  it('gives a key that is named a fresh secret every time', () => {
    const publicId = 'AbCdEfGh01234567';

    const keys = [createApiKey(randomBytes, publicId), createApiKey(randomBytes, publicId)];

    expect(keys.map((key) => parseApiKey(key.apiKey.reveal())?.publicId)).toEqual([publicId, publicId]);
    expect(new Set(keys.map((key) => key.secretHash)).size).toBe(2);
  });

  it.each(['', 'short', 'AbCdEfGh0123456_', 'AbCdEfGh012345678'])('refuses "%s" as a public id', (publicId) => {
    expect(() => createApiKey(randomBytes, publicId)).toThrow(RangeError);
  });

  it('shows neither the key nor the secret in what a logger would print', () => {
    const created = createApiKey();

    const printed = inspect(created, { depth: null, showHidden: true }) + JSON.stringify(created);

    expect(printed).not.toContain(created.apiKey.reveal());
    expect(printed).not.toContain(created.apiKey.reveal().slice(20, 54));
  });
});

describe('parseApiKey', () => {
  it('finds in a created key the public id and a secret that matches the stored hash', () => {
    const { apiKey, publicId, secretHash } = createApiKey();

    const parsed = parseApiKey(apiKey.reveal());

    expect(parsed?.publicId).toBe(publicId);
    expect(apiKeySecretMatches(parsed!.secret, secretHash)).toBe(true);
  });

  it('refuses a key with any one character changed, removed, added or swapped with the next', () => {
    const text = createApiKey().apiKey.reveal();
    const otherCharacter = fc.constantFrom(...base62, '_', '-', ' ', '.', 'é', '٣', '\0', '\n');

    fc.assert(
      fc.property(fc.nat(text.length - 1), otherCharacter, (at, character) => {
        const variants = [
          text.slice(0, at) + character + text.slice(at + 1),
          text.slice(0, at) + text.slice(at + 1),
          text.slice(0, at) + character + text.slice(at),
          text.slice(0, at) + (text[at + 1] ?? '') + text[at]! + text.slice(at + 2),
        ];

        const accepted = variants.filter((variant) => variant !== text && parseApiKey(variant) !== undefined);

        expect(accepted).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  it('refuses any other text without throwing', () => {
    const anyText = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.string({ minLength: 57, maxLength: 57 }).map((rest) => `gh_${rest}`),
    );

    fc.assert(fc.property(anyText, (text) => parseApiKey(text) === undefined));
  });

  it('refuses a megabyte of key-like text at once', () => {
    const text = `gh_${'a'.repeat(1_000_000)}`;

    const parsed = parseApiKey(text);

    expect(parsed).toBeUndefined();
  });
});

describe('hashApiKeySecret and apiKeySecretMatches', () => {
  it('stores SHA-256 of the secret in base64url', () => {
    const hash = hashApiKeySecret(new Secret('secret'));

    expect(hash).toBe(createHash('sha256').update('secret').digest('base64url'));
  });

  it('accepts the secret of the hash and nothing else', () => {
    const hash = hashApiKeySecret(new Secret('secret'));

    const answers = ['secret', 'Secret', 'secre', '', hash].map((text) => apiKeySecretMatches(new Secret(text), hash));

    expect(answers).toEqual([true, false, false, false, false]);
  });

  it.each(['', 'short', 'é'.repeat(43), `${hashApiKeySecret(new Secret('secret'))}=`])(
    'answers no, and does not throw, for the malformed stored hash "%s"',
    (hash) => {
      const matches = apiKeySecretMatches(new Secret('secret'), hash);

      expect(matches).toBe(false);
    },
  );
});
