import { Stack, Validations } from 'aws-cdk-lib';
import { Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Alarm, IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { LambdaApplication, LambdaDeploymentConfig, LambdaDeploymentGroup } from 'aws-cdk-lib/aws-codedeploy';
import type { ILambdaApplication } from 'aws-cdk-lib/aws-codedeploy';
import { Grant, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { operatorAlarm } from '../observability/operator-alarm.ts';
import { grantActions } from '../storage/table-access.ts';

export interface GradualReleaseProps {
  /** Alias that callers invoke, and that is moved to a new version step by step. */
  readonly alias: Alias;

  /**
   * `canary` sends 10 % of calls to the new version for five minutes and then all; `linear` 10 % more each minute.
   *
   * @default 'canary'
   */
  readonly pace?: 'canary' | 'linear';

  /**
   * Alarms that take a release back, beside the one on errors of the new version itself.
   *
   * @default - none
   */
  readonly alarms?: readonly IAlarm[];

  /**
   * Who hears of errors of the new version.
   *
   * @default - nobody; the release is taken back all the same
   */
  readonly topic?: ITopic;

  /**
   * Existing CodeDeploy application.
   *
   * @default - a new one
   */
  readonly application?: ILambdaApplication;
}

/**
 * Moves an alias to a new version step by step, and back when an alarm rings. CloudFormation hands the alias's update to CodeDeploy and
 * waits; a release taken back fails the deployment, and the stack goes back with it. An alias that is made for the first time points
 * to its version at once.
 *
 * Nothing here refers to the alias itself, only to its function, its version and its name: the alias's update waits for this, alarms
 * included, and a reference would be a cycle.
 *
 * @example
 *
 *    new GradualRelease(this, 'Release', { alias: dataPlane.proxy.alias, alarms: [errors] });
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-updatepolicy.html
 */
export class GradualRelease extends Construct {
  readonly deploymentGroup: LambdaDeploymentGroup;
  readonly role: IRole;
  /** Rings at the first call that the new version fails. */
  readonly newVersionErrors: Alarm;

  constructor(scope: Construct, id: string, props: GradualReleaseProps) {
    super(scope, id);
    const { alias } = props;
    this.newVersionErrors = this.#newVersionErrors(props);
    const application = props.application ?? new LambdaApplication(this, 'Application');
    const role = this.#serviceRole(application, alias);
    this.role = role;
    this.deploymentGroup = new LambdaDeploymentGroup(this, 'Resource', {
      application,
      alias,
      // CDK would attach a managed policy that may move every alias of the account.
      role: role.withoutPolicyUpdates(),
      deploymentConfig: paces[props.pace ?? 'canary'],
      alarms: [this.newVersionErrors, ...(props.alarms ?? [])],
      autoRollback: { failedDeployment: true, stoppedDeployment: true, deploymentInAlarm: true },
    });
    // Without its rights CodeDeploy would fail the first release after an upgrade, which makes both in one deployment.
    this.deploymentGroup.node.addDependency(role);
    // The resource itself, not the construct: rights to invoke the alias are its children and wait for nothing.
    alias.node.defaultChild?.node.addDependency(this.deploymentGroup);
  }

  /**
   * The function answers whatever goes wrong in a request, so an error here is a crash, a failed start, or a time-out that nobody can
   * reach within a release: one is enough.
   *
   * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
   */
  #newVersionErrors({ alias, topic }: GradualReleaseProps): Alarm {
    const { functionName } = alias.lambda;
    return operatorAlarm(this, 'NewVersionErrors', {
      meaning: 'The new version of the function crashed or did not start, while a release sent it its first calls.',
      metric: new Metric({
        namespace: 'AWS/Lambda',
        metricName: 'Errors',
        dimensionsMap: {
          FunctionName: functionName,
          Resource: `${functionName}:${alias.aliasName}`,
          ExecutedVersion: alias.version.version,
        },
        statistic: 'Sum',
      }),
      minutes: 1,
      threshold: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      ...(topic !== undefined && { topic }),
    });
  }

  /** @see https://docs.aws.amazon.com/codedeploy/latest/userguide/security_confused_deputy.html */
  #serviceRole(application: ILambdaApplication, alias: Alias): Role {
    const stack = Stack.of(this);
    const groups = stack.formatArn({
      service: 'codedeploy',
      resource: `deploymentgroup:${application.applicationName}`,
      resourceName: '*',
    });
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('codedeploy.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': stack.account }, ArnLike: { 'aws:SourceArn': groups } },
      }),
    });
    const { functionArn } = alias.lambda;
    for (const resource of [functionArn, `${functionArn}:${alias.aliasName}`]) {
      grantActions(role, ['lambda:GetAlias', 'lambda:GetProvisionedConcurrencyConfig', 'lambda:UpdateAlias'], resource);
    }
    grantAlarmStates(role);
    return role;
  }
}

const paces = {
  canary: LambdaDeploymentConfig.CANARY_10PERCENT_5MINUTES,
  linear: LambdaDeploymentConfig.LINEAR_10PERCENT_EVERY_1MINUTE,
} as const;

function grantAlarmStates(role: Role): void {
  Grant.addToPrincipal({ grantee: role, actions: ['cloudwatch:DescribeAlarms'], resourceArns: ['*'] });
  Validations.of(role).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason:
      'Reads names and states of alarms, as the managed policy of AWS for this role does; AWS does not say with which names CodeDeploy asks, and a refused question stops every release.',
  });
}
