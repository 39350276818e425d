import { setTimeout as delay } from 'node:timers/promises';
import { AwsCallError } from './call-error.ts';

/** How often a call may be repeated after each kind of failure. */
export interface RetryPolicy {
  /** The connection was never made. */
  readonly notSent: number;
  /** No answer or a 5xx: for calls that may safely happen twice, 0 for all others. */
  readonly unavailable: number;
  /** AWS refused to act for now. */
  readonly throttled: number;
}

export const onceOnly: RetryPolicy = { notSent: 1, unavailable: 0, throttled: 2 };
export const repeatable: RetryPolicy = { notSent: 2, unavailable: 2, throttled: 2 };

const throttlingTypes: ReadonlySet<string> = new Set([
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'RequestLimitExceeded',
]);

/** True for exceptions by which AWS says: not done, ask again later. */
export function isThrottling(type: string | undefined): boolean {
  return type !== undefined && throttlingTypes.has(type);
}

/** Runs `call`, and again after a pause of 25-100 ms for as long as the policy allows a repeat of what went wrong. */
export async function withRetries<Result>(policy: RetryPolicy, call: () => Promise<Result>): Promise<Result> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      if (attempt >= allowedRepeats(policy, error)) throw error;
    }
    const longest = attempt === 0 ? 50 : 100;
    await delay(25 + Math.random() * (longest - 25));
  }
}

function allowedRepeats(policy: RetryPolicy, error: unknown): number {
  if (!(error instanceof AwsCallError)) return 0;
  if (error.outcome === 'not-sent') return policy.notSent;
  if (isThrottling(error.type)) return policy.throttled;
  return error.outcome === 'unknown' || (error.status ?? 0) >= 500 ? policy.unavailable : 0;
}
