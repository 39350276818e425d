import { describe, expect, it } from 'vitest';
import { gatewayAnswers } from '../../../lib/edge/gateway-answers.ts';

describe('answers of API Gateway itself', () => {
  it.each([
    ['THROTTLED', 'rate_limit_error', 'gateway_throttled', { 'x-should-retry': "'true'", 'retry-after': "'1'" }],
    ['REQUEST_TOO_LARGE', 'request_too_large', 'request_too_large', { 'x-should-retry': "'false'" }],
    ['DEFAULT_4XX', 'invalid_request_error', 'gateway_refused', { 'x-should-retry': "'false'" }],
    ['DEFAULT_5XX', 'api_error', 'gateway_unavailable', { 'x-should-retry': "'true'" }],
  ])('%s is an error in one body for all SDKs', (responseType, type, code, headers) => {
    const answer = gatewayAnswers.find((one) => one.type.responseType === responseType);

    const body: unknown = JSON.parse(answer?.templates?.['application/json'] ?? '');

    expect(body).toEqual({
      type: 'error',
      error: {
        type,
        message: expect.any(String),
        param: null,
        code,
        status: expect.any(String),
        owner: expect.any(String),
      },
    });
    expect(answer?.responseHeaders).toMatchObject({ ...headers, 'x-gatehouse-error-code': `'${code}'` });
  });

  it('keeps the status that API Gateway chose, and repeats no word of the request or of the service', () => {
    expect(gatewayAnswers.filter(({ statusCode }) => statusCode !== undefined)).toEqual([]);
    expect(JSON.stringify(gatewayAnswers.map(({ templates }) => templates))).not.toContain('$');
  });
});
