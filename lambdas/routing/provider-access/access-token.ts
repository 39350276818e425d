import { Secret } from '../../crypto/secret.ts';
import type { Provider } from '../../providers/provider.ts';
import { isObject } from '../../wire/json-fields.ts';
import { brokenOff, invalidResponse, refusedByProvider, unreachable } from '../provider-error.ts';
import { BodyFailure, readWholeBody, UpstreamBody } from '../upstream-body.ts';
import { type UpstreamClient, UpstreamFailure } from '../upstream.ts';
import type { Lease } from './leases.ts';
import type { TokenGrant } from './token-grants.ts';

/** Whoever calls waits for a token first, so its endpoint gets less time than a model does. */
const timeouts = { connectMs: 5_000, firstByteMs: 10_000, idleMs: 5_000, totalMs: 10_000 };
const maxResponseBytes = 64 * 1024;
/** For a server that does not say how long its tokens last. */
const usualLifetimeSeconds = 300;
const renewBeforeMs = 60_000;

/**
 * Asks for an access token. (RFC 6749 section 5.1)
 *
 * @throws ProviderError; `provider_credential_refused` where the endpoint refuses the client.
 */
export async function requestAccessToken(
  grant: TokenGrant,
  provider: Provider,
  { upstream, now }: { upstream: UpstreamClient; now: () => number },
): Promise<Pick<Lease<Secret>, 'value' | 'renewAt'>> {
  const askedAt = now();
  const { status, bytes } = await post(grant, provider, upstream);
  if (status !== 200) throw refusal(provider, status);
  const { token, lifetimeSeconds } = readToken(bytes, provider);
  const lifetimeMs = lifetimeSeconds * 1000;
  return { value: token, renewAt: askedAt + lifetimeMs - Math.min(renewBeforeMs, lifetimeMs / 2) };
}

async function post(
  { url, authorization, form }: TokenGrant,
  provider: Provider,
  upstream: UpstreamClient,
): Promise<{ status: number; bytes: Buffer }> {
  const { signal } = new AbortController();
  const endsAt = Date.now() + timeouts.totalMs;
  try {
    const response = await upstream.post({
      url,
      headers: {
        ...(authorization !== undefined && { authorization }),
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
        'accept-encoding': 'identity',
        'user-agent': 'gatehouse',
      },
      body: Buffer.from(new URLSearchParams(form).toString()),
      timeouts,
      signal,
    });
    const body = new UpstreamBody(response, { idleMs: timeouts.idleMs, endsAt, signal });
    return { status: response.statusCode ?? 0, bytes: await readWholeBody(body, maxResponseBytes) };
  } catch (error) {
    if (error instanceof UpstreamFailure) throw unreachable(provider, error);
    if (error instanceof BodyFailure) throw brokenOff(provider, error);
    throw error;
  }
}

/** Nothing of what the endpoint says is passed on. A client it refuses gets a 400 or 401. (RFC 6749 section 5.2) */
function refusal(provider: Provider, status: number): Error {
  const aboutClient = status >= 400 && status < 500 && status !== 408 && status !== 429;
  return refusedByProvider(provider, {
    status: aboutClient ? 401 : status,
    body: undefined,
    retryAfterSeconds: undefined,
  });
}

function readToken(bytes: Buffer, provider: Provider): { token: Secret; lifetimeSeconds: number } {
  const answer = parseAnswer(bytes);
  const token = answer['access_token'];
  const type = answer['token_type'] ?? 'bearer';
  // What would not go into a header is no token either.
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) {
    throw invalidResponse(provider, 'its token endpoint sent no access token');
  }
  if (typeof type !== 'string' || type.toLowerCase() !== 'bearer') {
    throw invalidResponse(provider, 'its token endpoint sent a token of another type than bearer');
  }
  // Some servers send the number as text.
  const seconds = Number(answer['expires_in'] ?? usualLifetimeSeconds);
  return { token: new Secret(token), lifetimeSeconds: seconds > 0 ? seconds : usualLifetimeSeconds };
}

function parseAnswer(bytes: Buffer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
