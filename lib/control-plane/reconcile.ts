import { Duration, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { Function } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { bundlePath } from '../compute/bundles.ts';
import { FailureQueue } from '../compute/failure-queue.ts';
import { GatehouseFunction } from '../compute/gatehouse-function.ts';
import { grantActions } from '../storage/table-access.ts';
import { grantReconcileAccess } from './control-plane-access.ts';
import { controlPlaneEnvironment } from './control-plane-environment.ts';
import type { ControlPlaneScope } from './control-plane-environment.ts';

export interface ReconcileOptions {
  /**
   * Time between two runs, whole minutes.
   *
   * @default Duration.minutes(15)
   */
  readonly interval?: Duration;

  /**
   * Folder with the built bundle.
   *
   * @default - what `npm run build` made
   */
  readonly codePath?: string;

  /**
   * How long log lines are kept.
   *
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetention?: RetentionDays;
}

export interface ReconcileProps extends ControlPlaneScope, ReconcileOptions {}

/**
 * Compares published policy with what it should be, and finishes what a failed call left undone, on a schedule. It holds no right on
 * the vault key: it can delete a credential and neither make nor open one.
 */
export class Reconcile extends Construct {
  readonly function: Function;
  readonly role: IRole;
  readonly schedule: CfnSchedule;
  /** Runs that did not begin, or failed to the end. */
  readonly failures: IQueue;

  constructor(scope: Construct, id: string, props: ReconcileProps) {
    super(scope, id);
    const interval = props.interval ?? Duration.minutes(15);
    validateInterval(interval);
    this.failures = new FailureQueue(this, 'Failures').queue;
    const reconcile = new GatehouseFunction(this, 'Resource', {
      codePath: props.codePath ?? bundlePath('reconcile'),
      description: 'Gatehouse control plane: repairs drift between the planes',
      memorySize: 512,
      timeout: Duration.minutes(15),
      environment: controlPlaneEnvironment(this, props),
      deadLetterQueue: this.failures,
      ...(props.logRetention !== undefined && { logRetention: props.logRetention }),
    });
    this.function = reconcile.function;
    this.role = reconcile.role;
    grantReconcileAccess(reconcile.role, props.tables, props.dataPlanes);
    this.schedule = this.#schedule(interval);
  }

  /** The construct of aws-scheduler-targets would allow every version of the function too, by a wildcard. */
  #schedule(interval: Duration): CfnSchedule {
    const role = new Role(this, 'ScheduleRole', { assumedBy: this.#schedulerOfThisAccount() });
    grantActions(role, ['lambda:InvokeFunction'], this.function.functionArn);
    grantActions(role, ['sqs:SendMessage'], this.failures.queueArn);
    const minutes = interval.toMinutes();
    const schedule = new CfnSchedule(this, 'Schedule', {
      description: 'Runs the Gatehouse reconcile function',
      scheduleExpression: `rate(${minutes} ${minutes === 1 ? 'minute' : 'minutes'})`,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: this.function.functionArn,
        roleArn: role.roleArn,
        deadLetterConfig: { arn: this.failures.queueArn },
        // The next run does what a missed one would have done.
        retryPolicy: { maximumEventAgeInSeconds: interval.toSeconds(), maximumRetryAttempts: 2 },
      },
    });
    schedule.node.addDependency(role);
    return schedule;
  }

  /**
   * Without the conditions a schedule of another account could make EventBridge Scheduler use the role. The source is a schedule's
   * group, never the schedule; ours is in the default one.
   *
   * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
   */
  #schedulerOfThisAccount(): ServicePrincipal {
    const stack = Stack.of(this);
    const group = stack.formatArn({ service: 'scheduler', resource: 'schedule-group', resourceName: 'default' });
    return new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': stack.account, 'aws:SourceArn': group } },
    });
  }
}

function validateInterval(interval: Duration): void {
  const minutes = interval.toMinutes({ integral: false });
  if (Number.isInteger(minutes) && minutes >= 1 && minutes <= 1440) return;
  throw new Error(`\`interval\` must be 1 to 1440 whole minutes, got: ${interval.toHumanString()}`);
}
