import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IAlarmAction, IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';

export interface OperatorAlarmProps {
  /** What has happened, in one sentence. The description adds where it is written what to do. */
  readonly meaning: string;

  readonly metric: IMetric & { with(props: { period: Duration }): IMetric };

  /** Rings at this value and above it. */
  readonly threshold: number;

  /**
   * Rings at the threshold and below it, in place of above.
   *
   * @default false
   */
  readonly below?: boolean;

  /**
   * Length of one data point.
   *
   * @default 5
   */
  readonly minutes?: number;

  /**
   * Data points that are looked at.
   *
   * @default 1
   */
  readonly evaluationPeriods?: number;

  /**
   * How many of them must be beyond the threshold.
   *
   * @default - all
   */
  readonly datapointsToAlarm?: number;

  /**
   * What silence means.
   *
   * @default TreatMissingData.NOT_BREACHING, since nothing is measured while nobody calls
   */
  readonly treatMissingData?: TreatMissingData;

  /**
   * Whether a percentile of too few samples to mean anything leaves the alarm as it is.
   *
   * @default false
   */
  readonly ignoreFewSamples?: boolean;

  /**
   * Who hears of it, and of its end.
   *
   * @default - nobody
   */
  readonly topic?: ITopic;
}

/** An alarm whose description tells a person what happened and leads to what to do: a section of `docs/monitoring.md` named like its id. */
export function operatorAlarm(scope: Construct, id: string, props: OperatorAlarmProps): Alarm {
  const alarm = new Alarm(scope, id, {
    alarmDescription: `${props.meaning} What to do: docs/monitoring.md#${sectionOf(id)}`,
    metric: props.metric.with({ period: Duration.minutes(props.minutes ?? 5) }),
    threshold: props.threshold,
    comparisonOperator:
      props.below === true
        ? ComparisonOperator.LESS_THAN_OR_EQUAL_TO_THRESHOLD
        : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    evaluationPeriods: props.evaluationPeriods ?? 1,
    treatMissingData: props.treatMissingData ?? TreatMissingData.NOT_BREACHING,
    ...(props.datapointsToAlarm !== undefined && { datapointsToAlarm: props.datapointsToAlarm }),
    ...(props.ignoreFewSamples === true && { evaluateLowSampleCountPercentile: 'ignore' }),
  });
  if (props.topic !== undefined) {
    // Under exactOptionalPropertyTypes the classes of aws-cdk-lib do not match their own interfaces.
    const tell = new SnsAction(props.topic) as IAlarmAction;
    alarm.addAlarmAction(tell);
    alarm.addOkAction(tell);
  }
  return alarm;
}

/** `NewVersionErrors` is explained under the heading "New version errors". */
function sectionOf(id: string): string {
  return id.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();
}
