import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { type AwsServer, type ReceivedCall, type Reply, startAwsServer } from '../aws/aws-server.ts';

interface KmsInput {
  readonly KeyId: string;
  readonly KeySpec?: string;
  readonly CiphertextBlob?: string;
  readonly EncryptionContext?: Readonly<Record<string, string>>;
}

/**
 * Speaks GenerateDataKey and Decrypt as AWS KMS does: symmetric keys by id, ciphertexts that name their key and bind the
 * encryption context, whatever the order of its members. `intercept` may answer in its place.
 */
export function startKmsServer(
  keyIds: readonly string[],
  intercept: (call: ReceivedCall) => Reply | undefined = () => undefined,
): Promise<AwsServer> {
  const keys = new Map(keyIds.map((keyId) => [keyId, randomBytes(32)]));
  return startAwsServer((call) => {
    const intercepted = intercept(call);
    if (intercepted !== undefined) return intercepted;
    const input = JSON.parse(call.body) as KmsInput;
    const key = keys.get(input.KeyId);
    if (key === undefined) return exception('NotFoundException', `Key '${input.KeyId}' does not exist`);
    if (call.operation === 'Decrypt') return decrypt(key, input);
    if (call.operation === 'GenerateDataKey' && input.KeySpec === 'AES_256') return generateDataKey(key, input);
    return exception('UnsupportedOperationException', call.operation);
  });
}

function generateDataKey(key: Buffer, { KeyId, EncryptionContext }: KmsInput): Reply {
  const plaintext = randomBytes(32);
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(contextBytes(EncryptionContext));
  const sealed = Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  const blob = Buffer.from(JSON.stringify({ KeyId, sealed: sealed.toString('base64') }));
  return {
    status: 200,
    body: { KeyId, Plaintext: plaintext.toString('base64'), CiphertextBlob: blob.toString('base64') },
  };
}

function decrypt(key: Buffer, { KeyId, CiphertextBlob, EncryptionContext }: KmsInput): Reply {
  try {
    const blob = JSON.parse(Buffer.from(CiphertextBlob!, 'base64').toString()) as { KeyId: string; sealed: string };
    if (blob.KeyId !== KeyId) return exception('IncorrectKeyException', 'The key ID does not match');
    const sealed = Buffer.from(blob.sealed, 'base64');
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12)).setAAD(
      contextBytes(EncryptionContext),
    );
    decipher.setAuthTag(sealed.subarray(-16));
    const plaintext = Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]);
    return {
      status: 200,
      body: { KeyId, Plaintext: plaintext.toString('base64'), EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' },
    };
  } catch {
    return exception('InvalidCiphertextException', undefined);
  }
}

function contextBytes(context: KmsInput['EncryptionContext'] = {}): Buffer {
  return Buffer.from(JSON.stringify(context, Object.keys(context).toSorted()));
}

function exception(type: string, message: string | undefined): Reply {
  return { status: 400, body: { __type: type, message } };
}
