import { Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * What telemetry calls the functions of a stack: its name, which only one stack of an account and region has. Functions are told it
 * as `OTEL_SERVICE_NAME`; alarms and dashboards ask for metrics by it.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/resource/service/
 */
export function serviceNameOf(scope: IConstruct): string {
  return Stack.of(scope).stackName;
}
