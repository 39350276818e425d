import { Dashboard, MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import type { IAlarm, IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { DataPlane } from '../data-plane/data-plane.ts';
import { everyFault, measured, measuredByProvider } from './measured.ts';
import { alarmStates, graph } from './widgets.ts';

export interface DataPlaneDashboardProps {
  readonly dataPlane: DataPlane;

  /**
   * Alarms whose states are its first row.
   *
   * @default - none
   */
  readonly alarms?: readonly IAlarm[];
}

/** One region's model traffic at a glance. Sums and percentiles only, of no tenant, key or request. */
export class DataPlaneDashboard extends Construct {
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, props: DataPlaneDashboardProps) {
    super(scope, id);
    const { dataPlane, alarms = [] } = props;
    this.dashboard = new Dashboard(this, 'Resource');
    if (alarms.length > 0) this.dashboard.addWidgets(alarmStates('Alarms', alarms));
    this.dashboard.addWidgets(...trafficRow(dataPlane));
    this.dashboard.addWidgets(...latencyRow(dataPlane));
    this.dashboard.addWidgets(...usageRow(dataPlane));
    this.dashboard.addWidgets(...capacityRow(dataPlane));
  }
}

function trafficRow(dataPlane: DataPlane) {
  const { api } = dataPlane;
  const sum = { statistic: 'Sum' };
  const admitted = measured(dataPlane, 'duration', { statistic: 'SampleCount', label: 'Admitted' });
  const answered =
    api === undefined
      ? []
      : [
          api.api.metricCount({ ...sum, label: 'All' }),
          api.api.metricClientError({ ...sum, label: '4xx' }),
          api.api.metricServerError({ ...sum, label: '5xx' }),
        ];
  return [
    graph('Requests', [admitted, ...answered]),
    graph('Errors', [
      measured(dataPlane, 'gatewayErrors', { ...sum, label: 'Gatehouse' }),
      measured(dataPlane, 'providerErrors', { ...sum, label: 'Providers' }),
      measured(dataPlane, 'originRefusals', { ...sum, label: 'Not through the edge' }),
    ]),
    graph('Errors of providers', [measuredByProvider(dataPlane, 'providerErrors', 'Sum')]),
  ];
}

function latencyRow(dataPlane: DataPlane) {
  return [
    graph('Duration', percentiles(dataPlane, 'duration'), [measuredByProvider(dataPlane, 'duration', 'p50')]),
    graph('First byte', percentiles(dataPlane, 'firstByte')),
    graph('Overhead of Gatehouse', percentiles(dataPlane, 'overhead')),
  ];
}

function percentiles(dataPlane: DataPlane, name: 'duration' | 'firstByte' | 'overhead'): IMetric[] {
  return ['p50', 'p90', 'p99'].map((statistic) => measured(dataPlane, name, { statistic, label: statistic }));
}

function usageRow(dataPlane: DataPlane) {
  const { usageRollup } = dataPlane;
  const sum = { statistic: 'Sum' };
  const dollars = new MathExpression({
    expression: 'cost / 1000000',
    usingMetrics: { cost: measured(dataPlane, 'cost', sum) },
    label: 'USD',
  });
  return [
    graph('Tokens', [
      measured(dataPlane, 'inputTokens', { ...sum, label: 'Input' }),
      measured(dataPlane, 'outputTokens', { ...sum, label: 'Output' }),
    ]),
    graph('Cost at list price', [dollars]),
    graph(
      'Usage sums',
      [usageRollup.function.metric('IteratorAge', { statistic: 'Maximum', label: 'Behind, ms' })],
      [usageRollup.failures.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', label: 'Failed' })],
    ),
  ];
}

function capacityRow(dataPlane: DataPlane) {
  const { proxy, tables } = dataPlane;
  const sum = { statistic: 'Sum' };
  return [
    graph(
      'Proxy function',
      [proxy.function.metric('ConcurrentExecutions', { statistic: 'Maximum', label: 'At a time' })],
      [
        proxy.function.metricThrottles({ ...sum, label: 'Turned away' }),
        proxy.function.metricErrors({ ...sum, label: 'Crashed' }),
      ],
    ),
    graph('Refused by DynamoDB', [
      tables.meter.metric('WriteThrottleEvents', { ...sum, label: 'Meter writes' }),
      tables.policy.metric('ReadThrottleEvents', { ...sum, label: 'Policy reads' }),
    ]),
    graph('Faults', [everyFault(dataPlane)]),
  ];
}
