import { Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { DataPlane } from '../data-plane/data-plane.ts';
import type { StreamingApi } from '../data-plane/streaming-api.ts';
import { faults, measured } from './measured.ts';
import { operatorAlarm } from './operator-alarm.ts';
import type { OperatorAlarmProps } from './operator-alarm.ts';
import { share } from './share.ts';

/** Percent of the concurrency set aside at which somebody should raise it, before callers are turned away. */
const concurrencyPercent = 80;

export interface DataPlaneAlarmsProps {
  readonly dataPlane: DataPlane;

  /**
   * Who hears of them.
   *
   * @default - nobody; they show in CloudWatch
   */
  readonly topic?: ITopic;

  /**
   * Most streams at a time, as the proxy has it.
   *
   * @default - no alarm on it
   */
  readonly reservedConcurrentExecutions?: number;
}

/**
 * What should call a person about one region's model traffic, each explained in `docs/monitoring.md`. Alarms look at one metric where
 * they can: an alarm costs by the metric, and adding up metrics of which one is missing adds up to nothing.
 */
export class DataPlaneAlarms extends Construct {
  /** All of them, by their ids. */
  readonly alarms: ReadonlyMap<string, Alarm>;
  /** Those that speak against a new version of the proxy. */
  readonly againstRelease: readonly Alarm[];
  readonly #alarms = new Map<string, Alarm>();
  readonly #topic: ITopic | undefined;

  constructor(scope: Construct, id: string, props: DataPlaneAlarmsProps) {
    super(scope, id);
    this.#topic = props.topic;
    this.alarms = this.#alarms;
    this.againstRelease = [this.#gatewayErrors(props.dataPlane)];
    this.#requests(props.dataPlane);
    this.#function(props);
    this.#tables(props.dataPlane);
    this.#faults(props.dataPlane);
    this.#usageRollup(props.dataPlane);
  }

  #add(id: string, props: Omit<OperatorAlarmProps, 'topic'>): Alarm {
    const alarm = operatorAlarm(this, id, { ...props, ...(this.#topic !== undefined && { topic: this.#topic }) });
    this.#alarms.set(id, alarm);
    return alarm;
  }

  /**
   * By the minute, so that it can take a release back within the five minutes of its canary; and at 2 %, which is a fifth of what the
   * canary is sent.
   */
  #gatewayErrors(dataPlane: DataPlane): Alarm {
    return this.#add('GatewayErrors', {
      meaning: 'Gatehouse itself failed 2 % of requests or more: its own 5xx, not those of providers.',
      metric: share({
        failed: measured(dataPlane, 'gatewayErrors', { statistic: 'Sum' }),
        all: measured(dataPlane, 'gatewayErrors', { statistic: 'SampleCount' }),
        atLeast: 10,
        label: 'Failed by Gatehouse, percent',
      }),
      minutes: 1,
      threshold: 2,
      evaluationPeriods: 3,
      datapointsToAlarm: 2,
    });
  }

  #requests(dataPlane: DataPlane): void {
    const { api, originSecret } = dataPlane;
    if (api !== undefined) this.#serverErrors(api);
    this.#add('ProviderErrors', {
      meaning: 'Providers failed a quarter of requests or more, after every retry and fallback.',
      metric: share({
        failed: measured(dataPlane, 'providerErrors', { statistic: 'Sum' }),
        all: measured(dataPlane, 'providerErrors', { statistic: 'SampleCount' }),
        atLeast: 20,
        label: 'Failed by providers, percent',
      }),
      threshold: 25,
      evaluationPeriods: 2,
    });
    this.#add('Overhead', {
      meaning: 'One request in a hundred waits half a second or more in Gatehouse before its first byte.',
      metric: measured(dataPlane, 'overhead', { statistic: 'p99' }),
      threshold: 500,
      evaluationPeriods: 3,
      ignoreFewSamples: true,
    });
    if (originSecret === undefined) return;
    this.#add('OriginRefusals', {
      meaning: 'Requests come without the secret of the edge: somebody goes round it, or its secret is out of step.',
      metric: measured(dataPlane, 'originRefusals', { statistic: 'Sum' }),
      threshold: 20,
      evaluationPeriods: 2,
    });
  }

  /**
   * As API Gateway counts them. A function URL has `Url5xxCount` in their place, which no alarm looks at: it is not known yet what it
   * counts of streams.
   *
   * @see https://docs.aws.amazon.com/lambda/latest/dg/urls-monitoring.html
   */
  #serverErrors({ api }: StreamingApi): void {
    this.#add('ServerErrors', {
      meaning: 'Half of all answers or more are 5xx, whoever is to blame: callers are not served.',
      metric: share({
        failed: api.metricServerError({ statistic: 'Sum' }),
        all: api.metricCount({ statistic: 'Sum' }),
        atLeast: 5,
        label: '5xx, percent',
      }),
      threshold: 50,
      evaluationPeriods: 2,
    });
  }

  #function({ dataPlane, reservedConcurrentExecutions }: DataPlaneAlarmsProps): void {
    const proxy = dataPlane.proxy.function;
    this.#add('ProxyErrors', {
      meaning: 'The proxy function crashed, did not start or ran out of time.',
      metric: proxy.metricErrors({ statistic: 'Sum' }),
      threshold: 1,
    });
    this.#add('ProxyThrottles', {
      meaning: 'Lambda turned requests away: more at a time than the function or the account may have.',
      metric: proxy.metricThrottles({ statistic: 'Sum' }),
      threshold: 1,
    });
    if (reservedConcurrentExecutions === undefined) return;
    this.#add('ProxyConcurrency', {
      meaning: `The proxy runs ${concurrencyPercent} % of the requests at a time that are set aside for it.`,
      metric: proxy.metric('ConcurrentExecutions', { statistic: 'Maximum' }),
      threshold: Math.ceil((reservedConcurrentExecutions * concurrencyPercent) / 100),
      evaluationPeriods: 2,
    });
  }

  /**
   * The two tables that every request waits for. What else goes wrong there the proxy reports as a fault, time-outs included; being
   * throttled has a cause of its own.
   */
  #tables({ tables: { meter, policy } }: DataPlane): void {
    this.#add('MeterThrottles', {
      meaning: 'DynamoDB refused writes of meters: one organization is beyond a thousand a second, or the table is.',
      metric: ofTable('WriteThrottleEvents', { TableName: meter.tableName }),
      threshold: 10,
    });
    this.#add('PolicyThrottles', {
      meaning: 'DynamoDB refused reads of policy.',
      metric: ofTable('ReadThrottleEvents', { TableName: policy.tableName }),
      threshold: 10,
    });
  }

  #faults(dataPlane: DataPlane): void {
    this.#add('SettlementFailures', {
      meaning: 'Charges or records of delivered answers could not be written.',
      metric: faults(dataPlane, 'settlement-failed'),
      threshold: 1,
    });
    this.#add('UnexpectedErrors', {
      meaning: 'A function of the data plane met an error that its code does not foresee.',
      metric: faults(dataPlane, 'unexpected-error'),
      threshold: 1,
    });
    this.#add('StoreFailures', {
      meaning: 'DynamoDB failed requests of callers or did not answer in time.',
      metric: faults(dataPlane, 'store-failed'),
      threshold: 5,
    });
    this.#add('KeyServiceFailures', {
      meaning: 'KMS did not unwrap credentials of providers: it is away, or refuses the proxy.',
      metric: faults(dataPlane, 'key-service-failed'),
      threshold: 3,
    });
    if (dataPlane.originSecret === undefined) return;
    this.#add('OriginSecretUnavailable', {
      meaning: 'The proxy could not read the secret of the edge; new environments refuse everybody.',
      metric: faults(dataPlane, 'origin-secret-unavailable'),
      threshold: 1,
    });
  }

  #usageRollup({ usageRollup }: DataPlane): void {
    this.#add('UsageRollupDelay', {
      meaning: 'Usage sums are an hour behind; records are lost to them after 24.',
      metric: usageRollup.function.metric('IteratorAge', { statistic: 'Maximum' }),
      threshold: 60 * 60 * 1000,
      evaluationPeriods: 3,
    });
    this.#add('UsageRollupFailures', {
      meaning: 'Records could not be added to usage sums, and lie in the dead-letter queue.',
      metric: usageRollup.failures.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum' }),
      threshold: 1,
      // SQS measures nothing of a queue that nobody touched for hours, though the message is still there.
      treatMissingData: TreatMissingData.IGNORE,
    });
  }
}

function ofTable(metricName: string, dimensionsMap: Record<string, string>): Metric {
  return new Metric({ namespace: 'AWS/DynamoDB', metricName, dimensionsMap, statistic: 'Sum' });
}
