import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { Secret } from '../../crypto/secret.ts';
import type { Principal } from '../admin/principal.ts';
import { createBootstrapTokenCheck } from './bootstrap-token.ts';
import { createIssuerKeys } from './issuer-keys.ts';
import type { OidcIssuer } from './oidc-settings.ts';
import { principalOfClaims } from './principal-of-claims.ts';
import { SignInError } from './sign-in-error.ts';
import { verifyToken } from './verify-token.ts';

export interface SignInSettings {
  /** Reads the current bootstrap token and, during a rotation, the previous one. Absent: there is none. */
  readonly bootstrapToken?: () => Promise<readonly Secret[]>;
  readonly issuers: readonly OidcIssuer[];
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export interface SignIn {
  /**
   * Finds out who sends a request, from its `Authorization` header.
   *
   * @throws {@link SignInError} for everybody who is not let in.
   */
  authenticate(authorization: string | undefined): Promise<Principal>;
}

const bootstrapPrincipal: Principal = {
  kind: 'bootstrap-token',
  actor: 'bootstrap-token',
  operator: true,
  claimedRoles: {},
  identities: [],
};

/** Makes the sign-in of the admin API. Make it once: it keeps the keys of the issuers and the bootstrap token in memory. */
export function createSignIn({ bootstrapToken, issuers, now }: SignInSettings): SignIn {
  const isBootstrapToken =
    bootstrapToken === undefined ? async () => false : createBootstrapTokenCheck(bootstrapToken, now);
  const trusted = new Map(issuers.map((issuer) => [issuer.issuer, { issuer, keys: createIssuerKeys(issuer, now) }]));

  return {
    authenticate: async (authorization) => {
      const token = readBearerToken(authorization);
      if (!isJsonWebToken(token)) {
        if (await isBootstrapToken(token)) return bootstrapPrincipal;
        throw new SignInError('invalid_token', 'The token is not known here.');
      }
      const trust = trusted.get(readIssuer(token) ?? '');
      if (trust === undefined) {
        throw new SignInError('invalid_token', "The token's issuer is not configured here.");
      }
      return principalOfClaims(await verifyToken(token, trust.issuer, trust.keys, now()), trust.issuer);
    },
  };
}

/** RFC 6750, section 2.1; the scheme in any case (RFC 9110, section 11.1). */
function readBearerToken(authorization: string | undefined): string {
  const token = /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) {
    throw new SignInError('missing_token', 'Send a token in the header `Authorization: Bearer`.');
  }
  return token;
}

/** Whether a token begins as JSON Web Tokens do. Such a token is never compared with the bootstrap token. */
function isJsonWebToken(token: string): boolean {
  try {
    return decodeProtectedHeader(token) !== undefined;
  } catch {
    return false;
  }
}

/** Who claims to have issued a token. Believed only as far as choosing the keys to check it with. */
function readIssuer(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    // Encrypted, or not an object.
    return undefined;
  }
}
