import { isDeepStrictEqual } from 'node:util';
import { Problem } from './problem.ts';

interface Dated {
  readonly createdAt: string;
  readonly updatedAt?: string;
}

/**
 * Checks that what is stored under an id of our own came from a call like this one: a call that died and is repeated under its
 * `Idempotency-Key` finds what it had made.
 *
 * @throws Problem 422 where the key was used for something else.
 */
export function requireCreatedFromSame<Value extends Dated>(stored: Value, wanted: Value): void {
  const undated = { ...wanted, createdAt: stored.createdAt, updatedAt: stored.updatedAt };
  if (!isDeepStrictEqual({ ...stored, updatedAt: stored.updatedAt }, undated)) throw keyUsedBefore();
}

export function keyUsedBefore(): Problem {
  return new Problem('idempotency_key_reused', 422, 'This Idempotency-Key was used for another call.', {
    detail: 'A key stands for one call with one body; make a new one.',
  });
}
