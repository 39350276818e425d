import { Validations } from 'aws-cdk-lib';
import type { ProxyFunction } from '../data-plane/proxy-function.ts';
import { grantActions } from '../storage/table-access.ts';

/** AWS X-Ray of the function's region, or a collector that takes OTLP over HTTP: its whole URL, such as `https://otel.example.com/v1/traces`. */
export type TraceDestination = 'xray' | { readonly endpoint: string };

/**
 * Has the proxy send a span for each request and each call of a provider: models, tokens, times and codes, never a text.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-OTLPEndpoint.html
 */
export function sendTraces(proxy: ProxyFunction, destination: TraceDestination): void {
  if (destination !== 'xray') {
    proxy.function.addEnvironment('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', destination.endpoint);
    return;
  }
  proxy.function.addEnvironment('TRACES_TO_XRAY', 'true');
  grantActions(proxy.role, ['xray:PutSpans', 'xray:PutSpansForIndexing', 'xray:PutTraceSegments'], '*');
  Validations.of(proxy.role).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason:
      'X-Ray has no resources to name in a policy: whoever may write a span may write any of the account and region.',
  });
}
