import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { AdminWebAcl } from '../../../lib/control-plane/admin-web-acl.ts';
import { emptyStack, onlyResource } from '../synthesize.ts';

const stageArn = 'arn:aws:apigateway:eu-west-1::/restapis/abc/stages/live';

const ruleSchema = z.looseObject({
  Name: z.string(),
  Statement: z.looseObject({
    ManagedRuleGroupStatement: z
      .looseObject({ RuleActionOverrides: z.array(z.looseObject({ Name: z.string() })).default([]) })
      .optional(),
    RateBasedStatement: z.looseObject({ Limit: z.number() }).optional(),
  }),
});

function synthesizeAcl(rateLimitPerAddress?: number): Record<string, unknown> {
  const stack = emptyStack();
  new AdminWebAcl(stack, 'WebAcl', { stageArn, ...(rateLimitPerAddress !== undefined && { rateLimitPerAddress }) });
  return onlyResource(Template.fromStack(stack), 'AWS::WAFv2::WebACL').Properties;
}

describe('AdminWebAcl', () => {
  it('is regional, lets through what no rule stops, and samples no request, since samples show headers', () => {
    const acl = synthesizeAcl();

    expect(acl).toMatchObject({ Scope: 'REGIONAL', DefaultAction: { Allow: {} } });
    expect(JSON.stringify(acl)).not.toContain('"SampledRequestsEnabled":true');
  });

  it('counts only rules that an operator would meet, and blocks every other pattern', () => {
    const rules = z.array(ruleSchema).parse(synthesizeAcl()['Rules']);

    const counted = rules.map(({ Name, Statement }) => [
      Name,
      (Statement.ManagedRuleGroupStatement?.RuleActionOverrides ?? []).map((override) => override.Name),
    ]);

    expect(counted).toEqual([
      ['AWSManagedRulesAmazonIpReputationList', []],
      ['RatePerAddress', []],
      [
        'AWSManagedRulesCommonRuleSet',
        ['SizeRestrictions_BODY', 'EC2MetaDataSSRF_BODY', 'GenericRFI_BODY', 'NoUserAgent_HEADER'],
      ],
      ['AWSManagedRulesKnownBadInputsRuleSet', []],
    ]);
  });

  it('answers a flood with 429 and a problem', () => {
    const acl = synthesizeAcl(300);

    const bodies = z.record(z.string(), z.object({ Content: z.string() })).parse(acl['CustomResponseBodies']);

    expect(JSON.parse(bodies['flood']?.Content ?? '')).toMatchObject({ type: 'about:blank', status: 429 });
    expect(JSON.stringify(acl['Rules'])).toContain('"CustomResponseBodyKey":"flood"');
    expect(z.array(ruleSchema).parse(acl['Rules'])[1]?.Statement.RateBasedStatement?.Limit).toBe(300);
  });

  it('refuses a limit that WAF would refuse', () => {
    const build = () => synthesizeAcl(9);

    expect(build).toThrow('`rateLimitPerAddress` must be an integer of at least 10, got: 9');
  });
});
