import { describe, expect, onTestFinished, test } from 'vitest';
import { Secret } from '../../../../lambdas/crypto/secret.ts';
import {
  createProviderAccessReader,
  type ProviderAccessReader,
} from '../../../../lambdas/routing/provider-access/provider-access.ts';
import type { UpstreamOptions } from '../../../../lambdas/routing/upstream.ts';
import { createTestClock, type TestClock } from '../../../fixtures/data-plane.ts';
import {
  deadOnConnect,
  type Handler,
  html200,
  html500,
  json,
  rateLimit429,
  redirect,
  redirectTarget,
  refuse401,
  sampleCompletion,
  type Upstream,
} from '../../../fixtures/upstream.ts';
import { call, clientOf, targetAt, upstreamOf } from '../call.ts';

/** With every character that form encoding changes and that Basic would trip over. */
const client = { clientId: 'id:with colon', clientSecret: 'hush/+ %ü' };

interface World {
  readonly endpoint: Upstream;
  readonly clock: TestClock;
  readonly access: ProviderAccessReader;
}

async function createWorld(
  script: Parameters<typeof upstreamOf>[0],
  { more = {}, options }: { more?: object; options?: UpstreamOptions } = {},
): Promise<World> {
  const clock = createTestClock();
  const endpoint = await upstreamOf(script);
  const stored = { kind: 'oauth-client-credentials', tokenUrl: `${endpoint.url}/oauth/token`, ...client, ...more };
  const access = createProviderAccessReader({
    credentials: { open: async () => new Secret(JSON.stringify(stored)) },
    upstream: clientOf(options),
    now: clock.now,
  });
  return { endpoint, clock, access };
}

const token = (number: number, more: object = {}): Handler =>
  json({ access_token: `token-${number}`, token_type: 'Bearer', expires_in: 3600, ...more });

const open = async ({ access }: World): Promise<string | undefined> => {
  const opened = await access.open('ws', targetAt('http://127.0.0.1:1'));
  return opened?.kind === 'access-token' ? opened.secret.reveal() : opened?.kind;
};

describe('an access token', () => {
  test('is asked for as RFC 6749 says, the client authenticated by Basic', async () => {
    const world = await createWorld(token(1), { more: { scope: 'a b', audience: 'models' } });

    expect(await open(world)).toBe('token-1');

    const { method, path, headers, body } = world.endpoint.requests[0]!;
    expect([method, path]).toEqual(['POST', '/oauth/token']);
    expect(headers).toMatchObject({ 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' });
    expect(body.toString()).toBe('grant_type=client_credentials&scope=a+b&audience=models');
    const [scheme, basic = ''] = (headers.authorization ?? '').split(' ');
    expect(scheme).toBe('Basic');
    expect(Buffer.from(basic, 'base64').toString()).toBe('id%3Awith+colon:hush%2F%2B+%25%C3%BC');
  });

  test('is asked for once, however many wait for it', async () => {
    const world = await createWorld([token(1), token(2)]);

    const tokens = await Promise.all(Array.from({ length: 20 }, () => open(world)));

    expect(new Set(tokens)).toEqual(new Set(['token-1']));
    expect(world.endpoint.requests).toHaveLength(1);
  });

  test.each<[string, object, number]>([
    ['a minute before its end', { expires_in: 3600 }, 3540],
    ['a minute before its end, which may be text', { expires_in: '3600' }, 3540],
    ['at half of a life shorter than two minutes', { expires_in: 100 }, 50],
    ['after four minutes where nobody says when it ends', { expires_in: undefined }, 240],
    ['after four minutes where its end makes no sense', { expires_in: -1 }, 240],
  ])('is renewed %s', async (_name, more, seconds) => {
    const world = await createWorld([token(1, more), token(2, more)]);
    await open(world);

    world.clock.advance(seconds * 1000 - 1);
    const before = await open(world);
    world.clock.advance(1);
    const after = await open(world);

    expect([before, after]).toEqual(['token-1', 'token-2']);
  });

  test.each<[string, Handler, object]>([
    ['refuses the client', refuse401, { code: 'provider_credential_refused', status: 502 }],
    [
      'refuses the client with a 400',
      json({ error: 'invalid_client', error_description: 'hush' }, 400),
      { code: 'provider_credential_refused' },
    ],
    ['fails', html500, { code: 'provider_error', retryable: true }],
    ['limits the rate', rateLimit429(7), { code: 'provider_rate_limited' }],
    ['cannot be reached', deadOnConnect, { code: 'provider_unreachable', retryable: true }],
    ['answers with a page', html200, { code: 'provider_invalid_response' }],
    ['answers without a token', json({ token_type: 'bearer' }), { code: 'provider_invalid_response' }],
    [
      'answers with a token no header takes',
      token(1, { access_token: 'hu\nsh' }),
      { code: 'provider_invalid_response' },
    ],
    ['answers with another type of token', token(1, { token_type: 'mac' }), { code: 'provider_invalid_response' }],
    ['answers with too much', token(1, { more: 'x'.repeat(70_000) }), { code: 'provider_invalid_response' }],
    ['leads elsewhere', redirect(), { code: 'provider_invalid_response', retryable: false }],
  ])('is not had where its endpoint %s, and nothing is quoted', async (_name, handler, expected) => {
    const world = await createWorld([handler, token(2)]);

    const opening = open(world);

    await expect(opening).rejects.toMatchObject({ owner: 'provider', ...expected });
    await expect(opening).rejects.not.toThrow(/hush|nginx|token-/);
    expect(world.endpoint.requests.filter(({ path }) => path === redirectTarget)).toEqual([]);
    expect(await open(world)).toBe('token-2');
  });

  test('is not asked for at a private address, unless those are allowed', async () => {
    const world = await createWorld(token(1), { options: {} });

    await expect(open(world)).rejects.toMatchObject({ code: 'provider_unreachable', retryable: false });
    expect(world.endpoint.requests).toHaveLength(0);
  });
});

describe('a request with an access token', () => {
  /** A provider that takes one token only. */
  const knowing =
    (number: number): Handler =>
    (request, response) =>
      request.headers.authorization === `Bearer token-${number}`
        ? json(sampleCompletion)(request, response)
        : refuse401(request, response);

  async function upstreamKnowing(number: number): Promise<Upstream> {
    const upstream = await upstreamOf(knowing(number));
    onTestFinished(() => upstream.close());
    return upstream;
  }

  test('carries it as a bearer token', async () => {
    const { access } = await createWorld(token(1));
    const upstream = await upstreamKnowing(1);

    const { answer, journal } = call([targetAt(upstream.url)], { access });

    await expect(answer).resolves.toMatchObject({ kind: 'whole' });
    expect(journal.attempts).toBe(1);
  });

  test('is sent once more with a new one where a token of some age is refused', async () => {
    const world = await createWorld([token(1), token(2)]);
    const upstream = await upstreamKnowing(2);
    await open(world);
    world.clock.advance(60_000);

    const calls = Array.from({ length: 5 }, () => call([targetAt(upstream.url)], { access: world.access }));
    const answers = await Promise.all(calls.map(({ answer }) => answer));

    expect(answers.map(({ kind }) => kind)).toEqual(['whole', 'whole', 'whole', 'whole', 'whole']);
    expect(calls[0]?.journal.attempts).toBe(2);
    expect(world.endpoint.requests).toHaveLength(2);
  });

  test('is sent once more and not again where the new one is refused, too', async () => {
    const world = await createWorld([token(1), token(2), token(3)]);
    const upstream = await upstreamKnowing(3);
    await open(world);
    world.clock.advance(60_000);

    await expect(call([targetAt(upstream.url)], { access: world.access }).answer).rejects.toMatchObject({
      code: 'provider_credential_refused',
    });

    expect(upstream.requests).toHaveLength(2);
    expect(world.endpoint.requests).toHaveLength(2);
  });

  test('is not repeated with a token that was new when it was refused', async () => {
    const world = await createWorld([token(1), token(2)]);
    const upstream = await upstreamKnowing(2);

    await expect(call([targetAt(upstream.url)], { access: world.access }).answer).rejects.toMatchObject({
      code: 'provider_credential_refused',
    });

    expect(upstream.requests).toHaveLength(1);
    expect(world.endpoint.requests).toHaveLength(1);
  });

  test('has the token withheld from what the provider says about it', async () => {
    const { access } = await createWorld(token(1));
    const upstream = await upstreamOf(json({ error: { message: 'token-1 may not use "temperature"' } }, 400));

    const { answer } = call([targetAt(upstream.url)], { access });

    await expect(answer).rejects.toThrow('[credential] may not use "temperature"');
  });
});
