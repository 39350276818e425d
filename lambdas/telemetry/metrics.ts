/**
 * Names of everything measured, as data: the functions write them, alarms and dashboard read them. A metric is a member of a log line
 * that CloudWatch takes out of it by the embedded metric format: nothing is called, and nothing costs while nobody calls.
 *
 * Names are OpenTelemetry's where it has one, `gatehouse.` and a name of ours where it has none.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 * @see https://opentelemetry.io/docs/specs/semconv/gen-ai/
 */

export const metricNamespace = 'Gatehouse';

/** The only dimensions there are: few values each, since every combination is a metric that CloudWatch bills. */
export const dimensions = {
  /** The stack of the function that measured, by which deployments in one account and region are told apart. */
  service: 'service.name',
  /** Vendor of the last attempt. */
  provider: 'gen_ai.provider.name',
  /** `kind` of a fault. */
  fault: 'gatehouse.fault.kind',
} as const;

/** The service of a function that was given no name. */
export const defaultServiceName = 'gatehouse';

/** Dimension sets that a metric is emitted with; the service alone is "over all". Each is billed for each of its values. */
const overAll = [[dimensions.service]] as const;
const overAllAndByProvider = [[dimensions.service], [dimensions.service, dimensions.provider]] as const;
const byFault = [[dimensions.service, dimensions.fault]] as const;

export const metrics = {
  /** Whole request, seconds. Its sample count is the number of admitted requests. */
  duration: { name: 'gen_ai.server.request.duration', unit: 'Seconds', by: overAllAndByProvider },
  /** Until the first byte went to the caller, seconds. */
  firstByte: { name: 'gen_ai.server.time_to_first_token', unit: 'Seconds', by: overAllAndByProvider },
  /** Spent in Gatehouse before the first byte, waiting for the provider excluded, milliseconds. */
  overhead: { name: 'gatehouse.overhead', unit: 'Milliseconds', by: overAll },
  inputTokens: { name: 'gen_ai.usage.input_tokens', unit: 'Count', by: overAll },
  outputTokens: { name: 'gen_ai.usage.output_tokens', unit: 'Count', by: overAll },
  /** Micro-USD. */
  cost: { name: 'gatehouse.cost', unit: 'None', by: overAll },
  /**
   * 1 where Gatehouse itself failed a request (its answer is a 5xx of ours), else 0: the average is the error rate. Of admitted
   * requests, and of those that it failed before they were.
   */
  gatewayErrors: { name: 'gatehouse.gateway_errors', unit: 'Count', by: overAll },
  /** 1 where the provider failed it after every retry and fallback, else 0. Of admitted requests. */
  providerErrors: { name: 'gatehouse.provider_errors', unit: 'Count', by: overAllAndByProvider },
  /** 1 for a request that did not come through the edge. */
  originRefusals: { name: 'gatehouse.origin_refusals', unit: 'Count', by: overAll },
  /** 1 for something an operator should look at. */
  faults: { name: 'gatehouse.faults', unit: 'Count', by: byFault },
  /** Differences that a reconcile run found between published policy and the records it is made of. Once per run. */
  policyDrift: { name: 'gatehouse.policy_drift', unit: 'Count', by: overAll },
  /** Meters whose money a reconcile run found to differ, newly or anew, from the sum of request records. Once per run. */
  meterDrift: { name: 'gatehouse.meter_drift', unit: 'Count', by: overAll },
} as const;

export type MetricName = keyof typeof metrics;
