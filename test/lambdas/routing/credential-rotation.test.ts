import { describe, expect, test } from 'vitest';
import { Secret } from '../../../lambdas/crypto/secret.ts';
import { GatewayError } from '../../../lambdas/http/gateway-error.ts';
import type { CredentialReference } from '../../../lambdas/store/policy.ts';
import {
  type Handler,
  html500,
  json,
  refuse401,
  sampleChunks,
  sampleCompletion,
  sse,
} from '../../fixtures/upstream.ts';
import { call, drain, streamOf, targetAt, upstreamOf } from './call.ts';

const rotated = { owner: 'workspace', credential: 'lab', version: 2, previousVersion: 1 } as const;
const previous = { owner: 'workspace', credential: 'lab', version: 1 };
const secretOf = async ({ version }: CredentialReference): Promise<Secret> => new Secret(`sk-version-${version}`);

/** A provider that knows one key. */
function knowing(key: string, answer: Handler = json(sampleCompletion)): Handler {
  return (request, response) =>
    request.headers.authorization === `Bearer ${key}` ? answer(request, response) : refuse401(request, response);
}

const keysSeen = (upstream: Awaited<ReturnType<typeof upstreamOf>>): unknown[] =>
  upstream.requests.map(({ headers }) => headers.authorization);

describe('a credential that is being rotated', () => {
  test('is tried first, and alone where the provider takes it', async () => {
    const upstream = await upstreamOf(knowing('sk-version-2'));

    const { answer, journal } = call([targetAt(upstream.url, { credential: rotated })], { secretOf });

    await expect(answer).resolves.toMatchObject({ kind: 'whole' });
    expect(journal).toMatchObject({ attempts: 1, target: { credential: { version: 2 } } });
    expect(keysSeen(upstream)).toEqual(['Bearer sk-version-2']);
  });

  test('gives way to the one before where the provider refuses it', async () => {
    const upstream = await upstreamOf(knowing('sk-version-1'));

    const { answer, journal } = call([targetAt(upstream.url, { credential: rotated })], { secretOf });

    await expect(answer).resolves.toMatchObject({ kind: 'whole' });
    expect(journal.attempts).toBe(2);
    expect(journal.target?.credential).toEqual(previous);
    expect(keysSeen(upstream)).toEqual(['Bearer sk-version-2', 'Bearer sk-version-1']);
  });

  test('gives way in a stream as well, unseen by its reader', async () => {
    const upstream = await upstreamOf(knowing('sk-version-1', sse(sampleChunks)));

    const { answer } = call([targetAt(upstream.url, { credential: rotated })], { secretOf, stream: true });
    const { last } = await drain(await streamOf(answer));

    expect(last.kind).toBe('end');
  });

  test('gives way where it cannot be opened', async () => {
    const upstream = await upstreamOf(knowing('sk-version-1'));
    const missing = new GatewayError(
      'provider_credential_missing',
      502,
      'The provider credential is not in the vault.',
    );

    const { answer } = call([targetAt(upstream.url, { credential: rotated })], {
      secretOf: (reference) => (reference.version === 2 ? Promise.reject(missing) : secretOf(reference)),
    });

    await expect(answer).resolves.toMatchObject({ kind: 'whole' });
  });

  test('is not retried once it was refused: the retries are those of the other one', async () => {
    const upstream = await upstreamOf(knowing('sk-version-1', html500));

    const { answer } = call([targetAt(upstream.url, { credential: rotated, retries: 1 })], { secretOf });

    await expect(answer).rejects.toMatchObject({ code: 'provider_error' });
    expect(keysSeen(upstream)).toEqual(['Bearer sk-version-2', 'Bearer sk-version-1', 'Bearer sk-version-1']);
  });

  test('does not give way to a failure that is not about it', async () => {
    const upstream = await upstreamOf(html500);

    const { answer } = call([targetAt(upstream.url, { credential: rotated })], { secretOf });

    await expect(answer).rejects.toMatchObject({ code: 'provider_error' });
    expect(keysSeen(upstream)).toEqual(['Bearer sk-version-2']);
  });

  test('is refused for good where neither works, and the next target is asked', async () => {
    const [first, second] = [await upstreamOf(refuse401), await upstreamOf(knowing('sk-version-1'))];
    const targets = [first, second].map(({ url }) => targetAt(url, { credential: rotated }));

    const { answer, journal } = call(targets, { secretOf });

    await expect(answer).resolves.toMatchObject({ kind: 'whole' });
    expect([first.requests.length, second.requests.length, journal.attempts]).toEqual([2, 2, 4]);
    await expect(call(targets.slice(0, 1), { secretOf }).answer).rejects.toMatchObject({
      code: 'provider_credential_refused',
    });
  });
});

test('a credential that is not being rotated is tried once', async () => {
  const upstream = await upstreamOf(refuse401);

  const { answer } = call([targetAt(upstream.url)], { secretOf });

  await expect(answer).rejects.toMatchObject({ code: 'provider_credential_refused' });
  expect(upstream.requests).toHaveLength(1);
});
