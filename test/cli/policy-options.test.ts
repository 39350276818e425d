import { describe, expect, test } from 'vitest';
import { changedLimits, collectLimit, limitsOf } from '../../cli/policy-options.ts';

describe('limits on the command line', () => {
  test('add up, the last of a name counting', () => {
    const first = collectLimit('requestsPerMinute=60');
    const both = collectLimit('requestsPerMinute=90', collectLimit('concurrentRequests=5', first));

    expect(limitsOf(both)).toEqual({ requestsPerMinute: 90, concurrentRequests: 5 });
  });

  test.each([
    'requestsPerMinute',
    'requestsPerMinute=',
    'requestsPerMinute=0',
    'requestsPerMinute=1.5',
    'perHour=3',
    '=3',
    'requestsPerDay=1=2',
  ])('refuse %j', (text) => {
    expect(() => collectLimit(text)).toThrow(/requestsPerMinute/);
  });

  test('change what they name and keep the rest', () => {
    const changes = new Map([
      ['requestsPerDay', 5],
      ['tokensPerMinute', undefined],
    ] as const);

    expect(changedLimits({ tokensPerMinute: 1, concurrentRequests: 2 }, changes)).toEqual({
      concurrentRequests: 2,
      requestsPerDay: 5,
    });
  });

  test('become null when none is left', () => {
    expect(changedLimits({ tokensPerMinute: 1 }, new Map([['tokensPerMinute', undefined]]))).toBeNull();
    expect(changedLimits(undefined, new Map([['tokensPerMinute', undefined]]))).toBeNull();
  });
});
