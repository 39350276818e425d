import type { GatewayRequest, GatewayResponse } from '../http/gateway-request.ts';
import { jsonResponse } from '../http/json-response.ts';
import { dayOf, expiredBuckets, type MeterItem, minuteOf, totalHolds } from '../store/meter-item.ts';
import { availableMicroUsd, getMeter, type MeterClaim, spentMicroUsd } from '../store/meter.ts';
import { authenticate } from './authenticate.ts';
import { authorize } from './authorize.ts';
import type { Dependencies } from './dependencies.ts';
import { meterClaims, noMeters } from './meter-claims.ts';

/** `GET /v1/key`: the limits this key is held to, what is left of each, and what was spent. */
export async function serveKey(request: GatewayRequest, deps: Dependencies): Promise<GatewayResponse> {
  const caller = await authenticate(request, deps, { key: 'fresh', workspace: 'fresh' });
  authorize(caller, request, deps.region);
  const now = deps.now();
  const meters = await Promise.all(
    meterClaims(caller, now, noMeters).map(async (claim) => ({
      claim,
      item: await getMeter(deps.meters, claim.id),
    })),
  );
  const { publicId, name, organization, workspace, expiresAt, models, endpoints } = caller.key.policy;
  return jsonResponse(200, {
    data: {
      id: publicId,
      name,
      organization,
      workspace,
      expires_at: expiresAt === undefined ? null : new Date(expiresAt * 1000).toISOString(),
      models: models ?? null,
      endpoints: endpoints ?? null,
      meters: meters.map(({ claim, item }) => describeMeter(claim, item, now)),
    },
  });
}

const scopes: Readonly<Record<string, string>> = {
  key: 'key',
  org: 'organization',
  workspace: 'workspace',
  budget: 'organization_budget',
};

function describeMeter(claim: MeterClaim, item: MeterItem | undefined, now: number): object {
  const { limits, money } = claim;
  const left = (limit: number | undefined, used: number): object | null =>
    limit === undefined ? null : { limit, remaining: Math.max(0, limit - used) };
  const sameMinute = item?.minute === minuteOf(now);
  const inflight = item === undefined ? 0 : item.inflight - totalHolds(expiredBuckets(item, now)).count;
  const samePeriod = money.kind !== 'budget' || item?.period === money.period;
  return {
    scope: scopes[claim.id.slice(0, claim.id.indexOf('#'))],
    requests_per_minute: left(limits.requestsPerMinute, sameMinute ? item.minuteRequests : 0),
    tokens_per_minute: left(limits.tokensPerMinute, sameMinute ? item.minuteTokens : 0),
    requests_per_day: left(limits.requestsPerDay, item?.day === dayOf(now) ? item.dayRequests : 0),
    concurrent_requests: left(limits.concurrentRequests, inflight),
    spent_micro_usd: item === undefined || !samePeriod ? 0 : spentMicroUsd(item),
    money: describeMoney(claim, item, now),
  };
}

function describeMoney(claim: MeterClaim, item: MeterItem | undefined, now: number): object | null {
  const { money } = claim;
  if (money.kind === 'counted') return null;
  const fresh = money.kind === 'budget' ? money.amountMicroUsd : 0;
  return {
    kind: money.kind,
    remaining_micro_usd: item === undefined ? fresh : availableMicroUsd(claim, item, now),
    ...(money.kind === 'budget' && { limit_micro_usd: money.amountMicroUsd, period: money.period }),
  };
}
