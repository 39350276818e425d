import type { RoleAssumer } from '../../aws/assume-role.ts';
import { AwsCallError } from '../../aws/call-error.ts';
import type { AwsCredentials } from '../../aws/sign.ts';
import { Secret } from '../../crypto/secret.ts';
import { GatewayError } from '../../http/gateway-error.ts';
import type { Provider, ProviderAuth } from '../../providers/provider.ts';
import type { CredentialReference } from '../../store/policy.ts';
import { credentialId, type CredentialReader } from '../credentials.ts';
import { refusedByProvider, unreachable } from '../provider-error.ts';
import type { Target } from '../target.ts';
import { type UpstreamClient, UpstreamFailure } from '../upstream.ts';
import { requestAccessToken } from './access-token.ts';
import { createLeases, type Lease } from './leases.ts';
import {
  type AwsKeys,
  type GoogleServiceAccount,
  type OauthClient,
  parseStoredCredential,
  type StoredCredential,
} from './stored-credential.ts';
import { clientCredentialsGrant, serviceAccountGrant, type TokenGrant } from './token-grants.ts';

/** What one request to a provider is authenticated with. */
export type ProviderAccess =
  /** Goes where the provider wants its key. */
  | { readonly kind: 'api-key'; readonly secret: Secret }
  /** A bearer token, whatever the provider's own kind. `giveUp` says whether another is worth asking for after a refusal. */
  | { readonly kind: 'access-token'; readonly secret: Secret; readonly giveUp: () => boolean }
  /** Signs the request and is not sent itself, but for the session token. */
  | AwsKeys;

export interface ProviderAccessReader {
  /**
   * Opens the target's credential and exchanges it for what its provider takes; `undefined` where the provider takes none.
   *
   * @throws GatewayError 502 `provider_credential_missing`, or a ProviderError of whoever grants tokens or roles.
   */
  open(workspace: string, target: Target): Promise<ProviderAccess | undefined>;
}

export interface ProviderAccessOptions {
  readonly credentials: CredentialReader;
  readonly upstream: UpstreamClient;
  /** Absent where this process has no AWS credentials of its own. */
  readonly roles?: RoleAssumer | undefined;
  /** This process's own AWS credentials, for `aws-function-role`; absent where it has none. */
  readonly awsCredentials?: (() => Promise<AwsCredentials>) | undefined;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

const renewRoleBeforeMs = 5 * 60_000;

/** Access tokens and assumed roles are kept in memory until shortly before they end. */
export function createProviderAccessReader(options: ProviderAccessOptions): ProviderAccessReader {
  const { credentials, upstream, roles, now } = options;
  const tokens = createLeases<Secret>(now);
  const assumed = createLeases<AwsKeys>(now);

  const exchange = async (stored: StoredCredential, provider: Provider, id: string): Promise<ProviderAccess> => {
    switch (stored.kind) {
      case 'api-key':
      case 'aws-keys':
        return stored;
      case 'oauth-client-credentials':
      case 'google-service-account': {
        const lease = await tokens.get(id, () =>
          requestAccessToken(grantFor(stored, now), provider, { upstream, now }),
        );
        return { kind: 'access-token', secret: lease.value, giveUp: () => tokens.giveUp(id, lease) };
      }
      case 'aws-role':
        return (await assumed.get(id, () => assumeRole(roles, stored, provider))).value;
      case 'aws-function-role':
        return ownKeys(options);
    }
  };

  return {
    async open(workspace, { provider, credential }) {
      if (credential === undefined) return undefined;
      const use = { workspace, provider: provider.name };
      const stored = parseStoredCredential(await credentials.open(use, credential));
      if (!takes(provider.auth, stored.kind)) throw unusable('is of another kind than this provider takes');
      if (stored.kind === 'aws-function-role') assertOwnRoleMaySign(provider.auth, credential);
      if (stored.kind === 'api-key') return stored;
      return exchange(stored, provider, credentialId(use, credential));
    },
  };
}

function takes(auth: ProviderAuth, kind: StoredCredential['kind']): boolean {
  if (kind === 'aws-keys' || kind === 'aws-role' || kind === 'aws-function-role') return auth.kind === 'sigv4';
  return auth.kind !== 'sigv4' || (kind === 'api-key' && auth.acceptsKeys === true);
}

/**
 * The function's role belongs to whoever runs the gateway: a workspace cannot lend itself its rights, and it signs for Bedrock
 * alone, so that no declared provider gets a request that the role's other rights would make good for something else.
 */
function assertOwnRoleMaySign(auth: ProviderAuth, { owner }: CredentialReference): void {
  if (owner !== 'platform') throw unusable("is the gateway's own role, which is the platform's to use");
  if (auth.kind !== 'sigv4' || auth.scope?.service !== 'bedrock') {
    throw unusable("is the gateway's own role, which signs requests for Amazon Bedrock only");
  }
}

function grantFor(stored: OauthClient | GoogleServiceAccount, now: () => number): TokenGrant {
  return stored.kind === 'google-service-account' ? serviceAccountGrant(stored, now()) : clientCredentialsGrant(stored);
}

async function ownKeys({ awsCredentials }: ProviderAccessOptions): Promise<AwsKeys> {
  if (awsCredentials === undefined) throw unusable('is an AWS role of this gateway, which has no AWS identity here');
  return toAwsKeys(await awsCredentials());
}

function toAwsKeys({ accessKeyId, secretAccessKey, sessionToken }: AwsCredentials): AwsKeys {
  return {
    kind: 'aws-keys',
    accessKeyId,
    secretAccessKey: new Secret(secretAccessKey),
    ...(sessionToken !== undefined && { sessionToken: new Secret(sessionToken) }),
  };
}

/** What of an access travels with the request, and so may be quoted by whoever receives it. */
export function sentSecret(access: ProviderAccess | undefined): Secret | undefined {
  return access?.kind === 'aws-keys' ? access.sessionToken : access?.secret;
}

async function assumeRole(
  roles: RoleAssumer | undefined,
  role: Extract<StoredCredential, { kind: 'aws-role' }>,
  provider: Provider,
): Promise<Pick<Lease<AwsKeys>, 'value' | 'renewAt'>> {
  if (roles === undefined) throw unusable('is an AWS role, and this gateway has no AWS identity to assume it with');
  try {
    const credentials = await roles.assume(role);
    return { value: toAwsKeys(credentials), renewAt: credentials.expiresAt - renewRoleBeforeMs };
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    const { status = 0, type = '' } = error;
    if (status < 400 || status > 499 || type.startsWith('Throttling'))
      throw unreachable(provider, new UpstreamFailure('unreachable', error));
    throw refusedByProvider(provider, { status: 401, body: undefined, retryAfterSeconds: undefined });
  }
}

function unusable(problem: string): GatewayError {
  return new GatewayError('provider_credential_missing', 502, `The provider credential ${problem}.`);
}
