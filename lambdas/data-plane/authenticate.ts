import { apiKeySecretMatches, parseApiKey } from '../crypto/api-key.ts';
import { GatewayError } from '../http/gateway-error.ts';
import type { GatewayRequest } from '../http/gateway-request.ts';
import type { KeyPolicy, WorkspacePolicy } from '../store/policy.ts';
import type { Dependencies } from './dependencies.ts';
import type { CachedPolicy, Reading } from './policies.ts';

/** Who calls, and the policies they are bound by. */
export interface Caller {
  readonly key: CachedPolicy<KeyPolicy>;
  readonly workspace: CachedPolicy<WorkspacePolicy>;
}

/** How new each policy must be. Where an admission follows, cached ones do: its write checks their versions. */
export interface CallerReading {
  readonly key: Reading;
  readonly workspace: Reading;
}

/**
 * Finds the caller by the key in `Authorization: Bearer`, `x-api-key`, `x-goog-api-key` or `api-key`.
 *
 * The secret has 200 random bits, so its SHA-256 cannot be searched and a slow hash would only cost time; the comparison is
 * constant-time. What exactly was wrong with a key is said only to somebody who holds its secret.
 *
 * @throws GatewayError 401. WrongTenantError in the execution environment of another tenant, which is a fault of the authorizer.
 */
export async function authenticate(
  request: GatewayRequest,
  deps: Dependencies,
  reading: CallerReading = { key: 'cached', workspace: 'cached' },
): Promise<Caller> {
  const presented = presentedKey(request.headers);
  if (presented === undefined) {
    // Not from the query either, as some vendors take it: addresses are logged, by us and on the way.
    const message = 'No API key was sent in a header, where alone it is read. Send "Authorization: Bearer gh_…".';
    throw new GatewayError('missing_api_key', 401, message);
  }
  const parsed = parseApiKey(presented);
  if (parsed === undefined) throw invalidKey();
  const key = await deps.policies.key(parsed.publicId, reading.key);
  if (key === undefined) throw invalidKey();

  const now = deps.now() / 1000;
  const matching = key.policy.secrets.find((secret) => apiKeySecretMatches(parsed.secret, secret.hash));
  if (matching === undefined) throw invalidKey();
  // Two judges, one verdict: nothing of a tenant comes into the memory of another's process because one of them was wrong.
  if (request.tenant !== undefined && request.tenant !== key.policy.organization) throw new WrongTenantError();
  if (key.policy.status === 'revoked') throw new GatewayError('api_key_revoked', 401, 'This API key was revoked.');
  if (isPast(matching.expiresAt, now)) {
    throw new GatewayError('api_key_expired', 401, 'This secret was rotated and its overlap is over; use the new one.');
  }
  if (isPast(key.policy.expiresAt, now)) throw new GatewayError('api_key_expired', 401, 'This API key has expired.');

  const workspace = await deps.policies.workspace(key.policy.workspace, reading.workspace);
  // The tenant was erased; its keys follow. To the caller that is one and the same.
  if (workspace === undefined) throw invalidKey();
  return { key, workspace };
}

export function presentedKey(headers: GatewayRequest['headers']): string | undefined {
  const bearer = headers['authorization'];
  if (bearer !== undefined && bearer.slice(0, 7).toLowerCase() === 'bearer ') return bearer.slice(7).trim();
  return headers['x-api-key'] ?? headers['x-goog-api-key'] ?? headers['api-key'];
}

function isPast(expiresAt: number | undefined, now: number): boolean {
  return expiresAt !== undefined && expiresAt <= now;
}

function invalidKey(): GatewayError {
  return new GatewayError('invalid_api_key', 401, 'The API key is not valid.');
}

class WrongTenantError extends Error {
  override readonly name = 'WrongTenantError';
}
