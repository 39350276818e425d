import type { RoleAssumer } from '../../aws/assume-role.ts';
import { AwsCallError } from '../../aws/call-error.ts';
import { Secret } from '../../crypto/secret.ts';
import { GatewayError } from '../../http/gateway-error.ts';
import type { Provider } from '../../providers/provider.ts';
import { credentialId, type CredentialReader } from '../credentials.ts';
import { refusedByProvider, unreachable } from '../provider-error.ts';
import type { Target } from '../target.ts';
import { type UpstreamClient, UpstreamFailure } from '../upstream.ts';
import { requestAccessToken } from './access-token.ts';
import { createLeases, type Lease } from './leases.ts';
import { type AwsKeys, parseStoredCredential, type StoredCredential } from './stored-credential.ts';

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
      case 'oauth-client-credentials': {
        const lease = await tokens.get(id, () => requestAccessToken(stored, provider, { upstream, now }));
        return { kind: 'access-token', secret: lease.value, giveUp: () => tokens.giveUp(id, lease) };
      }
      case 'aws-role':
        return (await assumed.get(id, () => assumeRole(roles, stored, provider))).value;
    }
  };

  return {
    async open(workspace, { provider, credential }) {
      if (credential === undefined) return undefined;
      const use = { workspace, provider: provider.name };
      const stored = parseStoredCredential(await credentials.open(use, credential));
      const signs = stored.kind === 'aws-keys' || stored.kind === 'aws-role';
      if (signs !== (provider.auth.kind === 'sigv4')) throw unusable('is of another kind than this provider takes');
      if (stored.kind === 'api-key') return stored;
      return exchange(stored, provider, credentialId(use, credential));
    },
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
    const { accessKeyId, secretAccessKey, sessionToken, expiresAt } = await roles.assume(role);
    const value: AwsKeys = {
      kind: 'aws-keys',
      accessKeyId,
      secretAccessKey: new Secret(secretAccessKey),
      ...(sessionToken !== undefined && { sessionToken: new Secret(sessionToken) }),
    };
    return { value, renewAt: expiresAt - renewRoleBeforeMs };
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
