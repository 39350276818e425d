import { generateKeyPairSync, verify } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../../../lambdas/crypto/secret.ts';
import {
  createProviderAccessReader,
  type ProviderAccessReader,
} from '../../../../lambdas/routing/provider-access/provider-access.ts';
import type { UpstreamClient } from '../../../../lambdas/routing/upstream.ts';
import { createTestClock, type TestClock } from '../../../fixtures/data-plane.ts';
import { type Handler, json, type Upstream } from '../../../fixtures/upstream.ts';
import { clientOf, targetAt, upstreamOf } from '../call.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
const account = {
  kind: 'google-service-account',
  clientEmail: 'models@acme.iam.gserviceaccount.com',
  privateKey,
  privateKeyId: 'key-7',
};
const answer = json({ access_token: 'ya29.token', token_type: 'Bearer', expires_in: 3599 });

interface World {
  readonly endpoint: Upstream;
  readonly clock: TestClock;
  readonly access: ProviderAccessReader;
  /** Where requests were meant to go. */
  readonly urls: string[];
}

/** The real client, but whatever it is to call is the server of this test. */
async function createWorld(
  script: Handler | readonly [Handler, ...Handler[]],
  stored: object = account,
): Promise<World> {
  const clock = createTestClock();
  const endpoint = await upstreamOf(script);
  const client = clientOf();
  const urls: string[] = [];
  const upstream: UpstreamClient = {
    post: (request) => {
      urls.push(request.url.href);
      return client.post({ ...request, url: new URL(request.url.pathname, endpoint.url) });
    },
    close: () => client.close(),
  };
  const credentials = { open: async () => new Secret(JSON.stringify(stored)) };
  return { endpoint, clock, urls, access: createProviderAccessReader({ credentials, upstream, now: clock.now }) };
}

const open = ({ access }: World) => access.open('ws', targetAt('http://127.0.0.1:1'));

function partOf(jwt: string, index: number): unknown {
  return JSON.parse(Buffer.from(jwt.split('.')[index] ?? '', 'base64url').toString());
}

describe('a Google service account', () => {
  test('is exchanged for a token by a JWT that its key signed, at the endpoint of Google', async () => {
    const world = await createWorld(answer);

    const opened = await open(world);

    expect(opened?.kind === 'access-token' && opened.secret.reveal()).toBe('ya29.token');
    expect(world.urls).toEqual(['https://oauth2.googleapis.com/token']);
    const { headers, body } = world.endpoint.requests[0]!;
    expect(headers.authorization).toBeUndefined();
    const form = new URLSearchParams(body.toString());
    expect(form.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer');
    const jwt = form.get('assertion') ?? '';
    const issuedAt = Math.floor(world.clock.now() / 1000);
    expect(partOf(jwt, 0)).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'key-7' });
    expect(partOf(jwt, 1)).toEqual({
      iss: 'models@acme.iam.gserviceaccount.com',
      scope: 'https://www.googleapis.com/auth/cloud-platform',
      aud: 'https://oauth2.googleapis.com/token',
      iat: issuedAt,
      exp: issuedAt + 3600,
    });
    const [header, claims, signature = ''] = jwt.split('.');
    const signed = Buffer.from(`${header}.${claims}`);
    expect(verify('RSA-SHA256', signed, publicKey, Buffer.from(signature, 'base64url'))).toBe(true);
  });

  test('is asked for one token until a minute before its end', async () => {
    const world = await createWorld([answer, answer]);

    await open(world);
    world.clock.advance((3599 - 60) * 1000 - 1);
    await open(world);
    const before = world.urls.length;
    world.clock.advance(1);
    await open(world);

    expect([before, world.urls.length]).toEqual([1, 2]);
  });

  test('calls no token URI of the stored key', async () => {
    const world = await createWorld(answer, {
      ...account,
      tokenUri: 'http://169.254.169.254/',
      token_uri: 'http://a.example/',
    });

    await open(world);

    expect(world.urls).toEqual(['https://oauth2.googleapis.com/token']);
  });

  test('is refused where Google refuses it, and nothing it says is passed on', async () => {
    const world = await createWorld(json({ error: 'invalid_grant', error_description: 'hush' }, 400));

    const opening = open(world);

    await expect(opening).rejects.toMatchObject({ code: 'provider_credential_refused', status: 502 });
    await expect(opening).rejects.not.toThrow(/hush|invalid_grant/);
  });

  test.each([
    ['no key at all', 'hush'],
    ['a key of another kind', generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })],
  ])('is refused with %s, without a word of it, and calls nobody', async (_name, key) => {
    const world = await createWorld(answer, { ...account, privateKey: key });

    const opening = open(world);

    await expect(opening).rejects.toMatchObject({ code: 'provider_credential_missing', status: 502 });
    await expect(opening).rejects.not.toThrow(/hush|BEGIN|gserviceaccount/);
    expect(world.urls).toEqual([]);
  });
});
