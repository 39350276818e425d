import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Alarm, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Alias } from 'aws-cdk-lib/aws-lambda';
import type { IVersion } from 'aws-cdk-lib/aws-lambda';
import { describe, expect, it } from 'vitest';
import { GatehouseFunction } from '../../../lib/compute/gatehouse-function.ts';
import { GradualRelease } from '../../../lib/compute/gradual-release.ts';
import type { GradualReleaseProps } from '../../../lib/compute/gradual-release.ts';
import { monitoredStacks } from '../observability/monitored-stacks.ts';
import { bundleFolder, emptyStack, identityStatements, onlyResource, resourcesOf } from '../synthesize.ts';

function aliasIn(stack: Stack, description = 'test'): Alias {
  const { function: served } = new GatehouseFunction(stack, 'Function', { codePath: bundleFolder(), description });
  return new Alias(stack, 'Live', { aliasName: 'live', version: served.currentVersion as IVersion });
}

function synthesizeRelease(props: Partial<GradualReleaseProps> = {}, stack = emptyStack()): Template {
  new GradualRelease(stack, 'Release', { alias: aliasIn(stack), ...props });
  return Template.fromStack(stack);
}

function aliasOf(template: Template) {
  return onlyResource(template, 'AWS::Lambda::Alias') as ReturnType<typeof onlyResource> & {
    readonly UpdatePolicy?: Record<string, unknown>;
    readonly DependsOn?: readonly string[];
  };
}

const groupId = expect.stringMatching(/^Release[0-9A-F]{8}$/);

describe('GradualRelease', () => {
  it.each([
    [undefined, 'CodeDeployDefault.LambdaCanary10Percent5Minutes'],
    ['linear', 'CodeDeployDefault.LambdaLinear10PercentEvery1Minute'],
  ] as const)('at the pace %s moves the alias by %s, and back on a failure, a stop or an alarm', (pace, expected) => {
    const template = synthesizeRelease({ ...(pace !== undefined && { pace }) });

    const { Properties } = onlyResource(template, 'AWS::CodeDeploy::DeploymentGroup');

    expect(Properties).toMatchObject({
      DeploymentConfigName: expected,
      DeploymentStyle: { DeploymentType: 'BLUE_GREEN', DeploymentOption: 'WITH_TRAFFIC_CONTROL' },
      AutoRollbackConfiguration: {
        Enabled: true,
        Events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_REQUEST', 'DEPLOYMENT_STOP_ON_ALARM'],
      },
      AlarmConfiguration: { Enabled: true, Alarms: [{ Name: { Ref: expect.stringContaining('NewVersionErrors') } }] },
    });
  });

  it('hands the alias to CodeDeploy, and makes it wait for the group and for the rights of its role', () => {
    const template = synthesizeRelease();

    const alias = aliasOf(template);
    const group = onlyResource(template, 'AWS::CodeDeploy::DeploymentGroup') as unknown as { DependsOn: string[] };

    expect(alias.UpdatePolicy).toEqual({
      CodeDeployLambdaAliasUpdate: {
        ApplicationName: { Ref: expect.stringMatching(/^ReleaseApplication/) },
        DeploymentGroupName: { Ref: groupId },
      },
    });
    expect(alias.DependsOn).toEqual([groupId]);
    expect(group.DependsOn).toContainEqual(expect.stringMatching(/^ReleaseRoleDefaultPolicy/));
  });

  it('refers to the alias nowhere, since the alias waits for all of it', () => {
    const template = synthesizeRelease();
    const { Resources } = template.toJSON() as { Resources: Record<string, unknown> };
    const [aliasId = ''] = Object.keys(resourcesOf(template, 'AWS::Lambda::Alias'));

    const referring = Object.entries(Resources).filter(([, resource]) => JSON.stringify(resource).includes(aliasId));

    expect(aliasId).toMatch(/^Live/);
    expect(referring.map(([id]) => id)).toEqual([]);
  });

  it('rings at the first error of the version it releases', () => {
    const template = synthesizeRelease();

    const { Properties } = onlyResource(template, 'AWS::CloudWatch::Alarm');

    expect(Properties).toMatchObject({
      Namespace: 'AWS/Lambda',
      MetricName: 'Errors',
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      TreatMissingData: 'notBreaching',
      Dimensions: [
        {
          Name: 'ExecutedVersion',
          Value: { 'Fn::GetAtt': [expect.stringMatching(/^FunctionCurrentVersion/), 'Version'] },
        },
        { Name: 'FunctionName', Value: { Ref: expect.stringMatching(/^Function/) } },
        { Name: 'Resource', Value: { 'Fn::Join': ['', [{ Ref: expect.stringMatching(/^Function/) }, ':live']] } },
      ],
    });
  });

  it('is taken back by every alarm it is given, beside its own', () => {
    const stack = emptyStack();
    const metric = new Metric({ namespace: 'Test', metricName: 'Errors' });
    const errors = new Alarm(stack, 'Errors', { metric, threshold: 1, evaluationPeriods: 1 });

    const template = synthesizeRelease({ alarms: [errors] }, stack);

    const { Properties } = onlyResource(template, 'AWS::CodeDeploy::DeploymentGroup');
    expect(Properties).toMatchObject({
      AlarmConfiguration: {
        Alarms: [
          { Name: { Ref: expect.stringMatching(/^ReleaseNewVersionErrors/) } },
          { Name: { Ref: expect.stringMatching(/^Errors/) } },
        ],
      },
    });
  });

  it('has a role that moves this alias, reads states of alarms and does nothing else, for groups of its application', () => {
    const template = synthesizeRelease();
    const functionArn = expect.stringMatching(/^\{"Fn::GetAtt":\["Function[0-9A-F]+","Arn"\]\}$/);

    const granted = identityStatements(template)
      .filter(({ actions }) => !actions.some((action) => action.startsWith('logs:')))
      .map(({ actions, resources }) => [actions, resources]);
    const role = resourcesOf(template, 'AWS::IAM::Role');
    const release = Object.entries(role).find(([id]) => id.startsWith('ReleaseRole'))?.[1].Properties;

    expect(granted).toEqual([
      [
        ['lambda:GetAlias', 'lambda:GetProvisionedConcurrencyConfig', 'lambda:UpdateAlias'],
        [functionArn, expect.stringContaining(':live')],
      ],
      [['cloudwatch:DescribeAlarms'], ['"*"']],
    ]);
    expect(release).not.toHaveProperty('ManagedPolicyArns');
    expect(JSON.stringify(release)).toContain('"ArnLike":{"aws:SourceArn"');
    expect(JSON.stringify(release)).toContain(':deploymentgroup:');
  });

  it('makes a new version of a changed setting, which is a release like one of changed code', () => {
    const versionOf = (description: string) => {
      const stack = emptyStack();
      new GradualRelease(stack, 'Release', { alias: aliasIn(stack, description) });
      return JSON.stringify(aliasOf(Template.fromStack(stack)).Properties['FunctionVersion']);
    };

    const [before, after] = ['one', 'another'].map(versionOf);

    expect(before).not.toEqual(after);
  });
});

describe('the setting `release`', () => {
  it('leaves everything of CodeDeploy out when it is `all-at-once`', () => {
    const { both } = monitoredStacks({ release: 'all-at-once' });

    const found = both.map((template) => JSON.stringify(template.toJSON()).includes('CodeDeploy'));

    expect(found).toEqual([false, false]);
  });

  it.each(['canary', 'linear'] as const)(
    'keeps type, name and logical id of both aliases when it is `%s`',
    (release) => {
      const identities = (template: Template) =>
        Object.entries(resourcesOf(template, 'AWS::Lambda::Alias')).map(([id, { Properties }]) => [
          id,
          Properties['Name'],
          Properties['FunctionName'],
        ]);

      const [gradual, atOnce] = [release, 'all-at-once' as const].map((setting) =>
        monitoredStacks({ release: setting }).both.map(identities),
      );

      expect(gradual).toEqual(atOnce);
    },
  );

  it('releases the proxy on its error rate and the admin function on its API', () => {
    const { both } = monitoredStacks();

    const alarms = both.map((template) =>
      JSON.stringify(onlyResource(template, 'AWS::CodeDeploy::DeploymentGroup').Properties['AlarmConfiguration']),
    );

    expect(alarms[0]).toContain('AlarmsGatewayErrors');
    expect(alarms[1]).toContain('AlarmsAdminErrors');
  });

  it('still takes a crashing version back without any other alarm, and without anybody to tell', () => {
    const { dataPlane } = monitoredStacks({ monitoring: { alarms: false } });

    const alarm = onlyResource(dataPlane, 'AWS::CloudWatch::Alarm').Properties;
    const group = onlyResource(dataPlane, 'AWS::CodeDeploy::DeploymentGroup').Properties;

    expect(alarm).not.toHaveProperty('AlarmActions');
    expect(group).toMatchObject({
      AlarmConfiguration: { Alarms: [{ Name: { Ref: expect.stringContaining('NewVersionErrors') } }] },
    });
  });

  it('goes with provisioned concurrency on the alias', () => {
    const { dataPlane } = monitoredStacks({ proxy: { provisionedConcurrentExecutions: 2 } });

    const alias = aliasOf(dataPlane);

    expect(alias.Properties).toMatchObject({
      ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 2 },
    });
    expect(alias.UpdatePolicy).toHaveProperty('CodeDeployLambdaAliasUpdate');
  });
});
