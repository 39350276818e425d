import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { type GoogleServiceAccount, type OauthClient, unreadable } from './stored-credential.ts';

/** A request to a token endpoint, ready to be sent. */
export interface TokenGrant {
  readonly url: URL;
  readonly authorization?: string;
  readonly form: Readonly<Record<string, string>>;
}

/** The client credentials grant, the client authenticated by HTTP Basic. (RFC 6749 sections 4.4 and 2.3.1) */
export function clientCredentialsGrant(client: OauthClient): TokenGrant {
  const { tokenUrl, scope, audience } = client;
  return {
    url: tokenUrl,
    authorization: basicAuthorization(client),
    form: {
      grant_type: 'client_credentials',
      ...(scope !== undefined && { scope }),
      ...(audience !== undefined && { audience }),
    },
  };
}

/** Both parts are form-encoded first, so that a colon in the id cannot be taken for the one between them. */
function basicAuthorization({ clientId, clientSecret }: OauthClient): string {
  const encoded = [clientId, clientSecret.reveal()].map((text) =>
    new URLSearchParams([['', text]]).toString().slice(1),
  );
  return `Basic ${Buffer.from(encoded.join(':')).toString('base64')}`;
}

const googleTokenUrl = 'https://oauth2.googleapis.com/token';
const lifetimeSeconds = 3600;

/**
 * The JWT bearer grant of a Google service account. Always at Google's own endpoint: a key file that named another one would
 * make the gateway call wherever a workspace likes. (RFC 7523; https://developers.google.com/identity/protocols/oauth2/service-account)
 *
 * @throws GatewayError 502 where the private key is none.
 */
export function serviceAccountGrant(account: GoogleServiceAccount, now: number): TokenGrant {
  const { clientEmail, privateKeyId } = account;
  const issuedAt = Math.floor(now / 1000);
  const header = { alg: 'RS256', typ: 'JWT', ...(privateKeyId !== undefined && { kid: privateKeyId }) };
  const claims = {
    iss: clientEmail,
    scope: 'https://www.googleapis.com/auth/cloud-platform',
    aud: googleTokenUrl,
    iat: issuedAt,
    exp: issuedAt + lifetimeSeconds,
  };
  const content = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const signature = sign('RSA-SHA256', Buffer.from(content), rsaKey(account)).toString('base64url');
  return {
    url: new URL(googleTokenUrl),
    form: { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: `${content}.${signature}` },
  };
}

function rsaKey({ privateKey }: GoogleServiceAccount): KeyObject {
  try {
    const key = createPrivateKey(privateKey.reveal());
    if (key.asymmetricKeyType === 'rsa') return key;
  } catch {
    // The error could say something about the key.
  }
  throw unreadable();
}
