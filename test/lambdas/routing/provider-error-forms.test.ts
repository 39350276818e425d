import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../../lambdas/crypto/secret.ts';
import type { ProviderError } from '../../../lambdas/http/gateway-error.ts';
import { failedInside, refusedByProvider } from '../../../lambdas/routing/provider-error.ts';
import { providerAt } from './call.ts';

const provider = providerAt('http://127.0.0.1:9');
const type = (name: string): string => `type.googleapis.com/google.rpc.${name}`;

function refused(status: number, body: unknown, errorType?: string): ProviderError {
  return refusedByProvider(provider, { status, body, retryAfterSeconds: undefined, errorType });
}

/** As Google's API answers: https://ai.google.dev/gemini-api/docs/troubleshooting */
function gemini(code: number, status: string, ...details: readonly object[]): object {
  return { error: { code, message: 'Something about AIzaSy-part-of-a-key.', status, details } };
}

describe('an error of Gemini', () => {
  test.each<[string, object, number, string, boolean]>([
    ['a wrong argument', gemini(400, 'INVALID_ARGUMENT'), 400, 'provider_rejected_request', false],
    [
      'a wrong key',
      gemini(400, 'INVALID_ARGUMENT', { '@type': type('ErrorInfo'), reason: 'API_KEY_INVALID' }),
      400,
      'provider_credential_refused',
      false,
    ],
    ['a key without the right', gemini(403, 'PERMISSION_DENIED'), 403, 'provider_credential_refused', false],
    ['an unknown model', gemini(404, 'NOT_FOUND'), 404, 'provider_rejected_request', false],
    ['too many requests', gemini(429, 'RESOURCE_EXHAUSTED'), 429, 'provider_rate_limited', true],
    ['an overloaded model', gemini(503, 'UNAVAILABLE'), 503, 'provider_overloaded', true],
    ['a deadline', gemini(504, 'DEADLINE_EXCEEDED'), 504, 'provider_timeout', true],
    ['a failure', gemini(500, 'INTERNAL'), 500, 'provider_error', true],
  ])('that is %s is the same before a stream and inside it', (_name, body, status, code, retryable) => {
    const before = refused(status, body);
    const inside = failedInside(provider, body);
    const inArray = failedInside(provider, [body]);

    for (const error of [before, inside, inArray]) expect(error).toMatchObject({ code, retryable });
    if (code !== 'provider_rejected_request') expect(before.message).not.toContain('AIza');
  });

  test('says in its body how long to wait, unless a header does', () => {
    const body = gemini(429, 'RESOURCE_EXHAUSTED', { '@type': type('RetryInfo'), retryDelay: '34.07s' });

    const byBody = refused(429, body);
    const byHeader = refusedByProvider(provider, { status: 429, body, retryAfterSeconds: 2 });

    expect([byBody.retryAfterSeconds, byHeader.retryAfterSeconds]).toEqual([34.07, 2]);
  });

  test.each([
    ['a violation', { '@type': type('QuotaFailure'), violations: [{ quotaId: 'GenerateRequestsPerDayPerProject' }] }],
    ['an ErrorInfo', { '@type': type('ErrorInfo'), metadata: { quota_limit: 'Gemini25ProRequestsPerDay' } }],
  ])('about a quota per day, told by %s, is no rate limit: waiting does not help', (_name, detail) => {
    const error = refused(429, gemini(429, 'RESOURCE_EXHAUSTED', detail));

    expect(error).toMatchObject({ code: 'provider_quota_exceeded', retryable: false });
  });

  test('about a quota per minute is a rate limit', () => {
    const detail = { '@type': type('QuotaFailure'), violations: [{ quotaId: 'GenerateRequestsPerMinutePerProject' }] };

    const error = refused(429, gemini(429, 'RESOURCE_EXHAUSTED', detail));

    expect(error).toMatchObject({ code: 'provider_rate_limited', retryable: true });
  });
});

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_Errors */
const exceptions: readonly (readonly [string, number, string, boolean])[] = [
  ['ValidationException', 400, 'provider_rejected_request', false],
  ['AccessDeniedException', 403, 'provider_credential_refused', false],
  ['ExpiredTokenException', 403, 'provider_credential_refused', false],
  ['IncompleteSignatureException', 400, 'provider_credential_refused', false],
  ['UnrecognizedClientException', 403, 'provider_credential_refused', false],
  ['ResourceNotFoundException', 404, 'provider_rejected_request', false],
  ['ModelTimeoutException', 408, 'provider_timeout', true],
  ['ModelErrorException', 424, 'provider_error', true],
  ['ModelStreamErrorException', 424, 'provider_error', true],
  ['ThrottlingException', 429, 'provider_rate_limited', true],
  ['ModelNotReadyException', 429, 'provider_overloaded', true],
  ['ServiceQuotaExceededException', 400, 'provider_rate_limited', true],
  ['InternalServerException', 500, 'provider_error', true],
  ['ServiceUnavailableException', 503, 'provider_overloaded', true],
];

describe('an exception of Bedrock', () => {
  test.each(exceptions)('%s with status %d is %s, however it is named', (name, status, code, retryable) => {
    const message = 'About Credential=AKIAEXAMPLE';
    const inFrame = { type: name.charAt(0).toLowerCase() + name.slice(1), message };

    const errors = [
      refused(status, { message }, `${name}:http://internal.amazon.com/coral/com.amazon.bedrock/`),
      refused(status, { message }, name),
      refused(status, { __type: `com.amazon.bedrock#${name}`, message }),
      failedInside(provider, inFrame),
      failedInside(provider, { error: inFrame }),
    ];

    for (const error of errors) {
      expect(error).toMatchObject({ code, retryable });
      expect(error.message.includes('AKIA')).toBe(code === 'provider_rejected_request');
    }
  });

  test('of a name we do not know is what its status says', () => {
    const error = refused(409, { message: 'busy' }, 'ConflictException');

    expect(error).toMatchObject({ code: 'provider_rejected_request', status: 409 });
  });

  test.each(['{"Message":"too long"}', '{"message":"too long"}'])('has its text in %s', (body) => {
    const error = refused(400, JSON.parse(body), 'ValidationException');

    expect(error.message).toBe('Lab rejected the request: too long');
  });
});

describe('an error of another vendor', () => {
  test.each<[string, number, unknown, string]>([
    ['Cohere', 400, { id: '7', message: 'invalid type: map' }, 'invalid type: map'],
    ['Voyage', 400, { detail: 'Model x is not supported' }, 'Model x is not supported'],
    [
      'a FastAPI server',
      422,
      { detail: [{ loc: ['body', 'n'], msg: 'field required', type: 'missing' }] },
      'field required',
    ],
    ['Hugging Face', 422, { error: 'Input is too long', error_type: 'validation' }, 'Input is too long'],
    ['Mistral', 422, { object: 'error', message: 'extra fields', type: 'invalid_request_error' }, 'extra fields'],
  ])('%s tells what is wrong with the request', (_name, status, body, text) => {
    const error = refused(status, body);

    expect(error).toMatchObject({ code: 'provider_rejected_request', message: `Lab rejected the request: ${text}` });
  });

  test.each<[string, unknown, string]>([
    [
      'failed',
      { type: 'response.failed', response: { error: { code: 'rate_limit_exceeded' } } },
      'provider_rate_limited',
    ],
    ['error', { type: 'error', code: 'server_is_overloaded', message: 'x' }, 'provider_overloaded'],
    ['refused', { type: 'error', code: 'invalid_prompt', message: 'x' }, 'provider_rejected_request'],
  ])('an event of Responses that says %s', (_name, body, code) => {
    expect(failedInside(provider, body)).toMatchObject({ code });
  });
});

/** Bodies of every shape, with members that are read and our credential somewhere in them. */
const { value: anyBody } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom('sk-secret-of-ours', 'Bearer sk-secret-of-ours.', '', 429, null, true, 'ThrottlingException', '5s'),
    fc.array(tie('value'), { maxLength: 2 }),
    fc.dictionary(
      fc.constantFrom(
        'error',
        'message',
        'Message',
        'detail',
        'msg',
        'code',
        'type',
        '__type',
        'param',
        'details',
        'response',
      ),
      tie('value'),
    ),
  ),
}));

test('any JSON at all is some error, and never quotes the credential', () => {
  const credential = new Secret('sk-secret-of-ours');

  fc.assert(
    fc.property(anyBody, fc.integer({ min: 300, max: 599 }), fc.string(), (body, status, errorType) => {
      const error = refusedByProvider(provider, { status, body, retryAfterSeconds: undefined, errorType }, credential);
      const inside = failedInside(provider, body, credential);
      expect([error.message, error.param, inside.message, inside.param].join(' ')).not.toContain('sk-secret');
    }),
    { numRuns: 1000 },
  );
});
