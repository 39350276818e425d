import { describe, expect, it } from 'vitest';
import { itemWrites } from '../../../lib/storage/table-access.ts';
import { readExample, synthesizeVariant } from '../variants/variant.ts';
import { effectiveGrants } from './effective-grants.ts';
import { isAllowed, parseTemplate, resourceName, type Statement, statementsOf } from './iam-evaluator.ts';

/** The role that only tenant isolation has: it is asked before the proxy is, so it is on the request path of the data plane. */

const stack = 'Gatehouse-DataPlane-eu-west-1';
const template = parseTemplate(synthesizeVariant(readExample('hardened')).templates[stack]);
const idOf = (prefix: string, type: string): string =>
  Object.keys(template.Resources).find((id) => id.startsWith(prefix) && template.Resources[id]?.Type === type) ?? '';
const statements = statementsOf({ [stack]: template }, stack, idOf('DataPlaneTenantAuthorizer', 'AWS::IAM::Role'));
const tables = Object.keys(template.Resources)
  .filter((id) => template.Resources[id]?.Type === 'AWS::DynamoDB::GlobalTable')
  .map((id) => resourceName(stack, id));

const attachedLater: Statement = {
  effect: 'Allow',
  actions: ['dynamodb:*'],
  resources: ['*'],
  elsewhere: false,
  condition: {},
};

describe('the role of the tenant authorizer', () => {
  it('reads an item of policy, writes its log and may do nothing else', () => {
    const grants = effectiveGrants(statements);

    const policy = resourceName(stack, idOf('DataPlanePolicyTable', 'AWS::DynamoDB::GlobalTable'));
    const log = resourceName(stack, idOf('DataPlaneTenantAuthorizer', 'AWS::Logs::LogGroup'));
    expect(grants.map(({ action, resource }) => [action, resource])).toEqual([
      ['logs:CreateLogStream', log],
      ['logs:PutLogEvents', log],
      ['dynamodb:GetItem', policy],
    ]);
  });

  it('writes and lists no table, whatever is attached to it later', () => {
    const calls = tables.flatMap((resource) =>
      [...itemWrites, 'dynamodb:Scan'].map((action) => ({ action, resource })),
    );

    const allowed = calls.filter((call) => isAllowed([...statements, attachedLater], call));

    expect(calls.length).toBeGreaterThan(40);
    expect(allowed).toEqual([]);
  });

  it('would be seen to write once its Deny is gone', () => {
    const open = [...statements.filter(({ effect }) => effect === 'Allow'), attachedLater];

    const allowed = tables.filter((resource) => isAllowed(open, { action: 'dynamodb:PutItem', resource }));

    expect(allowed).toEqual(tables);
  });
});
