import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Runtime } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { describe, expect, it } from 'vitest';
import { GatehouseFunction } from '../../../lib/compute/gatehouse-function.ts';
import { bundleFolder, emptyStack, identityStatements, onlyResource } from '../synthesize.ts';

describe('GatehouseFunction', () => {
  it('runs the bundle on Node 24 on arm64, with JSON logs kept for 30 days', () => {
    const stack = emptyStack();

    new GatehouseFunction(stack, 'Function', { codePath: bundleFolder(), description: 'test' });

    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      MemorySize: 512,
      Timeout: 30,
      LoggingConfig: { LogFormat: 'JSON', LogGroup: stack.resolve(logGroupOf(template)) },
    });
    template.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 30 });
  });

  it('has a role of its own that may write its own log group and nothing else', () => {
    const stack = emptyStack();

    new GatehouseFunction(stack, 'Function', { codePath: bundleFolder(), description: 'test' });

    const template = Template.fromStack(stack);
    expect(onlyResource(template, 'AWS::IAM::Role').Properties).not.toHaveProperty('ManagedPolicyArns');
    expect(identityStatements(template)).toMatchObject([
      {
        effect: 'Allow',
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [expect.stringMatching(/"FunctionLogs\w+","Arn"/)],
      },
    ]);
  });

  it('takes every setting', () => {
    const stack = emptyStack();

    new GatehouseFunction(stack, 'Function', {
      codePath: bundleFolder(),
      description: 'test',
      environment: { NAME: 'value' },
      memorySize: 1024,
      timeout: Duration.minutes(5),
      reservedConcurrentExecutions: 7,
      logRetention: RetentionDays.ONE_WEEK,
      runtime: Runtime.NODEJS_22_X,
    });

    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs22.x',
      MemorySize: 1024,
      Timeout: 300,
      ReservedConcurrentExecutions: 7,
      Environment: { Variables: { NAME: 'value', OTEL_SERVICE_NAME: stack.stackName } },
    });
    template.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 7 });
  });

  it('is told the name of its stack, which alarms look for, and no other', () => {
    const stack = new Stack(new App({ analyticsReporting: false }), 'Id', {
      stackName: 'Gatehouse-DataPlane-eu-west-1',
    });

    new GatehouseFunction(stack, 'Function', {
      codePath: bundleFolder(),
      description: 'test',
      environment: { OTEL_SERVICE_NAME: 'other' },
    });

    Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { OTEL_SERVICE_NAME: 'Gatehouse-DataPlane-eu-west-1' } },
    });
  });

  it('says which command makes a missing bundle', () => {
    const empty = mkdtempSync(join(tmpdir(), 'gatehouse-empty-'));

    const build = () => new GatehouseFunction(emptyStack(), 'Function', { codePath: empty, description: 'test' });

    expect(build).toThrow(`no bundle index.cjs in \`codePath\`, run \`npm run build\` first, got: ${empty}`);
  });
});

function logGroupOf(template: Template): { Ref: string } {
  const [id] = Object.keys(template.findResources('AWS::Logs::LogGroup'));
  if (id === undefined) throw new Error('no log group');
  return { Ref: id };
}
