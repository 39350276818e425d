import { type MetricName, metricNamespace, metrics } from './metrics.ts';

/** Text of the member `CloudWatchMetrics` of a line. */
export type Directives = string & { readonly kind: 'directives' };

/**
 * What CloudWatch is to take out of a line: one directive for all metrics that have the same dimension sets. Made once for all lines
 * of a kind, which differ in their values only.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function directivesOf(...names: readonly MetricName[]): Directives {
  const measured = names.map((name) => metrics[name]);
  const sets = [...new Set(measured.map(({ by }) => by))];
  return JSON.stringify(
    sets.map((set) => ({
      Namespace: metricNamespace,
      Dimensions: set,
      Metrics: measured.filter(({ by }) => by === set).map(({ name, unit }) => ({ Name: name, Unit: unit })),
    })),
  ) as Directives;
}
