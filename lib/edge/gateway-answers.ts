import { ResponseType } from 'aws-cdk-lib/aws-apigateway';
import type { GatewayResponseOptions } from 'aws-cdk-lib/aws-apigateway';
import { bodyTooLarge, edgeBody, edgeHeaders } from './edge-answer.ts';
import type { EdgeFault } from './edge-answer.ts';

/**
 * What API Gateway answers by itself, as options of its gateway responses by construct id. Messages are ours throughout: the
 * service's own may quote the `Authorization` header.
 */
export const gatewayAnswers: readonly (GatewayResponseOptions & { readonly id: string })[] = [
  answer('Throttled', ResponseType.THROTTLED, {
    code: 'gateway_throttled',
    message: 'Too many requests reached the gateway. Wait and retry.',
    type: 'rate_limit_error',
    status: 'RESOURCE_EXHAUSTED',
    owner: 'gateway',
    retryable: true,
    // The throttle refills every second.
    retryAfterSeconds: 1,
  }),
  answer('TooLarge', ResponseType.REQUEST_TOO_LARGE, bodyTooLarge),
  answer('Refused', ResponseType.DEFAULT_4XX, {
    code: 'gateway_refused',
    message: 'The gateway refused the request before it was looked at. Check its URL, method and headers.',
    type: 'invalid_request_error',
    status: 'INVALID_ARGUMENT',
    owner: 'caller',
    retryable: false,
  }),
  answer('Unavailable', ResponseType.DEFAULT_5XX, {
    code: 'gateway_unavailable',
    message: 'The gateway did not answer. Retry.',
    type: 'api_error',
    status: 'UNAVAILABLE',
    owner: 'gateway',
    retryable: true,
  }),
];

function answer(id: string, type: ResponseType, fault: EdgeFault): GatewayResponseOptions & { readonly id: string } {
  // A quoted value is a literal; unquoted it would name a part of the request.
  const literals = Object.entries(edgeHeaders(fault)).map(([name, value]) => [name, `'${value}'`]);
  return {
    id,
    type,
    responseHeaders: Object.fromEntries(literals),
    templates: { 'application/json': edgeBody(fault) },
  };
}
