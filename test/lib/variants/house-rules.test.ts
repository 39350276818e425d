import { beforeAll, describe, expect, it } from 'vitest';
import {
  beyondQuotas,
  broadActions,
  disposableData,
  logsWithoutRetention,
  publicFunctions,
  unprotectedTables,
} from './house-rules.ts';
import { type Resource, synthesizeVariant, type Variant } from './variant.ts';

/** The rules themselves: what nobody sees fail may not be able to. */

let variant: Variant;

beforeAll(() => {
  variant = synthesizeVariant({});
}, 60_000);

/** The variant with one resource of the type changed, and its id. */
function withChanged(type: string, change: (resource: Resource) => Resource): { changed: Variant; id: string } {
  const templates = structuredClone(variant.templates) as Record<string, Variant['templates'][string]>;
  for (const [stack, template] of Object.entries(templates)) {
    const [id, resource] = Object.entries(template.Resources).find(([, { Type }]) => Type === type) ?? [];
    if (id === undefined || resource === undefined) continue;
    template.Resources[id] = change(resource);
    return { changed: { ...variant, templates }, id: `${stack}/${id}` };
  }
  throw new Error(`no ${type}`);
}

const properties = (resource: Resource, changed: Record<string, unknown>): Resource => ({
  ...resource,
  Properties: { ...resource.Properties, ...changed },
});

const policyOf = (statement: object) => ({
  PolicyDocument: { Statement: [{ Effect: 'Allow', Resource: '*', ...statement }] },
});
const administrator = 'arn:aws:iam::aws:policy/AdministratorAccess';

type Rule = (one: Variant) => string[];
const breaches: [string, Rule, string, (resource: Resource) => Resource][] = [
  [
    'a log group without retention',
    logsWithoutRetention,
    'AWS::Logs::LogGroup',
    (one) => properties(one, { RetentionInDays: undefined }),
  ],
  [
    'a function that Lambda makes a log group for',
    logsWithoutRetention,
    'AWS::Lambda::Function',
    (one) => properties(one, { LoggingConfig: undefined }),
  ],
  [
    'an API that logs elsewhere',
    logsWithoutRetention,
    'AWS::ApiGateway::Stage',
    (one) =>
      properties(one, { AccessLogSetting: { DestinationArn: 'arn:aws:logs:eu-west-1:111122223333:log-group:x' } }),
  ],
  ['every action', broadActions, 'AWS::IAM::Policy', (one) => properties(one, policyOf({ Action: '*' }))],
  [
    'every action of a service',
    broadActions,
    'AWS::IAM::Policy',
    (one) => properties(one, policyOf({ Action: ['s3:GetObject', 'dynamodb:*'] })),
  ],
  [
    'every action but some',
    broadActions,
    'AWS::IAM::Policy',
    (one) => properties(one, policyOf({ NotAction: 'iam:*' })),
  ],
  [
    'every action in a policy of the role itself',
    broadActions,
    'AWS::IAM::Role',
    (one) => properties(one, { Policies: [policyOf({ Action: '*' })] }),
  ],
  [
    'a managed policy',
    broadActions,
    'AWS::IAM::Role',
    (one) => properties(one, { ManagedPolicyArns: [administrator] }),
  ],
  [
    'a table without deletion protection',
    unprotectedTables,
    'AWS::DynamoDB::GlobalTable',
    (one) => properties(one, { Replicas: [{ Region: 'us-east-1' }] }),
  ],
  [
    'a table that goes with its stack',
    disposableData,
    'AWS::DynamoDB::GlobalTable',
    (one) => ({ ...one, DeletionPolicy: 'Delete' }),
  ],
  [
    'a key that goes when it is replaced',
    disposableData,
    'AWS::KMS::Key',
    (one) => ({ ...one, UpdateReplacePolicy: 'Delete' }),
  ],
  [
    'a permission for whoever likes',
    publicFunctions,
    'AWS::Lambda::Permission',
    (one) => properties(one, { Principal: '*' }),
  ],
  ['a function URL', publicFunctions, 'AWS::Lambda::Permission', (one) => ({ ...one, Type: 'AWS::Lambda::Url' })],
];

describe('the rules for every variant', () => {
  it.each(breaches)('notice %s', (_breach, rule, type, change) => {
    const { changed, id } = withChanged(type, change);

    const found = rule(changed);

    expect(rule(variant)).toEqual([]);
    expect(found).toEqual([id]);
  });

  it('notice a template with more resources than CloudFormation takes', () => {
    const [stack = '', template] = Object.entries(variant.templates)[0] ?? [];
    const many = Object.fromEntries(Array.from({ length: 501 }, (_, index) => [`R${index}`, { Type: 'A::B::C' }]));
    const changed = { ...variant, templates: { [stack]: { ...template, Resources: many } } } as unknown as Variant;

    const found = beyondQuotas(changed);

    expect(found).toEqual([`${stack}: 501 resources`]);
  });
});
