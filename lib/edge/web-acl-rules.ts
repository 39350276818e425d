import { Token } from 'aws-cdk-lib';
import type { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';

/** Rules that web ACLs of both planes are made of. None keeps a log or, since sampled requests show headers, samples. */

export type WebAclRule = Omit<CfnWebACL.RuleProperty, 'priority'>;

/** Key under which an ACL must have a custom response body, for `rateRule`. */
export const floodResponse = 'flood';

/** A rate is looked at every few seconds; SDKs wait as long as they are told, some of them less than 60 s at most. */
export const floodRetryAfterSeconds = 30;

const lowestRateLimit = 10;
const rateWindowSeconds = 300;

/** Gives rules the priority of their place. */
export function inOrder(rules: readonly WebAclRule[]): CfnWebACL.RuleProperty[] {
  return rules.map((rule, priority) => ({ ...rule, priority }));
}

/** A managed group of AWS with every rule's own action, except that those named by `counted` only count and label. */
export function managedGroup(name: string, counted: readonly string[] = []): WebAclRule {
  return {
    name,
    // `none` keeps each rule's own action; `count` here would switch the whole group off.
    overrideAction: { none: {} },
    statement: {
      managedRuleGroupStatement: {
        vendorName: 'AWS',
        name,
        ...(counted.length > 0 && {
          ruleActionOverrides: counted.map((rule) => ({ name: rule, actionToUse: { count: {} } })),
        }),
      },
    },
    visibilityConfig: visibility(name),
  };
}

/** Answers 429 above a limit per five minutes, for as long as the last five minutes are above it. */
export function rateRule(
  name: string,
  statement: CfnWebACL.RateBasedStatementProperty,
  headers: Readonly<Record<string, string>> = { 'retry-after': String(floodRetryAfterSeconds) },
): WebAclRule {
  return {
    name,
    action: jsonBlock(429, floodResponse, headers),
    statement: { rateBasedStatement: { evaluationWindowSec: rateWindowSeconds, ...statement } },
    visibilityConfig: visibility(name),
  };
}

/** Blocks with one of the ACL's custom response bodies, which gives the content type. */
export function jsonBlock(
  responseCode: number,
  customResponseBodyKey: string,
  headers: Readonly<Record<string, string>>,
): CfnWebACL.RuleActionProperty {
  const responseHeaders = Object.entries(headers).map(([name, value]) => ({ name, value }));
  return { block: { customResponse: { responseCode, customResponseBodyKey, responseHeaders } } };
}

export function visibility(metricName: string): CfnWebACL.VisibilityConfigProperty {
  return { cloudWatchMetricsEnabled: true, metricName, sampledRequestsEnabled: false };
}

/** @throws when WAF would refuse the limit, naming the setting. */
export function validateRateLimit(name: string, limit: number): void {
  if (Token.isUnresolved(limit)) return;
  if (!Number.isInteger(limit) || limit < lowestRateLimit) {
    throw new Error(`\`${name}\` must be an integer of at least ${lowestRateLimit}, got: ${limit}`);
  }
}
