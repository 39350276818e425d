import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { KeyWrapperError } from './key-wrapper-error.ts';
import { canonicalContext, type EncryptionContext, type KeyWrapper } from './key-wrapper.ts';

const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/**
 * Wraps data keys under a key-encryption key of the operator's: for laptops and installations without AWS KMS. A wrapped key is
 * nonce, AES-256-GCM ciphertext and tag, with the canonical context as additional authenticated data.
 *
 * A random nonce is safe for 2^32 wrappings under one key-encryption key, which is one per stored credential version.
 */
export function createLocalKeyWrapper(keyEncryptionKey: Buffer): KeyWrapper {
  if (keyEncryptionKey.length !== keyBytes) {
    throw new RangeError(`the key-encryption key must be ${keyBytes} bytes, got ${keyEncryptionKey.length}`);
  }
  return {
    generator: {
      async generateDataKey(context) {
        const plaintext = randomBytes(keyBytes);
        return { plaintext, wrapped: wrap(keyEncryptionKey, plaintext, context) };
      },
    },
    unwrapper: {
      async unwrapDataKey(wrapped, context) {
        try {
          return unwrap(keyEncryptionKey, wrapped, context);
        } catch {
          throw new KeyWrapperError('mismatch', 'local key wrapper: wrapped key does not open');
        }
      },
    },
  };
}

function wrap(keyEncryptionKey: Buffer, dataKey: Buffer, context: EncryptionContext): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', keyEncryptionKey, nonce);
  cipher.setAAD(Buffer.from(canonicalContext(context), 'utf8'));
  return Buffer.concat([nonce, cipher.update(dataKey), cipher.final(), cipher.getAuthTag()]);
}

function unwrap(keyEncryptionKey: Buffer, wrapped: Buffer, context: EncryptionContext): Buffer {
  const tagAt = nonceBytes + keyBytes;
  const decipher = createDecipheriv('aes-256-gcm', keyEncryptionKey, wrapped.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  });
  decipher.setAAD(Buffer.from(canonicalContext(context), 'utf8'));
  decipher.setAuthTag(wrapped.subarray(tagAt));
  return Buffer.concat([decipher.update(wrapped.subarray(nonceBytes, tagAt)), decipher.final()]);
}
