import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { parseDeploymentConfig } from '../../../lib/deployment-config.ts';
import type { DeploymentSettings } from '../../../lib/deployment-config.ts';
import { Gatehouse } from '../../../lib/gatehouse.ts';
import { bundlesFolder, featureFlags, resourcesOf } from '../synthesize.ts';

/** Templates of both planes of a deployment, in eu-west-1. */
export interface MonitoredStacks {
  readonly dataPlane: Template;
  readonly controlPlane: Template;
  readonly both: readonly Template[];
}

export function monitoredStacks(settings: DeploymentSettings = {}, id = 'Gatehouse'): MonitoredStacks {
  const app = new App({ context: featureFlags, analyticsReporting: false });
  const gatehouse = new Gatehouse(app, id, {
    config: parseDeploymentConfig({ regions: ['eu-west-1'], ...settings }),
    bundlesPath: bundlesFolder(),
  });
  const [dataPlane, controlPlane] = [gatehouse.dataPlanes[0], gatehouse.controlPlane].map((stack) =>
    Template.fromStack(stack ?? new Stack(app)),
  );
  if (dataPlane === undefined || controlPlane === undefined) throw new Error('no stacks');
  return { dataPlane, controlPlane, both: [dataPlane, controlPlane] };
}

/** What the tests look at of an alarm, as CloudFormation spells it. */
export interface AlarmProperties {
  readonly AlarmDescription: string;
  readonly AlarmActions?: readonly unknown[];
  readonly OKActions?: readonly unknown[];
  readonly TreatMissingData: string;
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: readonly Dimension[];
  readonly Metrics?: readonly {
    readonly Expression?: string;
    readonly MetricStat?: { readonly Metric: AlarmMetric };
  }[];
}

interface AlarmMetric {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions?: readonly Dimension[];
}

interface Dimension {
  readonly Name: string;
  readonly Value: unknown;
}

/** Alarms by their ids in the code. */
export function alarmsOf(template: Template): Record<string, AlarmProperties> {
  return Object.fromEntries(
    Object.entries(resourcesOf(template, 'AWS::CloudWatch::Alarm')).map(([id, { Properties }]) => [
      id.replace(/^(DataPlane|ControlPlane)MonitoringAlarms|^(Proxy|Admin)Release/, '').replace(/[0-9A-F]{8}$/, ''),
      Properties as unknown as AlarmProperties,
    ]),
  );
}

/** Every metric that an alarm looks at. */
export function metricsOfAlarm(alarm: AlarmProperties): AlarmMetric[] {
  if (alarm.Namespace !== undefined && alarm.MetricName !== undefined) return [alarm as AlarmMetric];
  return (alarm.Metrics ?? []).flatMap(({ MetricStat }) => (MetricStat === undefined ? [] : [MetricStat.Metric]));
}
