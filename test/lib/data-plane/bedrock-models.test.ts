import { App, Stack, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { CfnApplicationInferenceProfile } from 'aws-cdk-lib/aws-bedrock';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { grantModels } from '../../../lib/data-plane/bedrock-models.ts';
import { isAllowed, parseTemplate, type Statement, statementsOf } from '../permissions/iam-evaluator.ts';
import { emptyStack, featureFlags } from '../synthesize.ts';
import { readFindings } from '../variants/variant.ts';

const account = '111122223333';
const ofOwn = (profile: string) => `arn:aws:bedrock:eu-west-1:${account}:${profile}`;
const model = (name: string, region = 'eu-west-1') => `arn:aws:bedrock:${region}::foundation-model/${name}`;

function roleIn(stack: Stack): Role {
  return new Role(stack, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
}

function statementsFor(models: 'all' | readonly string[], stack = emptyStack()): Statement[] {
  const role = roleIn(stack);
  grantModels(role, models);
  return statementsFrom(stack, role);
}

function statementsFrom(stack: Stack, role: Role): Statement[] {
  const id = stack.getLogicalId(role.node.defaultChild as never);
  return statementsOf({ Test: parseTemplate(Template.fromStack(stack).toJSON()) }, 'Test', id);
}

function may(statements: readonly Statement[], resource: string, through?: string): boolean {
  const context = through === undefined ? {} : { 'bedrock:InferenceProfileArn': [through] };
  return isAllowed(statements, { action: 'bedrock:InvokeModel', resource, context });
}

describe('grantModels', () => {
  it('allows nothing where nothing is named', () => {
    const statements = statementsFor([]);

    expect(statements).toEqual([]);
  });

  it('reaches with `all` what is in the region, and models of other regions through a profile of the region only', () => {
    const statements = statementsFor('all');

    const european = ofOwn('inference-profile/eu.anthropic.claude-sonnet-5');
    const verdicts = [
      may(statements, model('amazon.nova-pro-v1:0')),
      may(statements, european),
      may(statements, ofOwn('application-inference-profile/abc123')),
      may(statements, model('anthropic.claude-sonnet-5', 'eu-north-1'), european),
      may(statements, model('anthropic.claude-sonnet-5', ''), ofOwn('application-inference-profile/abc123')),
      may(statements, model('anthropic.claude-sonnet-5', 'eu-north-1')),
      may(statements, european.replace('eu-west-1', 'us-east-1')),
      may(statements, model('x', 'us-east-1'), european.replace('eu-west-1', 'us-east-1')),
    ];
    expect(verdicts).toEqual([true, true, true, true, true, false, false, false]);
  });

  it('takes the region of an ARN, and the models that its profile routes to', () => {
    const profile = `arn:aws:bedrock:us-east-1:${account}:inference-profile/us.amazon.nova-pro-v1:0`;
    const worldwide = `arn:aws:bedrock:us-east-1:${account}:inference-profile/global.amazon.nova-2-lite-v1:0`;

    const statements = statementsFor([profile, worldwide, model('cohere.rerank-v3-5:0', 'us-west-2')]);

    const verdicts = [
      may(statements, profile),
      may(statements, model('amazon.nova-pro-v1:0', 'us-west-2'), profile),
      may(statements, model('amazon.nova-2-lite-v1:0', 'us-east-1'), worldwide),
      may(statements, model('amazon.nova-2-lite-v1:0', ''), worldwide),
      may(statements, model('cohere.rerank-v3-5:0', 'us-west-2')),
      may(statements, model('amazon.nova-pro-v1:0', 'us-west-2')),
      may(statements, model('amazon.nova-2-lite-v1:0', 'eu-west-1'), worldwide),
      may(statements, model('cohere.rerank-v3-5:0', 'eu-west-1')),
    ];
    expect(verdicts).toEqual([true, true, true, true, true, false, false, false]);
  });

  it('reaches whatever an application inference profile stands for, given by ARN or by reference', () => {
    const stack = emptyStack();
    const role = roleIn(stack);
    const created = new CfnApplicationInferenceProfile(stack, 'Profile', { inferenceProfileName: 'team' });
    const known = ofOwn('application-inference-profile/abc123');

    grantModels(role, [known, created.attrInferenceProfileArn]);

    const statements = statementsFrom(stack, role);
    const referred = statements.flatMap(({ resources }) => resources).find((arn) => arn.startsWith('arn:Test/Profile'));
    expect(may(statements, model('any', 'us-east-1'), known)).toBe(true);
    expect(may(statements, referred ?? '')).toBe(true);
    expect(may(statements, model('any', 'us-east-1'), referred)).toBe(true);
    expect(may(statements, model('any', 'us-east-1'))).toBe(false);
  });

  it.each([
    ['anthropic.claude-*', model('anthropic.claude-haiku-4-5'), model('amazon.nova-pro-v1:0')],
    ['eu.*', ofOwn('inference-profile/eu.anthropic.claude-sonnet-5'), ofOwn('inference-profile/us.amazon.nova')],
    ['deepseek.v3.2', model('deepseek.v3.2'), ofOwn('inference-profile/deepseek.v3.2')],
    ['us-gov.anthropic.claude', ofOwn('inference-profile/us-gov.anthropic.claude'), model('us-gov.anthropic.claude')],
  ])('reads %s as what it names', (name, named, other) => {
    const statements = statementsFor([name]);

    expect([may(statements, named), may(statements, other)]).toEqual([true, false]);
  });

  it.each([
    '*',
    'claude-sonnet-5',
    'arn:aws:bedrock:*:*:*',
    'arn:aws:bedrock:eu-west-1:111122223333:guardrail/abc',
    'arn:aws:s3:::bucket',
    'anthropic.claude sonnet',
  ])('refuses %s, which names no model', (name) => {
    const build = () => statementsFor([name]);

    expect(build).toThrow(`\`bedrock\` must name models or inference profiles by id or ARN, got: ${name}`);
  });

  it.each([
    ['a stack of no certain region', undefined],
    ['a stack of one', { region: 'eu-west-1' }],
  ])('leaves cdk-nag no wildcard unexplained, in %s', (_name, env) => {
    const app = new App({ context: featureFlags, analyticsReporting: false });
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    const stack = new Stack(app, 'Test', { ...(env !== undefined && { env }) });
    const roles = ['One', 'Other'].map(
      (id) => new Role(stack, id, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }),
    );

    grantModels(roles[0]!, ['eu.anthropic.claude-sonnet-5', 'global.amazon.nova-*', 'amazon.*']);
    grantModels(roles[1]!, 'all');

    expect(readFindings(app.synth().directory)).toEqual([]);
  });
});
