import { Metric, SearchExpression } from 'aws-cdk-lib/aws-cloudwatch';
import type { MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { dimensions, metricNamespace, metrics } from '../../lambdas/telemetry/metrics.ts';
import type { MetricName } from '../../lambdas/telemetry/metrics.ts';

/** What the functions measure, by the names and dimensions they write: `lambdas/telemetry/metrics.ts`. */

/** Kinds of faults that alarms look at; a test holds them to those there are. */
export type AlarmedFault =
  | 'settlement-failed'
  | 'unexpected-error'
  | 'store-failed'
  | 'key-service-failed'
  | 'origin-secret-unavailable';

type DimensionSet<Name extends MetricName> = (typeof metrics)[Name]['by'][number];
type Emitted<Set> = { [Name in MetricName]: Set extends DimensionSet<Name> ? Name : never }[MetricName];

/** Over all requests of the region. */
export function measured(name: Emitted<readonly []>, options: MetricOptions): Metric {
  return new Metric({ namespace: metricNamespace, metricName: metrics[name].name, ...options });
}

/** A line for each provider that was called. */
export function measuredByProvider(
  name: Emitted<readonly [typeof dimensions.provider]>,
  statistic: string,
): SearchExpression {
  return eachOf(metrics[name].name, dimensions.provider, statistic);
}

/** How often something happened that an operator should look at. */
export function faults(kind: AlarmedFault): Metric {
  return new Metric({
    namespace: metricNamespace,
    metricName: metrics.faults.name,
    dimensionsMap: { [dimensions.fault]: kind },
    statistic: 'Sum',
  });
}

/** A line for each kind of fault that happened. */
export function everyFault(): SearchExpression {
  return eachOf(metrics.faults.name, dimensions.fault, 'Sum');
}

/** One line for each value of a dimension that was seen, whatever values there are. */
function eachOf(metricName: string, dimension: string, statistic: string): SearchExpression {
  return new SearchExpression({
    expression: `SEARCH('{"${metricNamespace}","${dimension}"} MetricName="${metricName}"', '${statistic}')`,
    label: '',
  });
}
