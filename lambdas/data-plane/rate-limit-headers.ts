import type { MeterItem } from '../store/meter-item.ts';
import type { MeterClaim } from '../store/meter.ts';
import type { Dialect } from '../wire/protocol.ts';

interface Window {
  readonly limit: number;
  readonly remaining: number;
}

/**
 * The state of the tightest limit as the SDKs and their users know it: OpenAI's `x-ratelimit-*` with resets as durations,
 * Anthropic's `anthropic-ratelimit-*` with resets as RFC 3339. Only limits that exist are shown.
 */
export function rateLimitHeaders(
  meters: readonly { claim: MeterClaim; item: MeterItem }[],
  dialect: Dialect,
  nowMs: number,
): Record<string, string> {
  const requests = tightest(meters, (claim, item) => [claim.limits.requestsPerMinute, item.minuteRequests]);
  const tokens = tightest(meters, (claim, item) => [claim.limits.tokensPerMinute, item.minuteTokens]);
  const resetAt = (Math.floor(nowMs / 60_000) + 1) * 60_000;
  const reset = dialect === 'anthropic' ? new Date(resetAt).toISOString() : duration(resetAt - nowMs);
  const headers: Record<string, string> = {};
  for (const [kind, window] of [['requests', requests] as const, ['tokens', tokens] as const]) {
    if (window === undefined) continue;
    const name = (part: string): string =>
      dialect === 'anthropic' ? `anthropic-ratelimit-${kind}-${part}` : `x-ratelimit-${part}-${kind}`;
    headers[name('limit')] = String(window.limit);
    headers[name('remaining')] = String(window.remaining);
    headers[name('reset')] = reset;
  }
  return headers;
}

function tightest(
  meters: readonly { claim: MeterClaim; item: MeterItem }[],
  read: (claim: MeterClaim, item: MeterItem) => readonly [limit: number | undefined, used: number],
): Window | undefined {
  let found: Window | undefined;
  for (const { claim, item } of meters) {
    const [limit, used] = read(claim, item);
    if (limit === undefined) continue;
    const remaining = Math.max(0, limit - used);
    if (found === undefined || remaining < found.remaining) found = { limit, remaining };
  }
  return found;
}

/** OpenAI's form: `17s`, `1m0s`. */
function duration(milliseconds: number): string {
  const seconds = Math.max(1, Math.ceil(milliseconds / 1000));
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
