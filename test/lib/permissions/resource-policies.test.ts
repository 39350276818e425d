import { describe, expect, it } from 'vitest';
import { account, resolve, resourceName } from './iam-evaluator.ts';
import { resourceStatements, type ResourceStatement } from './iam-resource-policies.ts';
import { resourceArn, roleArn } from './permission-catalog.ts';
import { controlPlaneStack, dataPlaneStack, templates } from './synthesized-planes.ts';

/** What docs/permissions.md says of policies that lie with resources. */

const stacks = [dataPlaneStack, controlPlaneStack] as const;

function resourcesOf(type: string): [stack: string, id: string, properties: Record<string, unknown>][] {
  return stacks.flatMap((stack) =>
    Object.entries(templates[stack]?.Resources ?? {})
      .filter(([, { Type }]) => Type === type)
      .map(([id, { Properties }]): [string, string, Record<string, unknown>] => [stack, id, Properties]),
  );
}

function statementsOfAll(type: string): ResourceStatement[] {
  return resourcesOf(type).flatMap(([stack, id]) => resourceStatements(templates, stack, id));
}

const withoutTls = { Bool: { 'aws:SecureTransport': ['false'] } };

describe('policies of resources', () => {
  it('let principals of the account use a key by their own policies, and nobody but the proxy open a credential', () => {
    const statements = statementsOfAll('AWS::KMS::Key');

    const root = `arn:aws:iam::${account}:root`;
    const allowed = statements.filter(({ effect }) => effect === 'Allow');
    const refused = statements.filter(({ effect }) => effect === 'Deny');
    expect(allowed.map(({ principals }) => principals)).toEqual([[root], [root]]);
    expect(refused).toMatchObject([
      {
        principals: ['*'],
        actions: ['kms:CreateGrant', 'kms:Decrypt', 'kms:ReEncryptFrom'],
        condition: { ArnNotEquals: { 'aws:PrincipalArn': [roleArn('proxy')] } },
      },
    ]);
  });

  it('let nobody in another account send to a queue, and nobody at all without TLS', () => {
    const queues = resourcesOf('AWS::SQS::Queue').map(([stack, id]) => resourceName(stack, id));

    const statements = statementsOfAll('AWS::SQS::QueuePolicy');

    expect(statements.map(({ effect, actions, condition }) => [effect, actions, condition])).toEqual(
      queues.map(() => ['Deny', ['sqs:*'], withoutTls]),
    );
    expect(statements.flatMap(({ resources }) => resources)).toEqual(queues);
  });

  it('let alarms of this account publish to the topic of alarms, with TLS', () => {
    const statements = statementsOfAll('AWS::SNS::TopicPolicy');

    const allowed = statements.filter(({ effect }) => effect === 'Allow');
    const refused = statements.filter(({ effect }) => effect === 'Deny');
    expect(allowed).toMatchObject([
      {
        principals: ['cloudwatch.amazonaws.com'],
        actions: ['sns:Publish'],
        resources: [resourceArn('alarm topic')],
        condition: { ArnLike: { 'aws:SourceArn': [expect.stringMatching(`:${account}:alarm:\\*$`)] } },
      },
    ]);
    expect(refused).toMatchObject([{ principals: ['*'], actions: ['sns:Publish'], condition: withoutTls }]);
  });

  it('let API Gateway invoke the alias of a function for the API of the same stack, and nobody else', () => {
    const permissions = resourcesOf('AWS::Lambda::Permission');

    const seen = permissions.map(([stack, , { Principal, Action, SourceArn, FunctionName }]) => ({
      Principal,
      Action,
      source: resolve(templates, stack, SourceArn).includes(`:${account}:${resourceName(stack, '')}`),
      alias: resolve(templates, stack, FunctionName).includes('Live'),
    }));

    expect(seen.length).toBeGreaterThanOrEqual(4);
    for (const permission of seen) {
      expect(permission).toEqual({
        Principal: 'apigateway.amazonaws.com',
        Action: 'lambda:InvokeFunction',
        source: true,
        alias: true,
      });
    }
  });

  it('are the only ones: no table, secret or function has a policy besides', () => {
    const types = ['AWS::SecretsManager::ResourcePolicy', 'AWS::Lambda::Url', 'AWS::Logs::ResourcePolicy'];

    const others = types.flatMap((type) => resourcesOf(type));
    const tablesWithPolicy = resourcesOf('AWS::DynamoDB::GlobalTable').filter(([, , properties]) =>
      JSON.stringify(properties).includes('ResourcePolicy'),
    );

    expect(others).toEqual([]);
    expect(tablesWithPolicy).toEqual([]);
  });
});
