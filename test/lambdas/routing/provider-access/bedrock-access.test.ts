import { describe, expect, test } from 'vitest';
import type { AwsCredentials } from '../../../../lambdas/aws/sign.ts';
import { Secret } from '../../../../lambdas/crypto/secret.ts';
import type { Provider, ProviderAuth } from '../../../../lambdas/providers/provider.ts';
import { findProvider } from '../../../../lambdas/providers/registry.ts';
import { authenticateRequest } from '../../../../lambdas/routing/provider-access/authenticate-request.ts';
import {
  createProviderAccessReader,
  type ProviderAccess,
} from '../../../../lambdas/routing/provider-access/provider-access.ts';
import type { Target } from '../../../../lambdas/routing/target.ts';
import { clientOf, providerAt, targetAt } from '../call.ts';

const own: AwsCredentials = { accessKeyId: 'ASIAOWN', secretAccessKey: 'own-secret', sessionToken: 'own-session' };
const functionRole = JSON.stringify({ kind: 'aws-function-role' });
const signed: ProviderAuth = { kind: 'sigv4', scope: { service: 'bedrock', region: 'eu-west-1' }, acceptsKeys: true };

function targetWith(auth: ProviderAuth, owner: 'platform' | 'workspace' = 'platform'): Target {
  return targetAt('', {
    provider: providerAt('https://bedrock-runtime.eu-west-1.amazonaws.com', { auth }),
    credential: { owner, credential: 'bedrock', version: 1 },
  });
}

function open(stored: string, target: Target, identity: AwsCredentials | undefined = own) {
  const reader = createProviderAccessReader({
    credentials: { open: async () => new Secret(stored) },
    upstream: clientOf(),
    ...(identity !== undefined && { awsCredentials: async () => identity }),
    now: Date.now,
  });
  return reader.open('ws', target);
}

function headersTo(url: string, provider: Provider, access: ProviderAccess): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  authenticateRequest({ url: new URL(url), headers, body: Buffer.from('{}') }, provider, access);
  return headers;
}

describe('the role of the function itself', () => {
  test('signs requests for Bedrock with the credentials of this process', async () => {
    const access = await open(functionRole, targetWith(signed));

    expect(access).toMatchObject({ kind: 'aws-keys', accessKeyId: 'ASIAOWN' });
    expect(access?.kind === 'aws-keys' && access.sessionToken?.reveal()).toBe('own-session');
  });

  test.each<[string, Target]>([
    ['a credential of a workspace', targetWith(signed, 'workspace')],
    ['another service', targetWith({ kind: 'sigv4', scope: { service: 'dynamodb', region: 'eu-west-1' } })],
    ['a service nobody named', targetWith({ kind: 'sigv4', scope: undefined })],
    ['a provider that is sent a key', targetWith({ kind: 'bearer' })],
  ])('is not lent to %s', async (_name, target) => {
    const opening = open(functionRole, target);

    await expect(opening).rejects.toMatchObject({ code: 'provider_credential_missing', status: 502 });
    await expect(opening).rejects.not.toThrow(/own-|ASIA/);
  });

  test('is missing where the process has none, and the error says so', async () => {
    const reader = createProviderAccessReader({
      credentials: { open: async () => new Secret(functionRole) },
      upstream: clientOf(),
      now: Date.now,
    });

    const opening = reader.open('ws', targetWith(signed));

    await expect(opening).rejects.toThrow(/no AWS identity/);
  });
});

describe('an API key of Bedrock', () => {
  test('goes as a bearer token, without a signature', async () => {
    const target = targetWith(signed, 'workspace');
    const access = await open('ABSKkey', target);

    const headers = headersTo(
      'https://bedrock-runtime.eu-west-1.amazonaws.com/model/m/converse',
      target.provider,
      access!,
    );

    expect(headers).toEqual({ 'content-type': 'application/json', authorization: 'Bearer ABSKkey' });
  });

  test.each<ProviderAuth>([
    { kind: 'sigv4', scope: { service: 'execute-api', region: 'eu-west-1' } },
    { kind: 'sigv4', scope: undefined },
  ])('is refused by a provider that takes signatures only: %o', async (auth) => {
    const opening = open('sk-plain', targetWith(auth));

    await expect(opening).rejects.toMatchObject({ code: 'provider_credential_missing' });
  });
});

test('the built-in Bedrock is signed for the region that its host names', () => {
  const bedrock = findProvider('bedrock')!;
  const keys = { kind: 'aws-keys', accessKeyId: 'AKID', secretAccessKey: new Secret('secret') } as const;

  const headers = headersTo(
    'https://bedrock-runtime.ap-southeast-2.amazonaws.com/model/m/converse',
    { ...bedrock },
    keys,
  );

  expect(headers['authorization']).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/ap-southeast-2\/bedrock\/aws4_request/,
  );
});
