import type { MeterClaim, MeterMoney } from '../store/meter.ts';
import type { Budget } from '../store/policy.ts';
import type { Caller } from './authenticate.ts';

/** Whose meters may be created where they are absent: their policy was read after they were seen to be. */
export interface CreatableMeters {
  readonly key: boolean;
  /** The organization's, the workspace's and the organization's budget. */
  readonly workspace: boolean;
}

export const noMeters: CreatableMeters = { key: false, workspace: false };

/**
 * The meters a caller is held to: always the key's and the organization's, which also carry the policy versions; the
 * workspace's and the organization's budget only where they exist, since each costs two writes per request.
 */
export function meterClaims(caller: Caller, nowMs: number, creatable: CreatableMeters): MeterClaim[] {
  const key = caller.key.policy;
  const whenAbsent = creatable.workspace ? 'create' : 'ask';
  const { organization, workspace, version } = caller.workspace.policy;
  const claims: MeterClaim[] = [
    {
      id: `key#${key.publicId}`,
      policyVersion: caller.key.asOf,
      whenAbsent: creatable.key ? 'create' : 'ask',
      limits: key.limits ?? {},
      money: budgetMoney(key.budget, key.version, nowMs),
    },
    {
      id: `org#${organization.id}`,
      policyVersion: caller.workspace.asOf,
      whenAbsent,
      limits: organization.limits ?? {},
      money: { kind: organization.billing === 'prepaid' ? 'prepaid' : 'counted' },
    },
  ];
  if (workspace.limits !== undefined || workspace.budget !== undefined) {
    const money = budgetMoney(workspace.budget, version, nowMs);
    claims.push({ id: `workspace#${workspace.id}`, whenAbsent, limits: workspace.limits ?? {}, money });
  }
  // Beside the balance, not in its place: an organization can be prepaid and have a monthly budget.
  if (organization.budget !== undefined) {
    claims.push({
      id: `budget#${organization.id}`,
      whenAbsent,
      limits: {},
      money: budgetMoney(organization.budget, version, nowMs),
    });
  }
  return claims;
}

function budgetMoney(budget: Budget | undefined, policyVersion: number, nowMs: number): MeterMoney {
  if (budget === undefined) return { kind: 'counted' };
  const period = budgetPeriod(budget.period, nowMs);
  return { kind: 'budget', amountMicroUsd: budget.amountMicroUsd, period: period.name, ...period.end, policyVersion };
}

const dayMs = 86_400_000;

interface Period {
  readonly name: string;
  readonly end: { readonly periodEndsAt?: number };
}

/** Every request of a day asks for the same few periods. */
const periodsOfToday = new Map<Budget['period'], { readonly day: number; readonly period: Period }>();

function budgetPeriod(period: Budget['period'], nowMs: number): Period {
  const day = Math.floor(nowMs / dayMs);
  const known = periodsOfToday.get(period);
  if (known?.day === day) return known.period;
  const computed = computePeriod(period, nowMs);
  periodsOfToday.set(period, { day, period: computed });
  return computed;
}

/** The period's name as the meter stores it, and when it ends (epoch milliseconds). All in UTC; weeks begin on Monday. */
function computePeriod(period: Budget['period'], nowMs: number): Period {
  const now = new Date(nowMs);
  const today = now.toISOString().slice(0, 10);
  const midnight = Date.parse(`${today}T00:00:00Z`);
  switch (period) {
    case 'day':
      return { name: today, end: { periodEndsAt: midnight + dayMs } };
    case 'week': {
      const monday = midnight - ((now.getUTCDay() + 6) % 7) * dayMs;
      return {
        name: `week of ${new Date(monday).toISOString().slice(0, 10)}`,
        end: { periodEndsAt: monday + 7 * dayMs },
      };
    }
    case 'month':
      return {
        name: today.slice(0, 7),
        end: { periodEndsAt: Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1) },
      };
    case 'total':
      return { name: 'total', end: {} };
  }
}
