import { describe, expect, test } from 'vitest';
import { errorEvent, errorResponse } from '../../../lambdas/http/error-envelope.ts';
import { CallerError, GatewayError, ProviderError } from '../../../lambdas/http/gateway-error.ts';
import type { GatewayResponse } from '../../../lambdas/http/gateway-request.ts';

const bodyOf = (response: GatewayResponse): unknown => JSON.parse((response.body as Buffer).toString());
const overloaded = new ProviderError(
  { code: 'provider_overloaded', status: 503, provider: 'lab', message: 'Lab is overloaded.' },
  { retryable: true, retryAfterSeconds: 2.2 },
);

describe('the envelope', () => {
  const error = new CallerError('invalid_request', 400, '"n" must be "1".', { param: 'n' });

  test("of OpenAI's dialect", () => {
    const response = errorResponse(error, 'openai', 'req_1');

    expect(response.status).toBe(400);
    expect(bodyOf(response)).toEqual({
      error: {
        message: '"n" must be "1".',
        type: 'invalid_request_error',
        param: 'n',
        code: 'invalid_request',
        owner: 'caller',
        request_id: 'req_1',
      },
    });
  });

  test("of Anthropic's dialect", () => {
    const response = errorResponse(error, 'anthropic', 'req_1');

    expect(response.status).toBe(400);
    expect(bodyOf(response)).toEqual({
      type: 'error',
      error: { type: 'invalid_request_error', message: '"n" must be "1".', code: 'invalid_request', owner: 'caller' },
      request_id: 'req_1',
    });
  });

  test('tells the runner of Anthropic’s SDK to go on without a thread', () => {
    const noThread = new CallerError('parameter_not_supported', 400, 'x', { param: 'thread' });

    expect(bodyOf(errorResponse(noThread, 'anthropic', 'req_1'))).toMatchObject({
      error: { details: { error_code: 'thread_unsupported_request', unsupported: ['thread'] } },
    });
  });

  test.each([
    [400, 'invalid_request_error', 'invalid_request_error'],
    [401, 'authentication_error', 'authentication_error'],
    [402, 'insufficient_quota', 'billing_error'],
    [403, 'permission_error', 'permission_error'],
    [404, 'not_found_error', 'not_found_error'],
    [405, 'invalid_request_error', 'invalid_request_error'],
    [408, 'invalid_request_error', 'invalid_request_error'],
    [413, 'invalid_request_error', 'request_too_large'],
    [422, 'invalid_request_error', 'invalid_request_error'],
    [429, 'rate_limit_error', 'rate_limit_error'],
    [500, 'server_error', 'api_error'],
    [502, 'server_error', 'api_error'],
    [503, 'server_error', 'api_error'],
    [504, 'server_error', 'timeout_error'],
  ])('of status %d says %s to OpenAI clients, %s to Anthropic ones', (status, openai, anthropic) => {
    const given = new GatewayError('internal_error', status, 'x');

    expect(bodyOf(errorResponse(given, 'openai', 'r'))).toMatchObject({ error: { type: openai } });
    expect(bodyOf(errorResponse(given, 'anthropic', 'r'))).toMatchObject({ error: { type: anthropic } });
  });

  test('of an overloaded provider has the status that each client knows for it', () => {
    const openai = errorResponse(overloaded, 'openai', 'r');
    const anthropic = errorResponse(overloaded, 'anthropic', 'r');

    expect([openai.status, anthropic.status]).toEqual([503, 529]);
    expect(bodyOf(anthropic)).toMatchObject({ error: { type: 'overloaded_error', owner: 'provider' } });
  });

  test('gives away nothing of the cause', () => {
    const given = new GatewayError('internal_error', 500, 'Gatehouse failed.', { cause: new Error('marker') });

    const { headers, body } = errorResponse(given, 'openai', 'r');

    expect(JSON.stringify([headers, body.toString()])).not.toContain('marker');
  });
});

describe('the headers', () => {
  test('name code and owner, and tell the SDKs whether and when to try again', () => {
    const { headers } = errorResponse(overloaded, 'openai', 'r');

    expect(headers).toEqual({
      'content-type': 'application/json',
      'x-gatehouse-error-code': 'provider_overloaded',
      'x-gatehouse-error-owner': 'provider',
      'x-should-retry': 'true',
      'retry-after': '3',
    });
  });

  test.each([
    [0, '1'],
    [0.01, '1'],
    [59.5, '60'],
  ])('round a wait of %d s up to whole seconds, at least one', (retryAfterSeconds, expected) => {
    const given = new GatewayError('store_unavailable', 503, 'x', { retryAfterSeconds });

    expect(errorResponse(given, 'openai', 'r').headers).toMatchObject({
      'retry-after': expected,
      'x-should-retry': 'true',
    });
  });

  test('can say when without saying that the SDK should wait for it', () => {
    const given = new GatewayError('budget_exceeded', 402, 'x', { retryAfterSeconds: 90_000, retryable: false });

    expect(errorResponse(given, 'openai', 'r').headers).toMatchObject({
      'retry-after': '90000',
      'x-should-retry': 'false',
    });
  });

  test('ask for a key on 401, and carry what the error brought', () => {
    const given = new GatewayError('missing_api_key', 401, 'x', { headers: { 'x-ratelimit-limit-requests': '5' } });

    expect(errorResponse(given, 'openai', 'r').headers).toMatchObject({
      'www-authenticate': 'Bearer realm="gatehouse"',
      'x-ratelimit-limit-requests': '5',
      'x-should-retry': 'false',
    });
  });
});

test.each([
  ['openai', /^data: (\{.*\})\n\n$/],
  ['anthropic', /^event: error\ndata: (\{.*\})\n\n$/],
] as const)('is one event at the end of a stream of the %s dialect, whatever the message holds', (dialect, form) => {
  const error = new GatewayError('internal_error', 500, 'two\n\nlines\r\nand "quotes"');

  const text = errorEvent(error, dialect, 'req_1').toString();

  expect(text).toMatch(form);
  expect(JSON.parse(form.exec(text)![1]!)).toEqual(bodyOf(errorResponse(error, dialect, 'req_1')));
});

test('is an event of its own kind at the end of a stream of responses, which the SDKs raise by its "error"', () => {
  const error = new GatewayError('provider_error', 502, 'two\n\nlines');

  const [event, data, ...rest] = errorEvent(error, 'openai-responses', 'req_1').toString().split('\n');

  expect([event, rest]).toEqual(['event: error', ['', '']]);
  expect(JSON.parse(data!.replace(/^data: /, ''))).toEqual({
    type: 'error',
    sequence_number: 0,
    message: 'two\n\nlines',
    code: 'provider_error',
    param: null,
    ...(bodyOf(errorResponse(error, 'openai-responses', 'req_1')) as object),
  });
});
