import { Dashboard } from 'aws-cdk-lib/aws-cloudwatch';
import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { everyFault, measured } from './measured.ts';
import { alarmStates, graph } from './widgets.ts';

export interface ControlPlaneDashboardProps {
  readonly controlPlane: ControlPlane;

  /**
   * Alarms whose states are its first row.
   *
   * @default - none
   */
  readonly alarms?: readonly IAlarm[];
}

/** The admin API and reconcile at a glance. Who did what is in the audit trail, and not here. */
export class ControlPlaneDashboard extends Construct {
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, props: ControlPlaneDashboardProps) {
    super(scope, id);
    const { controlPlane, alarms = [] } = props;
    this.dashboard = new Dashboard(this, 'Resource');
    if (alarms.length > 0) this.dashboard.addWidgets(alarmStates('Alarms', alarms));
    this.dashboard.addWidgets(...adminRow(controlPlane));
    this.dashboard.addWidgets(...reconcileRow(controlPlane));
    this.dashboard.addWidgets(graph('Faults', [everyFault(controlPlane)]));
  }
}

function adminRow({ api: { api }, admin }: ControlPlane) {
  const sum = { statistic: 'Sum' };
  return [
    graph('Calls', [api.metricCount({ ...sum, label: 'All' })]),
    graph('Refused and failed', [
      api.metricClientError({ ...sum, label: '4xx' }),
      api.metricServerError({ ...sum, label: '5xx' }),
      admin.function.metricThrottles({ ...sum, label: 'Turned away' }),
    ]),
    graph('Latency', [
      api.metricLatency({ statistic: 'p50', label: 'p50' }),
      api.metricLatency({ statistic: 'p99', label: 'p99' }),
    ]),
  ];
}

function reconcileRow(controlPlane: ControlPlane) {
  const { reconcile } = controlPlane;
  const sum = { statistic: 'Sum' };
  return [
    graph('Reconcile', [
      reconcile.function.metricInvocations({ ...sum, label: 'Runs' }),
      reconcile.function.metricErrors({ ...sum, label: 'Failed' }),
      reconcile.failures.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', label: 'Given up' }),
    ]),
    graph('How long a run takes', [reconcile.function.metricDuration({ statistic: 'Maximum', label: 'Longest' })]),
    graph('Drift', [
      measured(controlPlane, 'policyDrift', { statistic: 'Maximum', label: 'Policy' }),
      measured(controlPlane, 'meterDrift', { statistic: 'Maximum', label: 'Meters' }),
    ]),
  ];
}
