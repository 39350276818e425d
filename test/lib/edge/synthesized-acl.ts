import { Template } from 'aws-cdk-lib/assertions';
import type { Construct } from 'constructs';
import { AdminWebAcl } from '../../../lib/control-plane/admin-web-acl.ts';
import { WebAcl } from '../../../lib/edge/web-acl.ts';
import type { WebAclProps } from '../../../lib/edge/web-acl.ts';
import { emptyStack, onlyResource } from '../synthesize.ts';
import { managedGroups } from './managed-rules.ts';
import type { ManagedRule, WebRequest } from './managed-rules.ts';
import { aclSchema } from './web-acl-evaluator.ts';
import type { Acl } from './web-acl-evaluator.ts';

export function proxyAcl(props: WebAclProps = {}): Acl {
  return synthesize('us-east-1', (scope) => new WebAcl(scope, 'WebAcl', props));
}

export function adminAcl(): Acl {
  const stageArn = 'arn:aws:apigateway:eu-west-1::/restapis/abc/stages/live';
  return synthesize('eu-west-1', (scope) => new AdminWebAcl(scope, 'WebAcl', { stageArn }));
}

function synthesize(region: string, build: (scope: Construct) => unknown): Acl {
  const stack = emptyStack(region);
  build(stack);
  return aclSchema.parse(onlyResource(Template.fromStack(stack), 'AWS::WAFv2::WebACL').Properties);
}

/** An everyday call of a model. */
export function webRequest(changes: Partial<WebRequest> = {}): WebRequest {
  return {
    method: 'POST',
    path: '/v1/chat/completions',
    query: '',
    headers: { 'user-agent': 'OpenAI/JS 6.49.0', host: 'ai.example.com', authorization: 'Bearer gh_key' },
    body: '{"model":"m","messages":[]}',
    country: 'CH',
    listedAs: [],
    rate: 1,
    ...changes,
  };
}

/** Rules of the managed groups of an ACL, by `group/rule`. */
export function rulesOf(acl: Acl): [string, ManagedRule][] {
  return acl.Rules.flatMap(({ Statement }) => {
    const group = Statement.ManagedRuleGroupStatement?.Name;
    if (group === undefined) return [];
    return (managedGroups[group] ?? []).map((rule): [string, ManagedRule] => [`${group}/${rule.name}`, rule]);
  });
}
