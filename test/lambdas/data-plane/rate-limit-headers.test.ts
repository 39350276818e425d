import { expect, test } from 'vitest';
import { rateLimitHeaders } from '../../../lambdas/data-plane/rate-limit-headers.ts';
import { parseMeterItem } from '../../../lambdas/store/meter-item.ts';
import type { Limits } from '../../../lambdas/store/policy.ts';

const now = Date.parse('2026-11-22T10:00:42.300Z');

function meter(limits: Limits, requests: number, tokens: number) {
  const item = parseMeterItem({ minuteRequests: { N: String(requests) }, minuteTokens: { N: String(tokens) } })!;
  return { claim: { id: 'key#k', whenAbsent: 'ask' as const, limits, money: { kind: 'counted' as const } }, item };
}

const both = { requestsPerMinute: 10, tokensPerMinute: 1000 };

test("are OpenAI's, with the reset as a duration", () => {
  expect(rateLimitHeaders([meter(both, 3, 250)], 'openai', now)).toEqual({
    'x-ratelimit-limit-requests': '10',
    'x-ratelimit-remaining-requests': '7',
    'x-ratelimit-reset-requests': '18s',
    'x-ratelimit-limit-tokens': '1000',
    'x-ratelimit-remaining-tokens': '750',
    'x-ratelimit-reset-tokens': '18s',
  });
});

test("are Anthropic's, with the reset as a time", () => {
  expect(rateLimitHeaders([meter(both, 3, 250)], 'anthropic', now)).toEqual({
    'anthropic-ratelimit-requests-limit': '10',
    'anthropic-ratelimit-requests-remaining': '7',
    'anthropic-ratelimit-requests-reset': '2026-11-22T10:01:00.000Z',
    'anthropic-ratelimit-tokens-limit': '1000',
    'anthropic-ratelimit-tokens-remaining': '750',
    'anthropic-ratelimit-tokens-reset': '2026-11-22T10:01:00.000Z',
  });
});

test('show for each kind the meter that has least left', () => {
  const key = meter({ requestsPerMinute: 10, tokensPerMinute: 1000 }, 9, 10);
  const organization = meter({ requestsPerMinute: 100, tokensPerMinute: 2000 }, 20, 1950);

  expect(rateLimitHeaders([key, organization], 'openai', now)).toMatchObject({
    'x-ratelimit-limit-requests': '10',
    'x-ratelimit-remaining-requests': '1',
    'x-ratelimit-limit-tokens': '2000',
    'x-ratelimit-remaining-tokens': '50',
  });
});

test('show no limit that nobody set, and never less than nothing', () => {
  const headers = rateLimitHeaders([meter({}, 5, 5), meter({ requestsPerMinute: 3 }, 5, 5)], 'openai', now);

  expect(headers).toEqual({
    'x-ratelimit-limit-requests': '3',
    'x-ratelimit-remaining-requests': '0',
    'x-ratelimit-reset-requests': '18s',
  });
});

test('say a full minute at its first millisecond', () => {
  const headers = rateLimitHeaders([meter(both, 0, 0)], 'openai', Date.parse('2026-11-22T10:00:00Z'));

  expect(headers['x-ratelimit-reset-requests']).toBe('1m0s');
});
