import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRequestId, requestIdTime } from '../../../lambdas/http/request-id.ts';

const times = fc.integer({ min: 0, max: 2 ** 48 - 1 });

test('is a prefix and a ULID, of unmistakable letters', () => {
  // The time of the example in ULID's own README.
  const id = createRequestId(1_469_918_176_385, () => Buffer.alloc(16, 255));

  expect(id).toBe('req_01ARYZ6S41ZZZZZZZZZZZZZZZZ');
});

test('tells the millisecond it was made in', () => {
  fc.assert(
    fc.property(times, (time) => {
      expect(requestIdTime(createRequestId(time))).toBe(time);
    }),
  );
});

test('sorts as text in the order of time', () => {
  fc.assert(
    fc.property(times, times, (one, other) => {
      expect(createRequestId(one) < createRequestId(other) || one >= other).toBe(true);
    }),
  );
});

test('is another one every time', () => {
  const ids = Array.from({ length: 10_000 }, () => createRequestId(1));

  expect(new Set(ids).size).toBe(ids.length);
});

test.each([
  '',
  'req_',
  'req_01KASZ3J00',
  'req_01KASZ3J00ZZZZZZZZZZZZZZZZZ',
  'req_01KASZ3J00ZZZZZZZZZZZZZZZU',
  'REQ_01KASZ3J00ZZZZZZZZZZZZZZZZ',
  ' req_01KASZ3J00ZZZZZZZZZZZZZZZZ',
  '01KASZ3J00ZZZZZZZZZZZZZZZZ',
])('has no time in %j, which is not one of ours', (id) => {
  expect(requestIdTime(id)).toBeUndefined();
});
