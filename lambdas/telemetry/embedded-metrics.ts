import type { Ending } from '../store/request-record.ts';
import type { LogLine } from './logger.ts';
import { type MetricName, metricNamespace, metrics } from './metrics.ts';

/**
 * What CloudWatch is to take out of a line, beside the line's own members: `values` are members that are there for metrics only,
 * `directives` is the finished text of `CloudWatchMetrics`.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export interface EmbeddedMetrics {
  readonly values: Readonly<Record<string, number>>;
  readonly directives: string;
}

const requestDirectives = directivesOf([
  'duration',
  'firstByte',
  'providerErrors',
  'overhead',
  'inputTokens',
  'outputTokens',
  'cost',
  'gatewayErrors',
]);
const refusalDirectives = directivesOf(['gatewayErrors']);
const originRefusalDirectives = directivesOf(['originRefusals']);
const faultDirectives = directivesOf(['faults']);
const policyDriftDirectives = directivesOf(['policyDrift']);
const driftDirectives = directivesOf(['policyDrift', 'meterDrift']);

const providerFailures: ReadonlySet<Ending> = new Set(['provider-failed', 'provider-failed-midstream', 'timed-out']);

/** `undefined` for a line that measures nothing. */
export function embeddedMetrics(line: LogLine): EmbeddedMetrics | undefined {
  switch (line.type) {
    case 'request':
      return {
        values: {
          [metrics.gatewayErrors.name]: count(line.ending === 'gateway-failed' && !isCallersFault(line.status)),
          [metrics.providerErrors.name]: count(providerFailures.has(line.ending)),
        },
        directives: requestDirectives,
      };
    case 'refused':
      // Whoever goes around the edge is no customer: counted as a request it would dilute the error rate.
      if (line.errorCode === 'origin_not_verified') {
        return { values: { [metrics.originRefusals.name]: 1 }, directives: originRefusalDirectives };
      }
      return { values: { [metrics.gatewayErrors.name]: count(line.status >= 500) }, directives: refusalDirectives };
    case 'fault':
      return { values: { [metrics.faults.name]: 1 }, directives: faultDirectives };
    case 'reconciled':
      return { values: {}, directives: line.meterDrift === undefined ? policyDriftDirectives : driftDirectives };
    case 'admin':
      return undefined;
  }
}

/** A stream that we broke off has status 200 and is our failure all the same. */
function isCallersFault(status: number): boolean {
  return status >= 400 && status < 500;
}

function count(value: boolean): number {
  return value ? 1 : 0;
}

/** One directive for all metrics that have the same dimension sets. Made once: a line differs in its values only. */
function directivesOf(names: readonly MetricName[]): string {
  const sets = [...new Set(names.map((name) => metrics[name].by))];
  return JSON.stringify(
    sets.map((by) => ({
      Namespace: metricNamespace,
      Dimensions: by,
      Metrics: names
        .filter((name) => metrics[name].by === by)
        .map((name) => ({ Name: metrics[name].name, Unit: metrics[name].unit })),
    })),
  );
}
