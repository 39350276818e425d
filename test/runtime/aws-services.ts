import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { EncryptionContext, KeyWrapper } from '../../lambdas/crypto/key-wrapper.ts';

/** A secret value as ours are: `{"current","previous"}`. */
interface RotatedSecret {
  readonly current: string;
  readonly previous?: string;
}

export interface AwsServices {
  readonly endpoint: string;
  /** Encryption contexts that Decrypt was called with. */
  readonly contexts: EncryptionContext[];
  /** Data keys that GenerateDataKey made, with the key and the context it was called with. */
  readonly dataKeys: DataKey[];
  /** May be changed to rotate it. */
  originSecret: RotatedSecret;
  /** May be changed to rotate it. `undefined`: Secrets Manager fails. */
  bootstrapToken: RotatedSecret | undefined;
  /** While true, KMS answers as it does when it has a fault of its own. */
  keysOutOfOrder: boolean;
  close(): Promise<void>;
}

interface DataKey {
  readonly keyId: string;
  readonly context: EncryptionContext;
  readonly plaintext: Buffer;
  readonly wrapped: Buffer;
}

type Input = Readonly<Record<string, unknown>>;

/** Names of the secrets, as the functions know them. */
export const originSecretArn = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:origin';
export const bootstrapTokenArn = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:bootstrap-token';
export const vaultKeyArn = 'arn:aws:kms:us-east-1:123456789012:key/vault';

/**
 * KMS and Secrets Manager over their JSON protocol. The wrapping is real (AES under the encryption context), only the service
 * around it is ours: neither has a local form.
 */
export async function startAwsServices({ generator, unwrapper }: KeyWrapper): Promise<AwsServices> {
  const state = {
    contexts: [] as EncryptionContext[],
    dataKeys: [] as DataKey[],
    originSecret: { current: 'origin-secret' } as RotatedSecret,
    bootstrapToken: { current: 'bootstrap-token-of-the-test' } as RotatedSecret | undefined,
    keysOutOfOrder: false,
  };
  // Not copied: what a test changes here is what is served from then on.
  const services: AwsServices = Object.assign(state, { endpoint: '', close: async () => {} });

  const operations: Readonly<Record<string, (input: Input) => Promise<object>>> = {
    'secretsmanager.GetSecretValue': async ({ SecretId }) => {
      const secret = SecretId === bootstrapTokenArn ? services.bootstrapToken : services.originSecret;
      if (secret === undefined) throw new Error('out of order');
      return { SecretString: JSON.stringify(secret) };
    },
    'TrentService.Decrypt': async (input) => {
      const context = input['EncryptionContext'] as EncryptionContext;
      services.contexts.push(context);
      const wrapped = Buffer.from(String(input['CiphertextBlob']), 'base64');
      return { Plaintext: (await unwrapper.unwrapDataKey(wrapped, context)).toString('base64') };
    },
    'TrentService.GenerateDataKey': async (input) => {
      const context = input['EncryptionContext'] as EncryptionContext;
      const { plaintext, wrapped } = await generator.generateDataKey(context);
      services.dataKeys.push({ keyId: String(input['KeyId']), context, plaintext, wrapped });
      return { Plaintext: plaintext.toString('base64'), CiphertextBlob: wrapped.toString('base64') };
    },
  };

  const server = createServer((request, response) => {
    void (async () => {
      const input = (await json(request)) as Input;
      if (services.keysOutOfOrder) {
        response.writeHead(500).end('{"__type":"KMSInternalException"}');
        return;
      }
      try {
        const operation = operations[String(request.headers['x-amz-target'])];
        if (operation === undefined) throw new Error('not an operation of this fake');
        const body = await operation(input);
        response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
      } catch {
        response.writeHead(400).end('{"__type":"InvalidCiphertextException"}');
      }
    })();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return Object.assign(services, {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
    },
  });
}
