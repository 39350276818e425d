import aws4 from 'aws4';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createRoleAssumer } from '../../../../lambdas/aws/assume-role.ts';
import { Secret } from '../../../../lambdas/crypto/secret.ts';
import type { ProviderAuth } from '../../../../lambdas/providers/provider.ts';
import {
  createProviderAccessReader,
  type ProviderAccessReader,
} from '../../../../lambdas/routing/provider-access/provider-access.ts';
import type { Target } from '../../../../lambdas/routing/target.ts';
import { createTestClock, type TestClock } from '../../../fixtures/data-plane.ts';
import { json, sampleCompletion, type UpstreamRequest } from '../../../fixtures/upstream.ts';
import { type AwsServer, type Reply, startAwsServer } from '../../aws/aws-server.ts';
import { call, clientOf, providerAt, targetAt, upstreamOf } from '../call.ts';

const scope = { service: 'bedrock', region: 'eu-west-1' };
const keys = { accessKeyId: 'AKIDSTORED', secretAccessKey: 'stored-secret' };
const assumed = { accessKeyId: 'ASIAROLE', secretAccessKey: 'role-secret', sessionToken: 'role-session' };
const role = { kind: 'aws-role', roleArn: 'arn:aws:iam::123456789012:role/models', externalId: 'seven' };

function targetWith(url: string, auth: ProviderAuth = { kind: 'sigv4', scope }): Target {
  // A path that has to be encoded once more to be signed.
  return targetAt(url, { provider: providerAt(`${url}/model/a.b-v1:0%2F1`, { auth }) });
}

function readerOf(stored: object, clock: TestClock = createTestClock(), sts?: AwsServer): ProviderAccessReader {
  const own = { accessKeyId: 'AKIDOWN', secretAccessKey: 'own' };
  const roles = sts && createRoleAssumer({ region: 'eu-west-1', endpoint: sts.endpoint, credentials: async () => own });
  onTestFinished(() => roles?.close());
  return createProviderAccessReader({
    credentials: { open: async () => new Secret(JSON.stringify(stored)) },
    upstream: clientOf(),
    roles,
    now: clock.now,
  });
}

async function startSts(reply: () => Reply): Promise<AwsServer> {
  const sts = await startAwsServer(reply);
  onTestFinished(() => sts.close());
  return sts;
}

/** One hour from the start of the clock, as STS gives it. */
function roleAnswer(clock: TestClock): Reply {
  const { accessKeyId, secretAccessKey, sessionToken } = assumed;
  const fields = {
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    SessionToken: sessionToken,
    Expiration: new Date(clock.now() + 3_600_000).toISOString(),
  };
  return {
    status: 200,
    body: Object.entries(fields)
      .map(([name, text]) => `<${name}>${text}</${name}>`)
      .join(''),
  };
}

/** What a general signer would have sent in `authorization` for the request as it arrived. */
function signatureOf(request: UpstreamRequest, credentials: typeof keys & { sessionToken?: string }): unknown {
  const { host, 'content-type': type, 'x-amz-date': date } = request.headers;
  const unsigned = { extraHeadersToIgnore: { 'content-length': true } };
  const signed = aws4.sign(
    {
      ...scope,
      method: request.method,
      path: request.path,
      headers: { host, 'content-type': type, 'x-amz-date': String(date) },
      body: request.body,
      ...unsigned,
    },
    credentials,
  );
  return (signed.headers as Record<string, string>)['Authorization'];
}

describe('a provider whose requests are signed', () => {
  test.each([
    { name: 'keys', session: {} },
    { name: 'keys of a session', session: { sessionToken: 'stored-session' } },
  ])('gets requests signed with $name, and no secret', async ({ session }) => {
    const upstream = await upstreamOf(json(sampleCompletion));
    const access = readerOf({ kind: 'aws-keys', ...keys, ...session });

    await call([targetWith(upstream.url)], { access }).answer;

    const request = upstream.requests[0]!;
    expect(request.headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIDSTORED\/\d{8}\/eu-west-1\/bedrock/);
    expect(request.headers.authorization).toBe(signatureOf(request, { ...keys, ...session }));
    expect(request.headers['x-amz-security-token']).toBe('sessionToken' in session ? 'stored-session' : undefined);
    expect(JSON.stringify(request.headers)).not.toContain('stored-secret');
  });

  test('gets requests signed with a role that is assumed once, until five minutes before its end', async () => {
    const clock = createTestClock();
    const sts = await startSts(() => roleAnswer(clock));
    const upstream = await upstreamOf(json(sampleCompletion));
    const access = readerOf(role, clock, sts);
    const target = targetWith(upstream.url);

    await Promise.all([call([target], { access }).answer, call([target], { access }).answer]);
    clock.advance(55 * 60_000 - 1);
    await call([target], { access }).answer;
    const before = sts.calls.length;
    clock.advance(1);
    await call([target], { access }).answer;

    expect([before, sts.calls.length]).toEqual([1, 2]);
    expect(new URLSearchParams(sts.calls[0]!.body).get('ExternalId')).toBe('seven');
    const request = upstream.requests[0]!;
    expect(request.headers.authorization).toBe(signatureOf(request, assumed));
    expect(request.headers['x-amz-security-token']).toBe('role-session');
  });

  test('gets none where nobody said which service and region they are signed for', async () => {
    const upstream = await upstreamOf(json(sampleCompletion));
    const target = targetWith(upstream.url, { kind: 'sigv4', scope: undefined });

    const { answer } = call([target], { access: readerOf({ kind: 'aws-keys', ...keys }) });

    await expect(answer).rejects.toMatchObject({ code: 'provider_credential_missing', status: 502 });
    expect(upstream.requests).toHaveLength(0);
  });

  test('may quote no session token', async () => {
    const upstream = await upstreamOf(json({ error: { message: 'bad: stored-session' } }, 400));
    const access = readerOf({ kind: 'aws-keys', ...keys, sessionToken: 'stored-session' });

    const { answer } = call([targetWith(upstream.url)], { access });

    await expect(answer).rejects.toThrow('bad: [credential]');
  });
});

describe('a role', () => {
  const denied = '<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>';
  const throttled = denied.replace('AccessDenied', 'Throttling');

  test.each<[string, Reply, object]>([
    ['refuses', { status: 403, body: denied }, { code: 'provider_credential_refused', status: 502 }],
    ['limits the rate', { status: 400, body: throttled }, { code: 'provider_unreachable', retryable: true }],
    ['fails', { status: 500, body: '' }, { code: 'provider_unreachable', retryable: true }],
    ['answers nonsense', { status: 200, body: 'no' }, { code: 'provider_unreachable', retryable: true }],
  ])('is not had where STS %s', async (_name, reply, expected) => {
    const sts = await startSts(() => reply);
    const access = readerOf(role, createTestClock(), sts);

    const opening = access.open('ws', targetWith('http://127.0.0.1:1'));

    await expect(opening).rejects.toMatchObject(expected);
    await expect(opening).rejects.not.toThrow(/arn:|seven/);
  });

  test('is not had without an AWS identity of our own, and the error says so', async () => {
    const opening = readerOf(role).open('ws', targetWith('http://127.0.0.1:1'));

    await expect(opening).rejects.toMatchObject({ code: 'provider_credential_missing', status: 502 });
    await expect(opening).rejects.toThrow(/no AWS identity/);
  });
});

describe('a credential of another kind than the provider takes', () => {
  test.each<[string, ProviderAuth, object]>([
    ['keys of AWS for a bearer token', { kind: 'bearer' }, { kind: 'aws-keys', ...keys }],
    ['a role for a header', { kind: 'header', name: 'x-api-key' }, role],
    ['an API key for a signature', { kind: 'sigv4', scope }, ['sk-plain']],
    [
      'an OAuth client for a signature',
      { kind: 'sigv4', scope },
      { kind: 'oauth-client-credentials', tokenUrl: 'http://127.0.0.1:1', clientId: 'a', clientSecret: 'b' },
    ],
  ])('is refused and sent nowhere: %s', async (_name, auth, stored) => {
    const upstream = await upstreamOf(json(sampleCompletion));

    const { answer } = call([targetWith(upstream.url, auth)], { access: readerOf(stored) });

    await expect(answer).rejects.toMatchObject({ code: 'provider_credential_missing', status: 502, owner: 'gateway' });
    await expect(answer).rejects.not.toThrow(/stored-secret|sk-plain|AKID/);
    expect(upstream.requests).toHaveLength(0);
  });
});

test('nothing is opened for a provider that takes no credential', async () => {
  const target = targetAt('http://127.0.0.1:1', { credential: undefined });

  expect(await readerOf({}).open('ws', target)).toBeUndefined();
});
