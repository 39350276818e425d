import { createRemoteJWKSet, errors, type JWTVerifyGetKey, type RemoteJWKSet } from 'jose';
import * as z from 'zod';
import type { OidcIssuer } from './oidc-settings.ts';
import { isSecureUrl } from './secure-url.ts';
import { SignInError } from './sign-in-error.ts';

const timeoutMs = 5_000;
const discoveryMaxAgeMs = 60 * 60_000;

/** OpenID Connect Discovery 1.0, section 3. */
const discoverySchema = z.object({ issuer: z.string(), jwks_uri: z.string().refine(isSecureUrl) });

/** The token's doing. Everything else that goes wrong with keys is the issuer's, or the network's. */
const faultsOfTokens = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported];

/**
 * The public keys of one issuer, for `jwtVerify`. Fetched when first needed and kept for 10 minutes; a token with an unknown key
 * id has them fetched again, at most every 30 s, so a rotation needs nothing from us.
 *
 * @throws (the function it returns) {@link SignInError} `sign_in_unavailable` where the keys cannot be had.
 */
export function createIssuerKeys(issuer: Pick<OidcIssuer, 'issuer' | 'jwksUrl'>, now: () => number): JWTVerifyGetKey {
  const findUrl = issuer.jwksUrl === undefined ? createDiscovery(issuer.issuer, now) : undefined;
  let keys: { readonly url: string; readonly find: RemoteJWKSet } | undefined;

  return async (header, token) => {
    try {
      const url = issuer.jwksUrl ?? (await findUrl!());
      if (keys?.url !== url) keys = { url, find: createRemoteJWKSet(new URL(url), { timeoutDuration: timeoutMs }) };
      return await keys.find(header, token);
    } catch (cause) {
      if (faultsOfTokens.some((fault) => cause instanceof fault)) throw cause;
      throw new SignInError(
        'sign_in_unavailable',
        "The keys of the token's issuer cannot be fetched at the moment. Try again in a few seconds.",
        { cause },
      );
    }
  };
}

/** Finds the address of an issuer's keys, at most once an hour and once for all who wait. */
function createDiscovery(issuer: string, now: () => number): () => Promise<string> {
  let found: { readonly url: string; readonly at: number } | undefined;
  let discovering: Promise<string> | undefined;

  const discover = async (): Promise<string> => {
    const url = await fetchJwksUrl(issuer);
    found = { url, at: now() };
    return url;
  };

  return async () => {
    if (found !== undefined && now() - found.at < discoveryMaxAgeMs) return found.url;
    discovering ??= discover().finally(() => {
      discovering = undefined;
    });
    return discovering;
  };
}

/** OpenID Connect Discovery 1.0, sections 4.1 (a final slash goes) and 4.3 (the document must name the same issuer). */
async function fetchJwksUrl(issuer: string): Promise<string> {
  const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
    headers: { accept: 'application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  });
  const document = discoverySchema.parse(await response.json());
  if (document.issuer !== issuer) throw new Error('the discovery document names another issuer');
  return document.jwks_uri;
}
