import { ResponseType } from 'aws-cdk-lib/aws-apigateway';

/** What API Gateway answers by itself, in the envelope that SDKs know. */
export const gatewayAnswers = [
  {
    id: 'Throttled',
    type: ResponseType.THROTTLED,
    error: {
      message: 'Too many requests reached the gateway. Wait and retry.',
      type: 'rate_limit_error',
      code: 'gateway_throttled',
    },
  },
  {
    id: 'TooLarge',
    type: ResponseType.REQUEST_TOO_LARGE,
    error: {
      message: 'The request is larger than the gateway accepts.',
      type: 'invalid_request_error',
      code: 'request_too_large',
    },
  },
  {
    id: 'Unavailable',
    type: ResponseType.DEFAULT_5XX,
    error: { message: 'The gateway did not answer. Retry.', type: 'server_error', code: 'gateway_unavailable' },
  },
];
