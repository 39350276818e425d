import { DecryptCommand, KMSClient } from '@aws-sdk/client-kms';
import { afterEach, expect, it } from 'vitest';
import { createAwsTransport } from '../../../lambdas/aws/json-transport.ts';
import { openSecret, sealSecret } from '../../../lambdas/crypto/envelope.ts';
import { KeyWrapperError } from '../../../lambdas/crypto/key-wrapper-error.ts';
import type { EncryptionContext } from '../../../lambdas/crypto/key-wrapper.ts';
import { createLeanKmsUnwrapper } from '../../../lambdas/crypto/lean-kms-key-wrapper.ts';
import { createSdkKmsGenerator } from '../../../lambdas/crypto/sdk-kms-key-wrapper.ts';
import { Secret } from '../../../lambdas/crypto/secret.ts';
import type { ReceivedCall, Reply } from '../aws/aws-server.ts';
import { startKmsServer } from './kms-server.ts';

const region = 'eu-west-1';
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
const vaultKey = 'arn:aws:kms:eu-west-1:111122223333:key/vault';
const otherKey = 'arn:aws:kms:eu-west-1:111122223333:key/other';
const context: EncryptionContext = {
  app: 'gatehouse',
  organization: 'org_1',
  workspace: 'ws_1',
  provider: 'openai',
  credential: 'cred_1',
};
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function startKms(intercept?: (call: ReceivedCall) => Reply | undefined) {
  const server = await startKmsServer([vaultKey, otherKey], intercept);
  const { endpoint } = server;
  const sdk = new KMSClient({ region, endpoint, credentials, maxAttempts: 1 });
  const transport = createAwsTransport({ service: 'kms', region, endpoint, credentials: async () => credentials });
  cleanups.push(
    () => server.close(),
    () => sdk.destroy(),
    () => transport.close(),
  );
  return {
    server,
    sdk,
    generator: createSdkKmsGenerator(sdk, vaultKey),
    unwrapper: createLeanKmsUnwrapper(transport, vaultKey),
    generatorFor: (keyId: string) => createSdkKmsGenerator(sdk, keyId),
  };
}

async function kindOf(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(KeyWrapperError);
  return (error as KeyWrapperError).kind;
}

it('unwraps with the lean client what the SDK wrapped, as the SDK itself would', async () => {
  const { server, sdk, generator, unwrapper } = await startKms();

  const { plaintext, wrapped } = await generator.generateDataKey(context);
  const lean = await unwrapper.unwrapDataKey(wrapped, context);
  const command = { KeyId: vaultKey, CiphertextBlob: wrapped, EncryptionContext: { ...context } };
  const { Plaintext } = await sdk.send(new DecryptCommand(command));

  const [, leanCall, sdkCall] = server.calls.map(({ headers, body }) => ({
    input: JSON.parse(body) as unknown,
    target: headers['x-amz-target'],
    contentType: headers['content-type'],
  }));
  expect(plaintext).toHaveLength(32);
  expect(lean.equals(plaintext)).toBe(true);
  expect(lean.equals(Plaintext!)).toBe(true);
  expect(leanCall).toEqual(sdkCall);
});

it('opens in the data plane what the control plane sealed', async () => {
  const { generator, unwrapper } = await startKms();

  const sealed = await sealSecret(new Secret('sk-provider-key'), context, generator);
  const opened = await openSecret(sealed, context, unwrapper);

  expect(opened.reveal()).toBe('sk-provider-key');
});

it('sends the five members of the context and nothing that came along with them', async () => {
  const { server, generator } = await startKms();
  const overloaded = { ...context, name: 'not for CloudTrail' };

  await generator.generateDataKey(overloaded);

  expect(JSON.parse(server.calls[0]!.body)).toMatchObject({ EncryptionContext: context });
  expect(server.calls[0]!.body).not.toContain('CloudTrail');
});

it('reports a mismatch for another context, another key and damaged bytes, and asks only once', async () => {
  const { server, generator, generatorFor, unwrapper } = await startKms();
  const { wrapped } = await generator.generateDataKey(context);
  const { wrapped: byOtherKey } = await generatorFor(otherKey).generateDataKey(context);
  const callsBefore = server.calls.length;

  const kinds = await Promise.all([
    kindOf(unwrapper.unwrapDataKey(wrapped, { ...context, organization: 'org_2' })),
    kindOf(unwrapper.unwrapDataKey(byOtherKey, context)),
    kindOf(unwrapper.unwrapDataKey(wrapped.subarray(5), context)),
  ]);

  expect(kinds).toEqual(['mismatch', 'mismatch', 'mismatch']);
  expect(server.calls.length - callsBefore).toBe(3);
});

const exception = (status: number, type: string): Reply => ({ status, body: { __type: type, message: 'canary' } });

it.each([
  { reply: exception(400, 'AccessDeniedException'), kind: 'denied', attempts: 1 },
  { reply: exception(400, 'DisabledException'), kind: 'denied', attempts: 1 },
  { reply: exception(400, 'ThrottlingException'), kind: 'unavailable', attempts: 3 },
  { reply: exception(500, 'KMSInternalException'), kind: 'unavailable', attempts: 3 },
  { reply: 'reset' as const, kind: 'unavailable', attempts: 3 },
])('reports $kind after $reply', async ({ reply, kind, attempts }) => {
  const { server, generator, unwrapper } = await startKms(() => reply);

  const unwrapping = unwrapper.unwrapDataKey(Buffer.from('wrapped'), context);
  const generating = generator.generateDataKey(context);

  expect(await Promise.all([kindOf(unwrapping), kindOf(generating)])).toEqual([kind, kind]);
  expect(server.calls.filter((call) => call.operation === 'Decrypt')).toHaveLength(attempts);
  await expect(unwrapping).rejects.not.toThrow('canary');
  await expect(generating).rejects.not.toThrow('canary');
});
