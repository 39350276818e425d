import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { KeyWrapperError } from './key-wrapper-error.ts';
import { canonicalContext, type EncryptionContext, type KeyGenerator, type KeyUnwrapper } from './key-wrapper.ts';
import { Secret } from './secret.ts';

/**
 * A sealed secret, byte by byte:
 *
 * | bytes | what |
 * |---|---|
 * | 1 | version, 1 |
 * | 2 | length of the wrapped data key, big-endian |
 * | that many | wrapped data key |
 * | 12 | nonce |
 * | any | AES-256-GCM ciphertext of the UTF-8 secret |
 * | 16 | GCM tag |
 *
 * The additional authenticated data is the canonical encryption context followed by all bytes before the nonce. Each secret has
 * a data key of its own, so a random nonce cannot repeat under one key.
 */
const version = 1;
const fixedHeaderBytes = 3;
const nonceBytes = 12;
const tagBytes = 16;

/**
 * - `truncated`: shorter than its own header says
 * - `unknown-version`: made by a newer release, or not an envelope
 * - `refused`: damaged, tampered with, or sealed under another context or wrapping key; cryptography cannot tell which
 */
export type EnvelopeErrorReason = 'truncated' | 'unknown-version' | 'refused';

export class EnvelopeError extends Error {
  override readonly name = 'EnvelopeError';
  readonly reason: EnvelopeErrorReason;

  constructor(reason: EnvelopeErrorReason) {
    super(`sealed secret cannot be opened: ${reason}`);
    this.reason = reason;
  }
}

/**
 * Encrypts a secret under a fresh data key.
 *
 * @throws KeyWrapperError when no data key could be made.
 */
export async function sealSecret(
  plaintext: Secret,
  context: EncryptionContext,
  generator: KeyGenerator,
): Promise<Buffer> {
  const { plaintext: dataKey, wrapped } = await generator.generateDataKey(context);
  try {
    const header = Buffer.alloc(fixedHeaderBytes + wrapped.length);
    header.writeUInt8(version, 0);
    header.writeUInt16BE(wrapped.length, 1);
    wrapped.copy(header, fixedHeaderBytes);
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', dataKey, nonce);
    cipher.setAAD(additionalData(context, header));
    const ciphertext = [cipher.update(plaintext.reveal(), 'utf8'), cipher.final()];
    return Buffer.concat([header, nonce, ...ciphertext, cipher.getAuthTag()]);
  } finally {
    dataKey.fill(0);
  }
}

/**
 * Decrypts what `sealSecret` made under the same context.
 *
 * @throws EnvelopeError when these bytes will never open; KeyWrapperError when the key service does not answer or denies us.
 */
export async function openSecret(sealed: Buffer, context: EncryptionContext, unwrapper: KeyUnwrapper): Promise<Secret> {
  const { header, wrapped, nonce, ciphertext, tag } = readLayout(sealed);
  const dataKey = await unwrapped(wrapped, context, unwrapper);
  try {
    const decipher = createDecipheriv('aes-256-gcm', dataKey, nonce, { authTagLength: tagBytes });
    decipher.setAAD(additionalData(context, header));
    decipher.setAuthTag(tag);
    const plaintext = Buffer.concat([decipher.update(ciphertext), decipher.final()]);
    const secret = new Secret(plaintext.toString('utf8'));
    plaintext.fill(0);
    return secret;
  } catch {
    throw new EnvelopeError('refused');
  } finally {
    dataKey.fill(0);
  }
}

function readLayout(sealed: Buffer) {
  if (sealed.length < fixedHeaderBytes) throw new EnvelopeError('truncated');
  if (sealed.readUInt8(0) !== version) throw new EnvelopeError('unknown-version');
  const nonceAt = fixedHeaderBytes + sealed.readUInt16BE(1);
  const ciphertextAt = nonceAt + nonceBytes;
  const tagAt = sealed.length - tagBytes;
  if (tagAt < ciphertextAt) throw new EnvelopeError('truncated');
  return {
    header: sealed.subarray(0, nonceAt),
    wrapped: sealed.subarray(fixedHeaderBytes, nonceAt),
    nonce: sealed.subarray(nonceAt, ciphertextAt),
    ciphertext: sealed.subarray(ciphertextAt, tagAt),
    tag: sealed.subarray(tagAt),
  };
}

async function unwrapped(wrapped: Buffer, context: EncryptionContext, unwrapper: KeyUnwrapper): Promise<Buffer> {
  try {
    return await unwrapper.unwrapDataKey(wrapped, context);
  } catch (error) {
    if (error instanceof KeyWrapperError && error.kind === 'mismatch') throw new EnvelopeError('refused');
    throw error;
  }
}

function additionalData(context: EncryptionContext, header: Buffer): Buffer {
  return Buffer.concat([Buffer.from(canonicalContext(context), 'utf8'), header]);
}
