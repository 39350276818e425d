import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { DataPlane } from '../data-plane/data-plane.ts';
import { AlarmTopic } from './alarm-topic.ts';
import { DataPlaneAlarms } from './data-plane-alarms.ts';
import { DataPlaneDashboard } from './data-plane-dashboard.ts';
import type { MonitoringConfig } from './monitoring-settings.ts';
import { sendTraces } from './traces.ts';

export interface DataPlaneMonitoringProps {
  readonly dataPlane: DataPlane;
  readonly settings: MonitoringConfig;

  /**
   * Most streams at a time, as the proxy has it.
   *
   * @default - no alarm on it
   */
  readonly reservedConcurrentExecutions?: number;
}

/** Alarms, the topic they go to, the dashboard and the traces of one region's data plane, as far as the settings want them. */
export class DataPlaneMonitoring extends Construct {
  /** Where alarms of this region go, those of the control plane included. */
  readonly topic: ITopic | undefined;
  readonly alarms: DataPlaneAlarms | undefined;
  readonly dashboard: DataPlaneDashboard | undefined;
  /** Alarms that speak against a new version of the proxy. */
  readonly againstRelease: readonly Alarm[];

  constructor(scope: Construct, id: string, props: DataPlaneMonitoringProps) {
    super(scope, id);
    const { dataPlane, settings, reservedConcurrentExecutions } = props;
    if (settings.alarms) {
      this.topic = new AlarmTopic(this, 'Topic', {
        emails: settings.alarmEmails,
        ...(settings.alarmTopicArn !== undefined && { topicArn: settings.alarmTopicArn }),
      }).topic;
      this.alarms = new DataPlaneAlarms(this, 'Alarms', {
        dataPlane,
        topic: this.topic,
        ...(reservedConcurrentExecutions !== undefined && { reservedConcurrentExecutions }),
      });
    }
    if (settings.traces !== 'none') sendTraces(dataPlane.proxy, settings.traces);
    this.againstRelease = this.alarms?.againstRelease ?? [];
    if (settings.dashboard) {
      const alarms = [...(this.alarms?.alarms.values() ?? [])];
      this.dashboard = new DataPlaneDashboard(this, 'Dashboard', { dataPlane, alarms });
    }
  }
}
