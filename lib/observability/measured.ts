import { Metric, SearchExpression } from 'aws-cdk-lib/aws-cloudwatch';
import type { MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { IConstruct } from 'constructs';
import { dimensions, metricNamespace, metrics } from '../../lambdas/telemetry/metrics.ts';
import type { MetricName } from '../../lambdas/telemetry/metrics.ts';
import { serviceNameOf } from './service-name.ts';

/**
 * What the functions of a plane measure, by the names and dimensions they write: `lambdas/telemetry/metrics.ts`. The first argument is
 * the plane, or any other construct of its stack: two deployments in one account and region have metrics of their own.
 */

/** Kinds of faults that alarms look at; a test holds them to those there are. */
export type AlarmedFault =
  | 'settlement-failed'
  | 'unexpected-error'
  | 'store-failed'
  | 'key-service-failed'
  | 'origin-secret-unavailable';

type DimensionSet<Name extends MetricName> = (typeof metrics)[Name]['by'][number];
type Emitted<Set> = { [Name in MetricName]: Set extends DimensionSet<Name> ? Name : never }[MetricName];

/** Over all that the plane's functions did. */
export function measured(
  plane: IConstruct,
  name: Emitted<readonly [typeof dimensions.service]>,
  options: MetricOptions,
): Metric {
  return new Metric({
    namespace: metricNamespace,
    metricName: metrics[name].name,
    dimensionsMap: { [dimensions.service]: serviceNameOf(plane) },
    ...options,
  });
}

/** A line for each provider that was called. */
export function measuredByProvider(
  plane: IConstruct,
  name: Emitted<readonly [typeof dimensions.service, typeof dimensions.provider]>,
  statistic: string,
): SearchExpression {
  return eachOf(plane, metrics[name].name, dimensions.provider, statistic);
}

/** How often something happened that an operator should look at. */
export function faults(plane: IConstruct, kind: AlarmedFault): Metric {
  return new Metric({
    namespace: metricNamespace,
    metricName: metrics.faults.name,
    dimensionsMap: { [dimensions.service]: serviceNameOf(plane), [dimensions.fault]: kind },
    statistic: 'Sum',
  });
}

/** A line for each kind of fault that happened. */
export function everyFault(plane: IConstruct): SearchExpression {
  return eachOf(plane, metrics.faults.name, dimensions.fault, 'Sum');
}

/**
 * One line for each value of a dimension that was seen, whatever values there are. The service is sought by its whole value alone:
 * whether a dimension with a point in its name can be named in the search term is not documented.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
 */
function eachOf(plane: IConstruct, metricName: string, dimension: string, statistic: string): SearchExpression {
  const schema = `{"${metricNamespace}","${dimensions.service}","${dimension}"}`;
  const term = `MetricName="${metricName}" "${serviceNameOf(plane)}"`;
  return new SearchExpression({ expression: `SEARCH('${schema} ${term}', '${statistic}')`, label: '' });
}
