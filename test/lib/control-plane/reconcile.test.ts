import { Duration } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { ControlTables } from '../../../lib/control-plane/control-tables.ts';
import { Reconcile } from '../../../lib/control-plane/reconcile.ts';
import { bundleFolder, emptyStack, identityStatements, onlyResource, resourcesOf } from '../synthesize.ts';
import { managedDataPlane } from './managed-data-planes.ts';

function synthesizeReconcile(interval?: Duration): Template {
  const stack = emptyStack();
  new Reconcile(stack, 'Reconcile', {
    tables: new ControlTables(stack, 'Tables'),
    dataPlanes: [managedDataPlane(stack)],
    codePath: bundleFolder(),
    ...(interval !== undefined && { interval }),
  });
  return Template.fromStack(stack);
}

describe('Reconcile', () => {
  it.each([
    [undefined, 'rate(15 minutes)', 900],
    [Duration.minutes(1), 'rate(1 minute)', 60],
    [Duration.hours(2), 'rate(120 minutes)', 7200],
  ])('runs every %s', (interval, expression, seconds) => {
    const template = synthesizeReconcile(interval);

    const { Properties } = onlyResource(template, 'AWS::Scheduler::Schedule');

    expect(Properties).toMatchObject({
      ScheduleExpression: expression,
      Target: { RetryPolicy: { MaximumEventAgeInSeconds: seconds } },
    });
  });

  it('keeps runs that did not begin or failed to the end in one queue', () => {
    const template = synthesizeReconcile();
    const queue = { 'Fn::GetAtt': [expect.stringMatching(/^ReconcileFailures/), 'Arn'] };

    const schedule = onlyResource(template, 'AWS::Scheduler::Schedule').Properties;
    const reconcile = onlyResource(template, 'AWS::Lambda::Function').Properties;

    expect(schedule).toMatchObject({ Target: { DeadLetterConfig: { Arn: queue } } });
    expect(reconcile).toMatchObject({ Timeout: 900, DeadLetterConfig: { TargetArn: queue } });
  });

  it('lets the schedule invoke that function and use that queue, and nothing by wildcard', () => {
    const template = synthesizeReconcile();

    const granted = identityStatements(template).filter(({ actions }) => actions.includes('lambda:InvokeFunction'));

    expect(granted.map(({ actions, resources }) => [actions, resources])).toEqual([
      [['lambda:InvokeFunction'], [expect.stringMatching(/^\{"Fn::GetAtt":\["Reconcile[0-9A-F]+","Arn"\]\}$/)]],
    ]);
    expect(
      identityStatements(template)
        .flatMap(({ actions }) => actions)
        .join(),
    ).not.toContain('*');
  });

  it('lends its role to schedules of this account and group only', () => {
    const template = synthesizeReconcile();

    const [trust] = Object.entries(resourcesOf(template, 'AWS::IAM::Role'))
      .filter(([id]) => id.startsWith('ReconcileScheduleRole'))
      .map(([, { Properties }]) => Properties['AssumeRolePolicyDocument']);

    const account = { Ref: 'AWS::AccountId' };
    expect(trust).toMatchObject({
      Statement: [
        {
          Principal: { Service: 'scheduler.amazonaws.com' },
          Condition: {
            StringEquals: {
              'aws:SourceAccount': account,
              'aws:SourceArn': {
                'Fn::Join': [
                  '',
                  [expect.stringMatching(/^arn:aws:scheduler:eu-west-1:$/), account, ':schedule-group/default'],
                ],
              },
            },
          },
        },
      ],
    });
  });

  it('holds no right on the key of stored credentials', () => {
    const template = synthesizeReconcile();

    const onKey = identityStatements(template).filter(({ resources }) => resources.join().includes('key/1234abcd'));

    expect(onKey.map(({ effect, actions }) => [effect, actions])).toEqual([
      ['Deny', ['kms:CreateGrant', 'kms:Decrypt', 'kms:PutKeyPolicy', 'kms:ReEncryptFrom', 'kms:ReEncryptTo']],
    ]);
  });

  it.each([Duration.seconds(90), Duration.minutes(0), Duration.days(2)])('refuses to run every %s', (interval) => {
    const build = () => synthesizeReconcile(interval);

    expect(build).toThrow('`interval` must be 1 to 1440 whole minutes, got: ');
  });
});
