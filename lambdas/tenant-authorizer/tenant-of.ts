import { apiKeySecretMatches, parseApiKey } from '../crypto/api-key.ts';
import { presentedKey } from '../data-plane/authenticate.ts';
import type { StoreClient } from '../store/client.ts';
import { getPolicy, keyPolicyId, type KeyPolicy } from '../store/policy.ts';

/** Where the proxy turns strangers away. No organization's id has a colon. */
export const tenantOfStrangers = 'unknown:caller';

/**
 * The organization of a request, for isolation and nothing else: a revoked or expired key still belongs to its organization, and it
 * is the proxy that refuses it.
 *
 * A key's public id is not enough, for it is no secret: nobody gets into a tenant's environments without one of its keys.
 *
 * @param headers with names in lower case
 */
export async function tenantOf(
  headers: Readonly<Record<string, string>>,
  policies: { readonly store: StoreClient; readonly table: string },
): Promise<string> {
  const parsed = parseApiKey(presentedKey(headers) ?? '');
  if (parsed === undefined) return tenantOfStrangers;
  const policy = await getPolicy<KeyPolicy>(policies.store, policies.table, keyPolicyId(parsed.publicId));
  const known = policy?.secrets.some(({ hash }) => apiKeySecretMatches(parsed.secret, hash)) ?? false;
  return policy !== undefined && known ? policy.organization : tenantOfStrangers;
}
