import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { EncryptionContext, KeyUnwrapper } from '../../lambdas/crypto/key-wrapper.ts';

export interface AwsServices {
  readonly endpoint: string;
  /** Encryption contexts that Decrypt was called with. */
  readonly contexts: EncryptionContext[];
  /** Value of the origin secret, `{"current","previous"}`; may be changed to rotate it. */
  originSecret: { current: string; previous?: string };
  close(): Promise<void>;
}

/**
 * KMS Decrypt and Secrets Manager GetSecretValue over their JSON protocol. The wrapping is real (AES under the encryption context),
 * only the service around it is ours: neither has a local form.
 */
export async function startAwsServices(unwrapper: KeyUnwrapper): Promise<AwsServices> {
  const contexts: EncryptionContext[] = [];
  const services = { originSecret: { current: 'origin-secret' } as AwsServices['originSecret'] };

  const answer = async (operation: string, input: Record<string, unknown>): Promise<object> => {
    if (operation === 'secretsmanager.GetSecretValue') return { SecretString: JSON.stringify(services.originSecret) };
    const context = input['EncryptionContext'] as EncryptionContext;
    contexts.push(context);
    const wrapped = Buffer.from(String(input['CiphertextBlob']), 'base64');
    return { Plaintext: (await unwrapper.unwrapDataKey(wrapped, context)).toString('base64') };
  };

  const server = createServer((request, response) => {
    void (async () => {
      const input = (await json(request)) as Record<string, unknown>;
      try {
        const body = await answer(String(request.headers['x-amz-target']), input);
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
    contexts,
    close: async () => {
      server.close();
      server.closeAllConnections();
    },
  });
}
