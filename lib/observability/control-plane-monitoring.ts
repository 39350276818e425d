import type { Duration } from 'aws-cdk-lib';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { ControlPlaneAlarms } from './control-plane-alarms.ts';
import { ControlPlaneDashboard } from './control-plane-dashboard.ts';
import type { MonitoringConfig } from './monitoring-settings.ts';

export interface ControlPlaneMonitoringProps {
  readonly controlPlane: ControlPlane;
  readonly settings: MonitoringConfig;

  /** Time between two reconcile runs. */
  readonly reconcileInterval: Duration;

  /**
   * Where alarms go: the topic of the home region's data plane.
   *
   * @default - nowhere; they show in CloudWatch
   */
  readonly topic?: ITopic;
}

/** Alarms and the dashboard of the control plane, as far as the settings want them. */
export class ControlPlaneMonitoring extends Construct {
  readonly alarms: ControlPlaneAlarms | undefined;
  readonly dashboard: ControlPlaneDashboard | undefined;
  /** Alarms that speak against a new version of the admin function. */
  readonly againstRelease: readonly Alarm[];

  constructor(scope: Construct, id: string, props: ControlPlaneMonitoringProps) {
    super(scope, id);
    const { controlPlane, settings, reconcileInterval, topic } = props;
    if (settings.alarms) {
      this.alarms = new ControlPlaneAlarms(this, 'Alarms', {
        controlPlane,
        reconcileInterval,
        ...(topic !== undefined && { topic }),
      });
    }
    this.againstRelease = this.alarms?.againstRelease ?? [];
    if (settings.dashboard) {
      const alarms = [...(this.alarms?.alarms.values() ?? [])];
      this.dashboard = new ControlPlaneDashboard(this, 'Dashboard', { controlPlane, alarms });
    }
  }
}
