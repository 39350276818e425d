import { describe, expect, test } from 'vitest';
import { pauseBeforeRetry } from '../../cli/retry.ts';

const now = Date.parse('2026-11-22T06:30:00Z');
const refused = (status: number, retryAfter: string | null = null) => ({ status, retryAfter });

describe('a call that failed', () => {
  test.each([502, 503, 504])('with %d is tried again, with longer pauses', (status) => {
    const pauses = [0, 1, 2, 3].map((retries) => pauseBeforeRetry(refused(status), retries, now));

    expect(pauses).toEqual([250, 500, 1000, undefined]);
  });

  test('for want of a connection is tried again', () => {
    expect(pauseBeforeRetry('unreachable', 0, now)).toBe(250);
    expect(pauseBeforeRetry('unreachable', 3, now)).toBeUndefined();
  });

  test.each([400, 401, 403, 404, 412, 422, 500])('with %d is not tried again', (status) => {
    expect(pauseBeforeRetry(refused(status, '1'), 0, now)).toBeUndefined();
  });

  test.each([409, 429])('with %d is tried again only when the server says when', (status) => {
    expect(pauseBeforeRetry(refused(status), 0, now)).toBeUndefined();
    expect(pauseBeforeRetry(refused(status, '2'), 0, now)).toBe(2000);
    expect(pauseBeforeRetry(refused(status, 'Sun, 22 Nov 2026 06:30:05 GMT'), 0, now)).toBe(5000);
    expect(pauseBeforeRetry(refused(status, 'soon'), 0, now)).toBeUndefined();
  });

  test('is not waited for longer than a minute', () => {
    expect(pauseBeforeRetry(refused(503, '61'), 0, now)).toBeUndefined();
  });
});
