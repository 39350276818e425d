import type { TimeoutPolicy } from '../store/policy.ts';

/**
 * - `connectMs`: until the connection stands, TLS included
 * - `firstByteMs`: from the request sent to the provider's response headers; a reasoning model may think for minutes
 * - `idleMs`: silence between two pieces of the response
 * - `totalMs`: everything; below the 15 minutes after which a hold is returned
 */
export type Timeouts = Required<TimeoutPolicy>;

const defaults: Timeouts = { connectMs: 5_000, firstByteMs: 300_000, idleMs: 120_000, totalMs: 840_000 };

/** A policy can only shorten the total: a request that outlives its hold could be charged twice over. */
export function resolveTimeouts(policy: TimeoutPolicy, remainingMs: number): Timeouts {
  const timeouts = { ...defaults, ...policy };
  const totalMs = Math.max(1, Math.min(timeouts.totalMs, defaults.totalMs, remainingMs));
  return { ...timeouts, totalMs };
}
