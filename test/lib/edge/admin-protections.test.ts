import { describe, expect, it } from 'vitest';
import type { WebRequest } from './managed-rules.ts';
import { prompts } from './prompts.ts';
import { adminAcl, rulesOf, webRequest } from './synthesized-acl.ts';
import { evaluateWebAcl } from './web-acl-evaluator.ts';

interface Exclusion {
  readonly rule: string;
  readonly reason: string;
  /** What an operator sends. */
  readonly request: Partial<WebRequest>;
}

const catalog = {
  models: Array.from({ length: 300 }, (_, index) => ({ id: `model-${index}`, price: { input: index } })),
};

/** Every rule that does not act on the admin API, with the operator it would stop. */
const exclusions: readonly Exclusion[] = [
  {
    rule: 'AWSManagedRulesCommonRuleSet/SizeRestrictions_BODY',
    reason: 'the models of a provider and their prices are more than 8 KB; the function has a limit of its own',
    request: { body: JSON.stringify(catalog) },
  },
  {
    rule: 'AWSManagedRulesCommonRuleSet/EC2MetaDataSSRF_BODY',
    reason: 'a provider of one’s own may listen on a local address; the function refuses those that are not allowed',
    request: { body: '{"baseUrl":"https://localhost:8443/v1"}' },
  },
  {
    rule: 'AWSManagedRulesCommonRuleSet/GenericRFI_BODY',
    reason: 'a provider of one’s own may lie at an address without a name',
    request: { body: '{"baseUrl":"https://192.0.2.10/v1"}' },
  },
  {
    rule: 'AWSManagedRulesCommonRuleSet/NoUserAgent_HEADER',
    reason: 'a script need not name itself',
    request: { headers: { authorization: 'Bearer token' } },
  },
];

const isExcluded = (name: string): boolean => exclusions.some(({ rule }) => rule === name);

function adminRequest(changes: Partial<WebRequest> = {}): WebRequest {
  return webRequest({ path: '/live/admin/v1/providers', body: '{"id":"lab"}', ...changes });
}

describe('the web ACL of the admin API', () => {
  it.each(rulesOf(adminAcl()).filter(([name, { counts }]) => !isExcluded(name) && counts !== true))(
    '%s blocks',
    (name, rule) => {
      const acl = adminAcl();

      const verdict = evaluateWebAcl(acl, adminRequest(rule.example));

      expect(verdict).toMatchObject({ action: 'block', rule: name });
    },
  );

  it.each(exclusions)('$rule does not, since $reason', ({ rule, request }) => {
    const acl = adminAcl();

    const verdict = evaluateWebAcl(acl, adminRequest(request));

    expect(verdict).toEqual({ action: 'allow', counted: [rule] });
  });

  it('blocks every prompt for which more than an excluded rule of its groups fires', () => {
    const acl = adminAcl();
    const used = new Set(rulesOf(acl).map(([name]) => name));
    const expected = prompts.filter(({ fires }) => fires.some((rule) => used.has(rule) && !isExcluded(rule)));

    const blocked = prompts.filter(
      ({ content }) => evaluateWebAcl(acl, adminRequest({ body: JSON.stringify({ content }) })).action === 'block',
    );

    expect(blocked.map(({ name }) => name)).toEqual(expected.map(({ name }) => name));
    expect(blocked.length).toBeGreaterThan(5);
  });

  it('lets everyday requests through, and stops a flood before it looks for patterns', () => {
    const acl = adminAcl();
    const flood = adminRequest({ rate: 2001, query: 'q=<script>' });

    const verdicts = [adminRequest(), adminRequest({ method: 'GET', body: '' }), flood].map((request) =>
      evaluateWebAcl(acl, request),
    );

    expect(verdicts.map(({ action, rule, response }) => [action, rule, response?.status])).toEqual([
      ['allow', undefined, undefined],
      ['allow', undefined, undefined],
      ['block', 'RatePerAddress', 429],
    ]);
    expect(verdicts[2]?.response?.headers).toMatchObject({ 'retry-after': '30' });
    expect(JSON.parse(verdicts[2]?.response?.body ?? '')).toMatchObject({ title: 'Too Many Requests', status: 429 });
  });
});
