import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseOidcSettings } from '../../../../lambdas/control-plane/sign-in/oidc-settings.ts';

const minimal = { issuer: 'https://idp.example.com', audiences: ['gatehouse'] };

function parse(...issuers: unknown[]) {
  return parseOidcSettings(JSON.stringify(issuers));
}

describe('parseOidcSettings', () => {
  it.each([undefined, '', '  ', '[]'])('finds no issuer in %j', (text) => {
    expect(parseOidcSettings(text)).toEqual([]);
  });

  it('takes an issuer without roles as one whose members are named in the store', () => {
    expect(parse(minimal)).toEqual([{ ...minimal, roles: [] }]);
  });

  it('keeps every setting as it is, a final slash of the issuer included', () => {
    const complete = {
      issuer: 'https://tenant.example.com/',
      audiences: ['one', 'two'],
      jwksUrl: 'https://keys.example.com/jwks',
      clientIdClaim: 'azp',
      roles: [
        { claim: 'cognito:groups', value: 'platform', role: 'operator' },
        { claim: 'realm_access.roles', value: 'acme', role: 'auditor', organization: 'org_1' },
      ],
      trustUnverifiedEmail: true,
      emailDomains: ['example.com'],
    };

    expect(parse(complete)).toEqual([complete]);
  });

  it.each([
    ['0.issuer', { ...minimal, issuer: 'http://idp.example.com' }],
    ['0.issuer', { ...minimal, issuer: 'https://idp.example.com?tenant=1' }],
    ['0.issuer', { ...minimal, issuer: 'https://idp.example.com#1' }],
    ['0.issuer', { audiences: ['gatehouse'] }],
    ['0.audiences', { ...minimal, audiences: [] }],
    ['0.audiences.0', { ...minimal, audiences: [''] }],
    ['0.jwksUrl', { ...minimal, jwksUrl: 'http://keys.example.com' }],
    ['0.roles.0.role', { ...minimal, roles: [{ claim: 'groups', value: 'a', role: 'root' }] }],
    ['0.roles.0.organization', { ...minimal, roles: [{ claim: 'groups', value: 'a', role: 'admin' }] }],
    ['0.roles.0.value', { ...minimal, roles: [{ claim: 'groups', value: '', role: 'operator' }] }],
    ['0.roles.0.claim', { ...minimal, roles: [{ value: 'a', role: 'operator' }] }],
    ['0.emailDomains.0', { ...minimal, emailDomains: ['@Example.com'] }],
    ['0.emailDomains', { ...minimal, emailDomains: [] }],
    ['0.trustUnverifiedEmail', { ...minimal, trustUnverifiedEmail: 'yes' }],
  ])('names the path of a fault: %s', (path, issuer) => {
    expect(() => parse(issuer)).toThrow(`\`${path}\``);
  });

  it('refuses an organization for the operator, who is above them', () => {
    const roles = [{ claim: 'groups', value: 'a', role: 'operator', organization: 'org_1' }];

    expect(() => parse({ ...minimal, roles })).toThrow('`0.roles.0`');
  });

  it('refuses a setting it does not know, because a misspelt one would be ignored', () => {
    expect(() => parse({ ...minimal, audience: 'gatehouse' })).toThrow('audience');
  });

  it('refuses an issuer that is named twice', () => {
    expect(() => parse(minimal, minimal)).toThrow('twice');
  });

  it('accepts every entry that the documentation gives to paste', () => {
    const document = readFileSync(join(import.meta.dirname, '../../../../docs/sign-in.md'), 'utf8');
    const examples = Array.from(document.matchAll(/```json\n(.*?)```/gs), ([, text]) => text!);

    expect(examples.length).toBeGreaterThanOrEqual(5);
    expect(examples.map((example) => parseOidcSettings(`[${example}]`).length)).toEqual(examples.map(() => 1));
  });

  it('never quotes what it was given', () => {
    const secret = 'hunter2hunter2';

    expect(() => parseOidcSettings(secret)).toThrow(/^invalid OIDC settings: not JSON$/);
    expect(() => parse({ ...minimal, issuer: secret, jwksUrl: secret, roles: secret })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(secret) as string }),
    );
  });
});
