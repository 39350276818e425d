import type { Duration } from 'aws-cdk-lib';
import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { faults, measured } from './measured.ts';
import { operatorAlarm } from './operator-alarm.ts';
import type { OperatorAlarmProps } from './operator-alarm.ts';

export interface ControlPlaneAlarmsProps {
  readonly controlPlane: ControlPlane;

  /** Time between two reconcile runs. */
  readonly reconcileInterval: Duration;

  /**
   * Who hears of them.
   *
   * @default - nobody; they show in CloudWatch
   */
  readonly topic?: ITopic;
}

/** What should call a person about the control plane, each explained in `docs/monitoring.md`. */
export class ControlPlaneAlarms extends Construct {
  /** All of them, by their ids. */
  readonly alarms: ReadonlyMap<string, Alarm>;
  /** Those that speak against a new version of the admin function. */
  readonly againstRelease: readonly Alarm[];
  readonly #alarms = new Map<string, Alarm>();
  readonly #topic: ITopic | undefined;

  constructor(scope: Construct, id: string, props: ControlPlaneAlarmsProps) {
    super(scope, id);
    this.#topic = props.topic;
    this.alarms = this.#alarms;
    this.againstRelease = [this.#adminErrors(props.controlPlane)];
    this.#add('AdminThrottles', {
      meaning: 'Lambda turned calls of the admin API away: model traffic uses what the account may run at a time.',
      metric: props.controlPlane.admin.function.metricThrottles({ statistic: 'Sum' }),
      threshold: 1,
    });
    this.#add('UnexpectedErrors', {
      meaning: 'A function of the control plane met an error that its code does not foresee.',
      metric: faults(props.controlPlane, 'unexpected-error'),
      threshold: 1,
    });
    this.#reconcile(props);
  }

  #add(id: string, props: Omit<OperatorAlarmProps, 'topic'>): Alarm {
    const alarm = operatorAlarm(this, id, { ...props, ...(this.#topic !== undefined && { topic: this.#topic }) });
    this.#alarms.set(id, alarm);
    return alarm;
  }

  /** A crash of the function is a 5xx of its API, so that this one alarm knows of both. */
  #adminErrors({ api }: ControlPlane): Alarm {
    return this.#add('AdminErrors', {
      meaning: 'The admin API answered 5xx.',
      metric: api.api.metricServerError({ statistic: 'Sum' }),
      minutes: 1,
      threshold: 3,
    });
  }

  #reconcile({ controlPlane, reconcileInterval }: ControlPlaneAlarmsProps): void {
    const { reconcile } = controlPlane;
    const minutes = reconcileInterval.toMinutes();
    this.#add('ReconcileStopped', {
      meaning: 'Reconcile did not run for three intervals: drift and unfinished erasures stay.',
      metric: reconcile.function.metricInvocations({ statistic: 'Sum' }),
      minutes,
      threshold: 0,
      below: true,
      evaluationPeriods: 3,
      // Here silence is the fault.
      treatMissingData: TreatMissingData.BREACHING,
    });
    this.#add('ReconcileFailures', {
      meaning: 'Reconcile runs that did not begin or failed three times lie in the dead-letter queue.',
      metric: reconcile.failures.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum' }),
      threshold: 1,
      // SQS measures nothing of a queue that nobody touched for hours, though the message is still there.
      treatMissingData: TreatMissingData.IGNORE,
    });
    this.#add('PolicyDrift', {
      meaning: 'Published policy differed from the records it is made of in two of three reconcile runs.',
      metric: measured(controlPlane, 'policyDrift', { statistic: 'Maximum' }),
      minutes,
      threshold: 1,
      // What one run finds it mends: an admin call that was cut short leaves such a difference, and no more than one.
      evaluationPeriods: 3,
      datapointsToAlarm: 2,
    });
    this.#add('MeterDrift', {
      meaning: 'Money on a meter differs from the sum of its request records.',
      metric: measured(controlPlane, 'meterDrift', { statistic: 'Maximum' }),
      minutes,
      threshold: 1,
    });
  }
}
