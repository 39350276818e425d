import { describe, expect, test } from 'vitest';
import type { ProviderError } from '../../../lambdas/http/gateway-error.ts';
import { brokenOff, failedInside, refusedByProvider, unreachable } from '../../../lambdas/routing/provider-error.ts';
import { BodyFailure, type BodyFailureKind } from '../../../lambdas/routing/upstream-body.ts';
import { UpstreamFailure, type UpstreamFailureKind } from '../../../lambdas/routing/upstream.ts';
import { providerAt } from './call.ts';

const provider = providerAt('http://127.0.0.1:9');
const secretText = 'sk-live-abcd is wrong; at handler.py:12; 10.1.2.3';

function refused(status: number, error: object = { message: secretText, type: 'x', code: null }): ProviderError {
  return refusedByProvider(provider, { status, body: { error }, retryAfterSeconds: 7 });
}

describe('a status of the provider', () => {
  test.each<[number, string, number, boolean]>([
    [400, 'provider_rejected_request', 400, false],
    [401, 'provider_credential_refused', 502, false],
    [402, 'provider_quota_exceeded', 502, false],
    [403, 'provider_credential_refused', 502, false],
    [404, 'provider_rejected_request', 404, false],
    [408, 'provider_timeout', 504, true],
    [409, 'provider_rejected_request', 409, false],
    [413, 'provider_rejected_request', 413, false],
    [418, 'provider_invalid_response', 502, false],
    [422, 'provider_rejected_request', 422, false],
    [429, 'provider_rate_limited', 429, true],
    [500, 'provider_error', 502, true],
    [501, 'provider_error', 502, true],
    [502, 'provider_error', 502, true],
    [503, 'provider_overloaded', 503, true],
    [504, 'provider_timeout', 504, true],
    [529, 'provider_overloaded', 503, true],
    [302, 'provider_invalid_response', 502, false],
  ])('%d becomes %s with status %d, retryable: %s', (status, code, ours, retryable) => {
    const error = refused(status);

    expect(error).toMatchObject({ code, status: ours, retryable, owner: 'provider', provider: 'lab' });
    expect(error.retryAfterSeconds).toBe(retryable ? 7 : undefined);
    expect(error.message).toContain('Lab');
  });

  test.each([401, 402, 403, 408, 418, 429, 500, 502, 503, 504, 529])('%d passes on none of its text', (status) => {
    expect(refused(status).message).not.toMatch(/sk-|handler|10\.1/);
  });

  test.each([400, 404, 409, 413, 422])("%d passes on what is wrong with the caller's own request", (status) => {
    const error = refused(status, { message: 'temperature is too high', param: 'temperature' });

    expect(error).toMatchObject({ message: 'Lab rejected the request: temperature is too high', param: 'temperature' });
  });

  test('429 for a quota that is used up is no rate limit, and waiting does not help', () => {
    const error = refused(429, { message: secretText, type: 'insufficient_quota', code: 'insufficient_quota' });

    expect(error).toMatchObject({ code: 'provider_quota_exceeded', status: 502, retryable: false });
  });

  test.each([
    [
      'xAI',
      { code: 'Client specified an invalid argument', error: 'Incorrect API key provided: sk***cd. Get one at …' },
    ],
    ['Google', [{ error: { code: 400, message: 'API key not valid. Please pass a valid API key.' } }]],
    ['a compatible server', { error: { code: 'invalid_api_key', message: secretText } }],
  ])('400 of %s for a wrong key is about our credential, not the request', (_name, body) => {
    const error = refusedByProvider(provider, { status: 400, body, retryAfterSeconds: undefined });

    expect(error).toMatchObject({ code: 'provider_credential_refused', status: 502 });
    expect(error.message).not.toMatch(/sk/);
  });
});

test.each([
  ['nested', { error: { message: 'too long' } }, 'Lab rejected the request: too long'],
  ['flat', { message: 'too long' }, 'Lab rejected the request: too long'],
  ['plain', { error: 'too long' }, 'Lab rejected the request: too long'],
  ['in an array', [{ error: { message: 'too long' } }], 'Lab rejected the request: too long'],
  ['as a detail', { detail: 'too long' }, 'Lab rejected the request: too long'],
  [
    'longer than anyone reads',
    { error: { message: 'x'.repeat(9999) } },
    `Lab rejected the request: ${'x'.repeat(500)}`,
  ],
  ['missing', undefined, 'Lab rejected the request.'],
  ['of the wrong type', { error: { message: { a: 1 } } }, 'Lab rejected the request.'],
])('finds a message that is %s', (_name, body, expected) => {
  expect(refusedByProvider(provider, { status: 400, body, retryAfterSeconds: undefined }).message).toBe(expected);
});

describe('an error inside a 200', () => {
  test.each<[object, string, number]>([
    [{ type: 'invalid_request_error', message: 'no' }, 'provider_rejected_request', 400],
    [{ type: 'invalid_request_error', code: 'context_length_exceeded' }, 'provider_rejected_request', 400],
    [
      { type: 'invalid_request_error', code: 'invalid_api_key', message: secretText },
      'provider_credential_refused',
      502,
    ],
    [{ type: 'authentication_error' }, 'provider_credential_refused', 502],
    [{ type: 'permission_error' }, 'provider_credential_refused', 502],
    [{ type: 'billing_error' }, 'provider_quota_exceeded', 502],
    [{ type: 'not_found_error' }, 'provider_rejected_request', 404],
    [{ type: 'rate_limit_error' }, 'provider_rate_limited', 429],
    [{ type: 'requests', code: 'rate_limit_exceeded' }, 'provider_rate_limited', 429],
    [{ type: 'overloaded_error' }, 'provider_overloaded', 503],
    [{ type: 'timeout_error' }, 'provider_timeout', 504],
    [{ code: 429 }, 'provider_rate_limited', 429],
    [{ code: 200 }, 'provider_error', 502],
    [{ type: 'server_error' }, 'provider_error', 502],
    [{}, 'provider_error', 502],
  ])('%j is %s', (error, code, status) => {
    expect(failedInside(provider, { error })).toMatchObject({ code, status });
  });

  test.each([undefined, null, 'text', { error: 'text' }])('%j is a failure of the provider', (body) => {
    expect(failedInside(provider, body)).toMatchObject({ code: 'provider_error', retryable: true });
  });
});

test.each<[UpstreamFailureKind, string, number, boolean]>([
  ['unreachable', 'provider_unreachable', 502, true],
  ['reset', 'provider_unreachable', 502, true],
  ['connect-timeout', 'provider_timeout', 504, true],
  ['first-byte-timeout', 'provider_timeout', 504, true],
  ['refused-address', 'provider_unreachable', 502, false],
])('a call that fails by %s is %s', (kind, code, status, retryable) => {
  expect(unreachable(provider, new UpstreamFailure(kind))).toMatchObject({ code, status, retryable });
});

test.each<[BodyFailureKind, string, number]>([
  ['idle-timeout', 'provider_timeout', 504],
  ['total-timeout', 'provider_timeout', 504],
  ['too-large', 'provider_invalid_response', 502],
  ['reset', 'provider_error', 502],
])('a body that ends by %s is %s', (kind, code, status) => {
  expect(brokenOff(provider, new BodyFailure(kind))).toMatchObject({ code, status, retryable: true });
});
