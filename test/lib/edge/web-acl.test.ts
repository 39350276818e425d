import { describe, expect, it } from 'vitest';
import { WebAcl } from '../../../lib/edge/web-acl.ts';
import { emptyStack } from '../synthesize.ts';
import { proxyAcl, webRequest } from './synthesized-acl.ts';
import { evaluateWebAcl } from './web-acl-evaluator.ts';

describe('WebAcl', () => {
  it('counts nine rules of the managed groups and leaves the others their action', () => {
    const acl = proxyAcl();

    const overridden = acl.Rules.flatMap(
      ({ Statement }) => Statement.ManagedRuleGroupStatement?.RuleActionOverrides ?? [],
    );

    expect(overridden).toHaveLength(9);
    expect(overridden.filter(({ ActionToUse }) => !('Count' in ActionToUse))).toEqual([]);
    expect(overridden.filter(({ Name }) => !Name.endsWith('_BODY')).map(({ Name }) => Name)).toEqual([
      'NoUserAgent_HEADER',
    ]);
  });

  it('checks reputation first, then floods, then attack patterns, and counts anonymous addresses', () => {
    const acl = proxyAcl();

    expect(acl.Rules.map(({ Priority, Name, OverrideAction }) => [Priority, Name, OverrideAction])).toEqual([
      [0, 'AWSManagedRulesAmazonIpReputationList', { None: {} }],
      [1, 'AWSManagedRulesAnonymousIpList', { Count: {} }],
      [2, 'RatePerAddress', undefined],
      [3, 'RatePerAuthorization', undefined],
      [4, 'AWSManagedRulesCommonRuleSet', { None: {} }],
      [5, 'AWSManagedRulesKnownBadInputsRuleSet', { None: {} }],
    ]);
  });

  it.each([
    ['as many requests as are allowed', { rate: 50 }, 'allow', undefined],
    ['more of one authorization value', { rate: 51 }, 'block', 'RatePerAuthorization'],
    ['more of it where no model is called', { rate: 51, path: '/healthz' }, 'allow', undefined],
    [
      'more without that header',
      { rate: 51, headers: { 'user-agent': 'test', 'x-api-key': 'gh' } },
      'allow',
      undefined,
    ],
    ['more from one address', { rate: 101, path: '/healthz' }, 'block', 'RatePerAddress'],
  ] as const)(
    'limits addresses everywhere and authorization where models are called: %s',
    (_case, changes, action, rule) => {
      const acl = proxyAcl({ rateLimitPerAddress: 100, rateLimitPerAuthorization: 50 });

      const verdict = evaluateWebAcl(acl, webRequest(changes));

      expect([verdict.action, verdict.rule]).toEqual([action, rule]);
    },
  );

  it.each([10_001, 20_001])('answers a flood with 429 in one body for all SDKs', (rate) => {
    const acl = proxyAcl();

    const { response } = evaluateWebAcl(acl, webRequest({ rate }));

    expect(response).toMatchObject({
      status: 429,
      headers: { 'retry-after': '30', 'x-should-retry': 'true', 'x-gatehouse-error-code': 'edge_rate_limited' },
    });
    expect(JSON.parse(response?.body ?? '')).toEqual({
      type: 'error',
      error: {
        type: 'rate_limit_error',
        message: expect.any(String),
        param: null,
        code: 'edge_rate_limited',
        status: 'RESOURCE_EXHAUSTED',
        owner: 'gateway',
      },
    });
  });

  it.each([
    ['allow', { allow: ['CH', 'DE'] }, 'CH', 'allow'],
    ['allow', { allow: ['CH', 'DE'] }, 'US', 'block'],
    ['block', { block: ['KP'] }, 'KP', 'block'],
    ['block', { block: ['KP'] }, 'CH', 'allow'],
  ] as const)('decides countries by its list of those to %s: %j, %s', (_list, countries, country, action) => {
    const acl = proxyAcl({ countries });

    const verdict = evaluateWebAcl(acl, webRequest({ country }));

    expect(verdict.action).toBe(action);
    expect(acl.Rules.map(({ Name }) => Name).indexOf('Country')).toBe(0);
  });

  it('tells a caller from elsewhere so, in JSON, and not to come back', () => {
    const acl = proxyAcl({ countries: { allow: ['CH'] } });

    const { response } = evaluateWebAcl(acl, webRequest({ country: 'US' }));

    expect(response).toMatchObject({ status: 403, headers: { 'x-should-retry': 'false' } });
    expect(JSON.parse(response?.body ?? '')).toMatchObject({
      type: 'error',
      error: { type: 'permission_error', code: 'country_not_allowed', status: 'PERMISSION_DENIED' },
    });
  });

  it('has no rule for countries, which is billed, unless it is asked for one', () => {
    const acl = proxyAcl();

    expect(acl.Rules).toHaveLength(6);
    expect(JSON.stringify(acl)).not.toContain('ountr');
  });

  it('is for CloudFront and samples no request, since samples show headers', () => {
    const acl = proxyAcl({ countries: { block: ['KP'] } });

    expect(acl).toMatchObject({ Scope: 'CLOUDFRONT', DefaultAction: { Allow: {} } });
    expect(JSON.stringify(acl)).not.toContain('"SampledRequestsEnabled":true');
  });

  it.each([
    [{ rateLimitPerAddress: 9 }, '`rateLimitPerAddress` must be an integer of at least 10, got: 9'],
    [{ rateLimitPerAuthorization: 10.5 }, '`rateLimitPerAuthorization` must be an integer of at least 10, got: 10.5'],
    [{ countries: {} }, '`countries` must have either `allow` or `block`, got: {}'],
    [{ countries: { allow: ['CH'], block: ['US'] } }, '`countries` must have either `allow` or `block`'],
    [{ countries: { block: ['Kp'] } }, '`countries` must be a country code of ISO 3166 in capitals, such as CH'],
  ])('refuses %j', (props, message) => {
    const build = () => proxyAcl(props);

    expect(build).toThrow(message);
  });

  it('refuses a region in which CloudFront cannot use it', () => {
    const build = () => new WebAcl(emptyStack('eu-west-1'), 'WebAcl');

    expect(build).toThrow('a web ACL for CloudFront must be in us-east-1, got a stack in: eu-west-1');
  });
});
