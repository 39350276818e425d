/** Most times one call is tried again. */
const maxRetries = 3;

const firstPauseMs = 250;
const longestPauseMs = 60_000;

/**
 * How long to pause before the same call is made once more, in milliseconds; undefined when it should not be.
 *
 * @param failure the status of an answer and its `retry-after`, or `unreachable` when there was none
 * @param retries how many times it was tried again already
 */
export function pauseBeforeRetry(
  failure: 'unreachable' | { readonly status: number; readonly retryAfter: string | null },
  retries: number,
  now: number,
): number | undefined {
  if (retries >= maxRetries) return undefined;
  const pause = firstPauseMs * 2 ** retries;
  if (failure === 'unreachable') return pause;
  const asked = failure.retryAfter === null ? undefined : readRetryAfter(failure.retryAfter, now);
  // 429 without a hint when it ends is not asked again: that only makes it worse. 409 has a hint when a call whose answer was
  // lost is still under way.
  const passes =
    [502, 503, 504].includes(failure.status) || ([409, 429].includes(failure.status) && asked !== undefined);
  if (!passes) return undefined;
  if (asked !== undefined && asked > longestPauseMs) return undefined;
  return Math.max(pause, asked ?? 0);
}

/** Seconds or an HTTP date (RFC 9110, section 10.2.3), as milliseconds from now. */
function readRetryAfter(value: string, now: number): number | undefined {
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
