import { errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import type { OidcIssuer } from './oidc-settings.ts';
import { SignInError } from './sign-in-error.ts';

/**
 * Signatures made with a private key that only the issuer has. HS* is absent on purpose: its key would be one we publish or
 * share (RFC 8725, section 2.1).
 */
const algorithms = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ');

const clockToleranceSeconds = 30;

/** OpenID Connect Core 1.0, section 2: at most 255 ASCII characters. It becomes part of audit entries. */
const subjectPattern = /^[\u0020-\u007e]{1,255}$/;

export type VerifiedClaims = JWTPayload & { readonly iss: string; readonly sub: string };

/**
 * The claims of a token that this issuer signed, for one of its audiences, and that is valid now.
 *
 * @throws {@link SignInError} `expired_token`, `invalid_token`, or what `keys` throws.
 */
export async function verifyToken(
  token: string,
  issuer: OidcIssuer,
  keys: JWTVerifyGetKey,
  now: number,
): Promise<VerifiedClaims> {
  const claims = await verifySignature(token, issuer, keys, now);
  const { iss, sub } = claims;
  if (iss === undefined || typeof sub !== 'string' || !subjectPattern.test(sub)) {
    throw invalid("The token's subject must be text of 1 to 255 printable ASCII characters.");
  }
  if (!isMeantForUs(claims, issuer)) {
    throw invalid('The token was issued for another audience than the ones configured here.');
  }
  return { ...claims, iss, sub };
}

async function verifySignature(
  token: string,
  issuer: OidcIssuer,
  keys: JWTVerifyGetKey,
  now: number,
): Promise<JWTPayload> {
  try {
    const verified = await jwtVerify(token, keys, {
      algorithms,
      issuer: issuer.issuer,
      requiredClaims: ['exp', 'sub'],
      clockTolerance: clockToleranceSeconds,
      currentDate: new Date(now),
    });
    return verified.payload;
  } catch (error) {
    if (error instanceof errors.JWTExpired) {
      throw new SignInError('expired_token', 'The token has expired. Sign in again.');
    }
    if (error instanceof errors.JOSEError) throw invalid(explain(error));
    throw error;
  }
}

/** Claims are judged after the signature, so only who holds a token of the issuer learns what is wrong with them. */
function explain(error: errors.JOSEError): string {
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'nbf') return 'The token is not valid yet.';
    // The names are those of the options above, never the caller's text.
    return error.reason === 'missing'
      ? `The token lacks the claim \`${error.claim}\`.`
      : `The token's claim \`${error.claim}\` is not acceptable.`;
  }
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return "The token's signature algorithm is not accepted. Use RS, PS or ES with 256, 384 or 512, or EdDSA.";
  }
  if (error instanceof errors.JWKSNoMatchingKey)
    return 'The token is signed with a key that its issuer does not publish.';
  if (error instanceof errors.JWKSMultipleMatchingKeys)
    return 'The token does not say which key of its issuer signed it.';
  if (error instanceof errors.JWSSignatureVerificationFailed) return "The token's signature is wrong.";
  return 'The token is not a signed JSON Web Token.';
}

/**
 * `aud` decides wherever there is one. Cognito's access tokens have none: they are known by `token_use`, and `client_id` is to
 * be compared instead.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
 */
function isMeantForUs(claims: JWTPayload, issuer: OidcIssuer): boolean {
  if (claims.aud !== undefined) return [claims.aud].flat().some((audience) => issuer.audiences.includes(audience));
  const clientIdClaim = issuer.clientIdClaim ?? (claims['token_use'] === 'access' ? 'client_id' : undefined);
  if (clientIdClaim === undefined) return false;
  const clientId = claims[clientIdClaim];
  return typeof clientId === 'string' && issuer.audiences.includes(clientId);
}

function invalid(message: string): SignInError {
  return new SignInError('invalid_token', message);
}
