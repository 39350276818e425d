import { AwsCallError } from '../aws/call-error.ts';
import type { AwsTransport } from '../aws/json-transport.ts';
import { repeatable, withRetries } from '../aws/retry.ts';
import { canonicalContext, type KeyUnwrapper } from './key-wrapper.ts';
import { toKeyWrapperError } from './kms-error.ts';

/**
 * Unwraps data keys with AWS KMS, without the SDK: the data plane's half.
 *
 * @param keyId the one key that may have wrapped them; KMS refuses a ciphertext of any other.
 */
export function createLeanKmsUnwrapper(transport: AwsTransport, keyId: string): KeyUnwrapper {
  return {
    async unwrapDataKey(wrapped, context) {
      const input = {
        KeyId: keyId,
        CiphertextBlob: wrapped.toString('base64'),
        EncryptionContext: JSON.parse(canonicalContext(context)),
      };
      try {
        const { Plaintext } = (await withRetries(repeatable, () => transport.call('Decrypt', input))) as KmsPlaintext;
        return Buffer.from(Plaintext, 'base64');
      } catch (error) {
        throw error instanceof AwsCallError ? toKeyWrapperError('Decrypt', error.type, error.status ?? 0) : error;
      }
    },
  };
}

interface KmsPlaintext {
  readonly Plaintext: string;
}
