import { Secret } from '../../crypto/secret.ts';
import { GatewayError } from '../../http/gateway-error.ts';
import { isObject } from '../../wire/json-fields.ts';

/** A provider credential as the vault holds it, opened. */
export type StoredCredential =
  | { readonly kind: 'api-key'; readonly secret: Secret }
  | OauthClient
  | AwsKeys
  | { readonly kind: 'aws-role'; readonly roleArn: string; readonly externalId?: string }
  /** The role that this process has itself. */
  | { readonly kind: 'aws-function-role' }
  | GoogleServiceAccount;

/** A client of an OAuth 2.0 server that grants access tokens. */
export interface OauthClient {
  readonly kind: 'oauth-client-credentials';
  readonly tokenUrl: URL;
  readonly clientId: string;
  readonly clientSecret: Secret;
  readonly scope?: string;
  readonly audience?: string;
}

/** Of the key file that Google gives out; its token URI is not taken from there: it is always Google's. */
export interface GoogleServiceAccount {
  readonly kind: 'google-service-account';
  readonly clientEmail: string;
  /** PEM. */
  readonly privateKey: Secret;
  readonly privateKeyId?: string;
}

export interface AwsKeys {
  readonly kind: 'aws-keys';
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  readonly sessionToken?: Secret;
}

/** What every credential begins with that is more than an API key. */
const structuredStart = '{"kind":';

/**
 * Reads an API key, or JSON text that says of which `kind` it is.
 *
 * @throws GatewayError 502 `provider_credential_missing` for JSON that is no credential we know.
 */
export function parseStoredCredential(secret: Secret): StoredCredential {
  const text = secret.reveal();
  if (!text.startsWith(structuredStart)) return { kind: 'api-key', secret };
  const fields = parseFields(text);
  switch (fields['kind']) {
    case 'oauth-client-credentials':
      return {
        kind: 'oauth-client-credentials',
        tokenUrl: requireUrl(fields, 'tokenUrl'),
        clientId: requireText(fields, 'clientId'),
        clientSecret: new Secret(requireText(fields, 'clientSecret')),
        ...optionalText(fields, 'scope'),
        ...optionalText(fields, 'audience'),
      };
    case 'aws-keys': {
      const { sessionToken } = optionalText(fields, 'sessionToken');
      return {
        kind: 'aws-keys',
        accessKeyId: requireText(fields, 'accessKeyId'),
        secretAccessKey: new Secret(requireText(fields, 'secretAccessKey')),
        ...(sessionToken !== undefined && { sessionToken: new Secret(sessionToken) }),
      };
    }
    case 'aws-role':
      return { kind: 'aws-role', roleArn: requireText(fields, 'roleArn'), ...optionalText(fields, 'externalId') };
    case 'aws-function-role':
      return { kind: 'aws-function-role' };
    case 'google-service-account':
      return {
        kind: 'google-service-account',
        clientEmail: requireText(fields, 'clientEmail'),
        privateKey: new Secret(requireText(fields, 'privateKey')),
        ...optionalText(fields, 'privateKeyId'),
      };
    default:
      throw unreadable();
  }
}

type Fields = Readonly<Record<string, unknown>>;

function parseFields(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own error quotes the text.
    throw unreadable();
  }
  if (!isObject(value)) throw unreadable();
  return value;
}

function requireText(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string' || value === '') throw unreadable();
  return value;
}

function optionalText<Name extends string>(fields: Fields, name: Name): Partial<Record<Name, string>> {
  if (fields[name] === undefined) return {};
  return { [name]: requireText(fields, name) } as Partial<Record<Name, string>>;
}

function requireUrl(fields: Fields, name: string): URL {
  const url = URL.parse(requireText(fields, name));
  if (url === null || !/^https?:$/.test(url.protocol)) throw unreadable();
  return url;
}

export function unreadable(): GatewayError {
  return new GatewayError(
    'provider_credential_missing',
    502,
    'The provider credential is of no kind that is known here.',
  );
}
