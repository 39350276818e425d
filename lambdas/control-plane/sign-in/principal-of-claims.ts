import type { Identity, Principal, Role } from '../admin/principal.ts';
import type { ClaimRole, OidcIssuer } from './oidc-settings.ts';
import type { VerifiedClaims } from './verify-token.ts';

const strongestFirst: readonly Role[] = ['owner', 'admin', 'member', 'auditor'];

/** Lists in one text, by definition: RFC 8693, section 4.2, and Entra's name for it. Any other text is one value, spaces and all. */
const spaceSeparatedClaims = new Set(['scope', 'scp']);

/** Who the verified claims say is calling, by the rules of the issuer. Where rules give several roles, the strongest holds. */
export function principalOfClaims(claims: VerifiedClaims, issuer: OidcIssuer): Principal {
  const granted = issuer.roles.filter((rule) => valuesOf(claims, rule.claim).includes(rule.value));
  const subject = `${claims.iss}#${claims.sub}`;
  const email = emailOf(claims, issuer);
  const identities: Identity[] = [{ kind: 'subject', value: subject }];
  if (email !== undefined) identities.push({ kind: 'email', value: email });
  return {
    kind: 'oidc',
    actor: `oidc:${subject}`,
    operator: granted.some(({ role }) => role === 'operator'),
    claimedRoles: rolesByOrganization(granted),
    identities,
  };
}

function rolesByOrganization(granted: readonly ClaimRole[]): Record<string, Role> {
  // Without a prototype: an organization called "constructor" must find nothing.
  const roles = Object.create(null) as Record<string, Role>;
  for (const rule of granted) {
    if (rule.role === 'operator') continue;
    const before = roles[rule.organization];
    roles[rule.organization] = strongestFirst.find((role) => role === rule.role || role === before) ?? rule.role;
  }
  return roles;
}

/**
 * The texts a claim holds: its own, or those of its array. Anything else, such as `true` or 1, grants nothing.
 *
 * @param name the claim's exact name, or a path of names with dots between.
 */
function valuesOf(claims: VerifiedClaims, name: string): readonly string[] {
  // The exact name first: names are often URLs, and `cognito:groups` style names may hold dots.
  const value = memberOf(claims, name) ?? name.split('.').reduce<unknown>(memberOf, claims);
  if (typeof value === 'string') return spaceSeparatedClaims.has(name) ? value.split(' ') : [value];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** Own members only, so that no claim path reaches into what every object has. */
function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name))
    return undefined;
  return (value as Record<string, unknown>)[name];
}

/**
 * An address that its issuer vouches for: whoever could enter any address at the issuer could else take over a membership.
 * Only ASCII letters are lowered: the lower case of some others is an ASCII letter, and with it somebody else's address.
 */
function emailOf(claims: VerifiedClaims, issuer: OidcIssuer): string | undefined {
  const email = claims['email'];
  if (typeof email !== 'string' || email === '') return undefined;
  if (claims['email_verified'] !== true && issuer.trustUnverifiedEmail !== true) return undefined;
  const lowered = email.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
  const domain = lowered.slice(lowered.lastIndexOf('@') + 1);
  return issuer.emailDomains === undefined || issuer.emailDomains.includes(domain) ? lowered : undefined;
}
