import { describe, expect, it } from 'vitest';
import type { ClaimRole, OidcIssuer } from '../../../../lambdas/control-plane/sign-in/oidc-settings.ts';
import { principalOfClaims } from '../../../../lambdas/control-plane/sign-in/principal-of-claims.ts';

const iss = 'https://idp.example.com';

function principalOf(claims: Record<string, unknown>, issuer: Partial<OidcIssuer> = {}) {
  return principalOfClaims(
    { iss, sub: 'ada', ...claims },
    { issuer: iss, audiences: ['gatehouse'], roles: [], ...issuer },
  );
}

function isOperator(claim: string, value: string, claims: Record<string, unknown>): boolean {
  return principalOf(claims, { roles: [{ claim, value, role: 'operator' }] }).operator;
}

describe('principalOfClaims', () => {
  it('knows somebody without any rule by issuer and subject, and gives no right', () => {
    expect(principalOf({})).toEqual({
      kind: 'oidc',
      actor: 'oidc:https://idp.example.com#ada',
      operator: false,
      claimedRoles: {},
      identities: [{ kind: 'subject', value: 'https://idp.example.com#ada' }],
    });
  });

  describe('e-mail', () => {
    const email = 'Ada@Example.COM';
    const identity = { kind: 'email', value: 'ada@example.com' };

    it('is an identity in lower case where the issuer verified it', () => {
      expect(principalOf({ email, email_verified: true }).identities).toContainEqual(identity);
    });

    it.each([undefined, false, 'true', 1, null])('is none with email_verified %j', (verified) => {
      expect(principalOf({ email, email_verified: verified }).identities).toHaveLength(1);
    });

    it('is an identity without verification where the settings trust the issuer with it', () => {
      expect(principalOf({ email }, { trustUnverifiedEmail: true }).identities).toContainEqual(identity);
    });

    it.each([undefined, '', 7, ['ada@example.com']])('is none when it is %j', (value) => {
      expect(principalOf({ email: value, email_verified: true }).identities).toHaveLength(1);
    });

    it.each([
      ['ada@example.com', true],
      ['Ada@EXAMPLE.com', true],
      ['ada@sub.example.com', false],
      ['ada@notexample.com', false],
      ['"ada@example.com"@evil.test', false],
      ['ada@example.com.', false],
    ])('%s is an identity, if its issuer may vouch for example.com only: %s', (address, accepted) => {
      const { identities } = principalOf(
        { email: address, email_verified: true },
        { emailDomains: ['example.net', 'example.com'] },
      );

      expect(identities.some(({ kind }) => kind === 'email')).toBe(accepted);
    });

    it('does not turn a foreign letter into the ASCII letter of somebody else', () => {
      const kelvinSign = '\u212Aate@example.com';

      const { identities } = principalOf({ email: kelvinSign, email_verified: true });

      expect(identities).not.toContainEqual({ kind: 'email', value: 'kate@example.com' });
    });
  });

  describe('a rule', () => {
    it.each([
      ['text', 'department', 'platform', { department: 'platform' }],
      ['an array', 'groups', 'platform', { groups: ['others', 'platform'] }],
      ['an exact name with a colon', 'cognito:groups', 'platform', { 'cognito:groups': ['platform'] }],
      ['an exact name with dots', 'https://example.com/roles', 'a', { 'https://example.com/roles': ['a'] }],
      ['a path', 'realm_access.roles', 'a', { realm_access: { roles: ['a'] } }],
      ['a longer path', 'resource_access.gatehouse.roles', 'a', { resource_access: { gatehouse: { roles: ['a'] } } }],
      ['a scope among several', 'scope', 'gatehouse/admin', { scope: 'openid gatehouse/admin' }],
    ])('holds for %s', (_what, claim, value, claims) => {
      expect(isOperator(claim, value, claims)).toBe(true);
    });

    it.each([
      ['another value', 'groups', 'a', { groups: ['b'] }],
      ['another case', 'groups', 'a', { groups: ['A'] }],
      ['a part of a value', 'groups', 'a', { groups: ['ab', 'ba'] }],
      ['a word of a text', 'department', 'a', { department: 'a b' }],
      ['an item of a list in one text', 'groups', 'a', { groups: 'a,b' }],
      ['a value that is no text', 'admin', 'true', { admin: true }],
      ['a number in an array', 'groups', '1', { groups: [1] }],
      ['an object', 'groups', 'a', { groups: { a: 'a' } }],
      ['the key of a nested object', 'realm_access', 'roles', { realm_access: { roles: ['a'] } }],
      ['a path that ends early', 'realm_access.roles', 'a', { realm_access: 'a' }],
      ['what every object has', 'constructor.name', 'Object', {}],
      ['an index of an array', 'groups.0', 'a', { groups: ['a'] }],
      ['a claim that is absent', 'groups', 'a', {}],
    ])('does not hold for %s', (_what, claim, value, claims) => {
      expect(isOperator(claim, value, claims)).toBe(false);
    });

    it('does not hold for what claims inherit', () => {
      const claims = Object.assign(Object.create({ groups: ['a'] }) as object, { iss, sub: 'ada' });
      const roles: ClaimRole[] = [{ claim: 'groups', value: 'a', role: 'operator' }];

      const principal = principalOfClaims(claims, { issuer: iss, audiences: ['gatehouse'], roles });

      expect(principal.operator).toBe(false);
    });

    it('gives a role in its organization and makes nobody operator', () => {
      const roles: ClaimRole[] = [
        { claim: 'groups', value: 'acme', role: 'admin', organization: 'org_acme' },
        { claim: 'groups', value: 'umbrella', role: 'owner', organization: 'org_umbrella' },
      ];

      const principal = principalOf({ groups: ['acme'] }, { roles });

      expect(principal.claimedRoles).toEqual({ org_acme: 'admin' });
      expect(principal.operator).toBe(false);
    });

    it.each([
      [['auditor', 'owner', 'member']],
      [['owner', 'auditor', 'member']],
      [['member', 'auditor', 'owner']],
    ] as const)('that gives less than another takes nothing away: %j', (given) => {
      const roles = given.map((role): ClaimRole => ({ claim: 'groups', value: role, role, organization: 'org_1' }));

      const principal = principalOf({ groups: [...given] }, { roles });

      expect(principal.claimedRoles).toEqual({ org_1: 'owner' });
    });
  });

  it('finds no role under a name that every object has', () => {
    expect(principalOf({}).claimedRoles['constructor']).toBeUndefined();
  });
});
