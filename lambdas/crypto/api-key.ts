import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { Secret } from './secret.ts';

/**
 * `gh_<publicId>_<secret><checksum>`, base62 throughout. The public id finds the key's record; only the secret is secret: 34
 * characters are 202 random bits, so a slow hash would add nothing. The checksum is the CRC-32 of all before it: it lets
 * secret scanners confirm a find and lets us refuse a mistyped key without a look-up. It proves nothing.
 */
const prefix = 'gh_';
const publicIdLength = 16;
const secretLength = 34;
const checksumLength = 6;
const secretAt = prefix.length + publicIdLength + 1;
const checksumAt = secretAt + secretLength;
const apiKeyLength = checksumAt + checksumLength;

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const separator = '_';
/** Largest multiple of 62 a byte can hold; bytes from here on are drawn again, or low digits would be likelier. */
const unbiasedBound = 248;

export interface CreatedApiKey {
  /** The whole key, shown to its owner once. */
  readonly apiKey: Secret;
  readonly publicId: string;
  /** What is stored in place of the secret. */
  readonly secretHash: string;
  /** The end of the key as its owner sees it, to tell keys apart. Part of the checksum, so it tells 24 of 202 bits at most. */
  readonly lastFour: string;
}

/**
 * Makes a fresh API key. `random` returns that many random bytes. A key that gets a new secret keeps its `publicId`: 16 base62
 * characters, else a RangeError.
 */
export function createApiKey(
  random: (size: number) => Uint8Array = randomBytes,
  publicId = randomBase62(publicIdLength, random),
): CreatedApiKey {
  if (publicId.length !== publicIdLength || !isBase62(publicId, 0, publicIdLength)) {
    throw new RangeError(`the public id of an API key must be ${publicIdLength} base62 characters`);
  }
  const secret = randomBase62(secretLength, random);
  const unchecked = `${prefix}${publicId}${separator}${secret}`;
  const apiKey = unchecked + checksum(unchecked);
  return {
    apiKey: new Secret(apiKey),
    publicId,
    secretHash: hashApiKeySecret(new Secret(secret)),
    lastFour: apiKey.slice(-4),
  };
}

/** Splits a key into its parts, or refuses any text that is not exactly one of ours. */
export function parseApiKey(text: string): { publicId: string; secret: Secret } | undefined {
  if (text.length !== apiKeyLength || !text.startsWith(prefix) || text[secretAt - 1] !== separator) return undefined;
  if (!isBase62(text, prefix.length, secretAt - 1) || !isBase62(text, secretAt, apiKeyLength)) return undefined;
  if (checksum(text.slice(0, checksumAt)) !== text.slice(checksumAt)) return undefined;
  return { publicId: text.slice(prefix.length, secretAt - 1), secret: new Secret(text.slice(secretAt, checksumAt)) };
}

/** SHA-256 in base64url, the stored form of a secret. */
export function hashApiKeySecret(secret: Secret): string {
  return hash('sha256', secret.reveal(), 'base64url');
}

/** Compares in a time that does not depend on where the two differ. */
export function apiKeySecretMatches(secret: Secret, secretHash: string): boolean {
  const actual = Buffer.from(hashApiKeySecret(secret));
  const expected = Buffer.from(secretHash);
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}

function randomBase62(length: number, random: (size: number) => Uint8Array): string {
  let text = '';
  while (text.length < length) {
    for (const byte of random(length - text.length)) {
      if (byte < unbiasedBound) text += alphabet[byte % alphabet.length];
    }
  }
  return text;
}

function checksum(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (let index = 0; index < checksumLength; index += 1) {
    digits = alphabet[rest % alphabet.length] + digits;
    rest = Math.floor(rest / alphabet.length);
  }
  return digits;
}

function isBase62(text: string, start: number, end: number): boolean {
  for (let index = start; index < end; index += 1) {
    const code = text.charCodeAt(index);
    const isDigit = code >= 48 && code <= 57;
    const isUpper = code >= 65 && code <= 90;
    const isLower = code >= 97 && code <= 122;
    if (!isDigit && !isUpper && !isLower) return false;
  }
  return true;
}
