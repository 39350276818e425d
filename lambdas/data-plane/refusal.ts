import { GatewayError } from '../http/gateway-error.ts';
import type { MeterClaim, Refusal } from '../store/meter.ts';

/**
 * The one place where a limit becomes a 429 and an empty purse a 402. Every message names whose limit it is, so that nobody
 * takes ours for a provider's.
 */
export function refusalError(
  refused: { refusal: Refusal; claim: MeterClaim },
  nowMs: number,
  headers: Readonly<Record<string, string>>,
): GatewayError {
  const { claim } = refused;
  const whose = ownerName(claim.id);
  const secondsUntil = (end: number): number => Math.max(1, Math.ceil((end - nowMs) / 1000));
  const nextMinute = secondsUntil((Math.floor(nowMs / 60_000) + 1) * 60_000);
  const nextDay = secondsUntil((Math.floor(nowMs / 86_400_000) + 1) * 86_400_000);
  const limited = (code: GatewayError['code'], limit: string, retryAfterSeconds: number): GatewayError =>
    new GatewayError(code, 429, `Gatehouse limit reached: this ${whose} may use ${limit}.`, {
      retryAfterSeconds,
      // The SDKs give up waiting beyond a minute and would only hammer.
      retryable: retryAfterSeconds <= 60,
      headers,
    });
  switch (refused.refusal) {
    case 'requestsPerMinute':
      return limited(
        'requests_per_minute_exceeded',
        `${claim.limits.requestsPerMinute} requests per minute`,
        nextMinute,
      );
    case 'tokensPerMinute':
      return limited('tokens_per_minute_exceeded', `${claim.limits.tokensPerMinute} tokens per minute`, nextMinute);
    case 'requestsPerDay':
      return limited('requests_per_day_exceeded', `${claim.limits.requestsPerDay} requests per day`, nextDay);
    case 'concurrentRequests':
      return limited('concurrent_requests_exceeded', `${claim.limits.concurrentRequests} requests at the same time`, 1);
    case 'money':
      return moneyError(claim, whose, secondsUntil, headers);
  }
}

function moneyError(
  claim: MeterClaim,
  whose: string,
  secondsUntil: (end: number) => number,
  headers: Readonly<Record<string, string>>,
): GatewayError {
  if (claim.money.kind !== 'budget') {
    const message = `The prepaid balance of this ${whose} does not cover this request.`;
    return new GatewayError('insufficient_balance', 402, message, { headers });
  }
  const { periodEndsAt } = claim.money;
  return new GatewayError(
    'budget_exceeded',
    402,
    `What is left of the budget of this ${whose} does not cover this request.`,
    {
      headers,
      retryable: false,
      ...(periodEndsAt !== undefined && { retryAfterSeconds: secondsUntil(periodEndsAt) }),
    },
  );
}

/** A single request that asks for more than the limit of a whole minute can never be admitted. */
export function requestTooLargeForLimit(claim: MeterClaim, tokens: number): GatewayError {
  return new GatewayError(
    'tokens_per_minute_exceeded',
    429,
    `Request too large: it needs about ${tokens} tokens, and this ${ownerName(claim.id)} may use ${claim.limits.tokensPerMinute} tokens per minute.`,
    { retryable: false },
  );
}

function ownerName(meterId: string): string {
  if (meterId.startsWith('key#')) return 'API key';
  return meterId.startsWith('workspace#') ? 'workspace' : 'organization';
}
