import { expect, test } from 'vitest';
import { refusalError, requestTooLargeForLimit } from '../../../lambdas/data-plane/refusal.ts';
import type { MeterClaim, Refusal } from '../../../lambdas/store/meter.ts';

const now = Date.parse('2026-11-22T23:58:45.500Z');
const limits = { requestsPerMinute: 5, tokensPerMinute: 600, requestsPerDay: 70, concurrentRequests: 8 };
const claim: MeterClaim = { id: 'key#k1', whenAbsent: 'ask', limits, money: { kind: 'counted' } };
const headers = { 'x-ratelimit-limit-requests': '5' };

test.each<[Refusal, string, RegExp, number]>([
  ['requestsPerMinute', 'requests_per_minute_exceeded', /this API key may use 5 requests per minute/, 15],
  ['tokensPerMinute', 'tokens_per_minute_exceeded', /this API key may use 600 tokens per minute/, 15],
  ['requestsPerDay', 'requests_per_day_exceeded', /this API key may use 70 requests per day/, 75],
  ['concurrentRequests', 'concurrent_requests_exceeded', /this API key may use 8 requests at the same time/, 1],
])('%s is a 429 that says whose limit it is and when it ends', (refusal, code, message, retryAfterSeconds) => {
  const error = refusalError({ refusal, claim }, now, headers);

  expect(error).toMatchObject({ code, status: 429, owner: 'gateway', retryAfterSeconds, headers });
  expect(error.message).toMatch(message);
  expect(error.retryable).toBe(retryAfterSeconds <= 60);
});

test.each([
  ['key#k1', 'API key'],
  ['workspace#w1', 'workspace'],
  ['org#o1', 'organization'],
  ['budget#o1', 'organization'],
])('a refusal by %s names the %s, and no id', (id, name) => {
  const { message } = refusalError({ refusal: 'requestsPerMinute', claim: { ...claim, id } }, now, {});

  expect(message).toContain(`this ${name} may`);
  expect(message).not.toContain(id.split('#')[1]);
});

test('an empty balance is a 402 that waiting does not mend', () => {
  const error = refusalError(
    { refusal: 'money', claim: { ...claim, id: 'org#o1', money: { kind: 'prepaid' } } },
    now,
    {},
  );

  expect(error).toMatchObject({
    code: 'insufficient_balance',
    status: 402,
    retryable: false,
    retryAfterSeconds: undefined,
  });
});

test.each([
  [Date.parse('2026-11-23T00:00:00Z'), 75],
  [undefined, undefined],
])('a used-up budget whose period ends at %s is a 402 with that wait, which no SDK should sit out', (end, expected) => {
  const money = {
    kind: 'budget' as const,
    amountMicroUsd: 9,
    period: 'p',
    policyVersion: 1,
    ...(end !== undefined && { periodEndsAt: end }),
  };

  const error = refusalError({ refusal: 'money', claim: { ...claim, money } }, now, {});

  expect(error).toMatchObject({ code: 'budget_exceeded', status: 402, retryable: false, retryAfterSeconds: expected });
});

test('a request larger than the minute is refused for good', () => {
  const error = requestTooLargeForLimit(claim, 900);

  expect(error).toMatchObject({ code: 'tokens_per_minute_exceeded', status: 429, retryable: false });
  expect(error.message).toMatch(/about 900 tokens.*600 tokens per minute/);
});
