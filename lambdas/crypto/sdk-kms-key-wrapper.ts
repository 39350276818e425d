import { GenerateDataKeyCommand, type KMSClient } from '@aws-sdk/client-kms';
import { canonicalContext, type KeyGenerator } from './key-wrapper.ts';
import { toKeyWrapperError } from './kms-error.ts';

/** Makes data keys with AWS KMS through the SDK: the control plane's half. */
export function createSdkKmsGenerator(client: KMSClient, keyId: string): KeyGenerator {
  return {
    async generateDataKey(context) {
      const EncryptionContext = JSON.parse(canonicalContext(context));
      const command = new GenerateDataKeyCommand({ KeyId: keyId, KeySpec: 'AES_256', EncryptionContext });
      const { Plaintext, CiphertextBlob } = await client.send(command).catch(throwKeyWrapperError);
      if (Plaintext === undefined || CiphertextBlob === undefined)
        throw toKeyWrapperError('GenerateDataKey', undefined, 0);
      return { plaintext: asBuffer(Plaintext), wrapped: asBuffer(CiphertextBlob) };
    },
  };
}

function throwKeyWrapperError(error: { name?: string; $metadata?: { httpStatusCode?: number } }): never {
  throw toKeyWrapperError('GenerateDataKey', error.name, error.$metadata?.httpStatusCode ?? 0);
}

/** The same memory, so that zeroing the plain key leaves no other copy behind. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
