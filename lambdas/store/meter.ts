import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { isConditionFailed, type StoreClient, StoreError } from './client.ts';
import {
  bucketEnd,
  countAttribute,
  dayOf,
  expiredBuckets,
  holdAttribute,
  meterAttributes,
  type MeterItem,
  minuteOf,
  parseMeterItem,
  totalHolds,
} from './meter-item.ts';
import type { Limits } from './policy.ts';
import { UpdateExpression } from './update-expression.ts';

/*
 * Access patterns of the `meter` table: exact admission without locks or transactions (DESIGN section 3, docs/settlement.md).
 *
 * | pattern           | write                                                              | called by              |
 * |-------------------|--------------------------------------------------------------------|------------------------|
 * | reserve           | one conditional UpdateItem; when it fails, read and compare-and-set | admit                  |
 * | settleReservation | one conditional UpdateItem                                          | settle                 |
 * | cancelReservation | one conditional UpdateItem                                          | admit (another refused)|
 * | returnHolds       | one conditional UpdateItem                                          | reserve, sweepMeters   |
 * | getMeter          | GetItem                                                             | GET /v1/key            |
 * | sweepMeters       | Scan                                                                | local start-up only    |
 *
 * No write here is ever repeated when its outcome is unknown.
 */

/** Where meters live. */
export interface MeterStore {
  readonly store: StoreClient;
  /** Physical table name. */
  readonly table: string;
}

/** What one meter is asked to guard. */
export interface MeterClaim {
  /** `key#<publicId>`, `org#<id>`, `workspace#<id>` or `budget#<organization>`. */
  readonly id: string;
  /** The policy version the meter must carry; only for the meters that guard revocation (key and organization). */
  readonly policyVersion?: number;
  /**
   * What an absent meter means. `ask`: nobody has used it yet, or its tenant was erased, and only the policy can tell; the caller
   * has to read it now. `create`: that was done after the meter was seen to be absent. Erasing deletes a policy before its meter,
   * so a policy that is still there belongs to a tenant that is.
   */
  readonly whenAbsent: 'ask' | 'create';
  readonly limits: Limits;
  readonly money: MeterMoney;
}

export type MeterMoney =
  /** Spending is counted, nothing is refused. */
  | { readonly kind: 'counted' }
  /** A prepaid balance, topped up by billing. */
  | { readonly kind: 'prepaid' }
  /** A budget of the policy; the meter starts every period with the full amount. */
  | {
      readonly kind: 'budget';
      readonly amountMicroUsd: number;
      readonly period: string;
      readonly periodEndsAt?: number;
      /** Version of the policy that grants it: of two kinds of period (a day's, a month's), the newer policy's counts. */
      readonly policyVersion: number;
    };

type Budget = Extract<MeterMoney, { kind: 'budget' }>;

export interface HoldRequest {
  /** Tokens counted against the minute; corrected when the real figure is known. */
  readonly tokens: number;
  readonly amountMicroUsd: number;
}

/** What was taken from one meter, enough to give it back. */
export interface Reservation extends HoldRequest {
  readonly claim: MeterClaim;
  readonly minute: number;
  readonly day: number;
  readonly bucketEnd: number;
}

export type Refusal = 'requestsPerMinute' | 'tokensPerMinute' | 'requestsPerDay' | 'concurrentRequests' | 'money';

export type ReserveOutcome =
  | { readonly kind: 'reserved'; readonly reservation: Reservation; readonly item: MeterItem }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly claim: MeterClaim; readonly item: MeterItem }
  /**
   * The meter carries another policy version than the caller's cached policy: read the policy again, as of this version.
   * `undefined`: the meter is absent, or carries none.
   */
  | { readonly kind: 'stale-policy'; readonly claim: MeterClaim; readonly policyVersion: number | undefined };

const maxTries = 12;

/**
 * Takes a hold from one meter, or says why not. The usual case is one write. Where that fails, the item is read: windows are
 * rolled, ended holds returned and budgets adopted by compare-and-set in the same write that reserves.
 *
 * @throws StoreError `unavailable` also when the meter stays contended after 12 tries.
 */
export async function reserve(
  meters: MeterStore,
  claim: MeterClaim,
  hold: HoldRequest,
  nowMs: number,
): Promise<ReserveOutcome> {
  let observed: MeterItem | undefined;
  for (let tries = 0; tries < maxTries; tries += 1) {
    const { expression, reservation } = reserveExpression(claim, hold, nowMs, observed);
    try {
      const { Attributes } = await meters.store.updateItem({
        ...expression.build(meters.table, claim.id),
        ReturnValues: 'ALL_NEW',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
      return { kind: 'reserved', reservation, item: requireItem(parseMeterItem(Attributes)) };
    } catch (error) {
      if (!isConditionFailed(error)) throw error;
      observed = parseMeterItem(error.item) ?? (await getMeter(meters, claim.id));
    }
    if (observed === undefined || !isComplete(observed, claim)) {
      if (isAbsent(observed, claim) && claim.whenAbsent === 'ask') {
        return { kind: 'stale-policy', claim, policyVersion: undefined };
      }
      observed = await initializeMeter(meters, claim);
    }
    if (claim.policyVersion !== undefined && observed.policyVersion !== claim.policyVersion) {
      return { kind: 'stale-policy', claim, policyVersion: observed.policyVersion };
    }
    const refusal = refusalOf(claim, hold, nowMs, observed);
    if (refusal !== undefined) return { kind: 'refused', refusal, claim, item: observed };
  }
  throw new StoreError('unavailable', 'meter contended: no reservation after 12 tries');
}

/**
 * Without an observed item: what a meter looks like when nothing rolled since the last call. With one: the same, bound to
 * exactly what was observed, so that a concurrent change makes the write fail rather than count twice.
 */
function reserveExpression(
  claim: MeterClaim,
  hold: HoldRequest,
  nowMs: number,
  observed: MeterItem | undefined,
): { expression: UpdateExpression; reservation: Reservation } {
  const expression = new UpdateExpression();
  const { limits, money } = claim;
  if (claim.policyVersion !== undefined) expression.require('policyVersion', '=', claim.policyVersion);

  // A host whose clock is behind joins the window that the others have opened already.
  const minute = Math.max(minuteOf(nowMs), observed?.minute ?? 0);
  if (observed !== undefined && observed.minute < minute) {
    expression.require('minute', '=', observed.minute).set('minute', minute);
    expression.set('minuteRequests', 1).set('minuteTokens', hold.tokens);
  } else {
    expression.require('minute', '=', minute).add('minuteRequests', 1).add('minuteTokens', hold.tokens);
    if (limits.requestsPerMinute !== undefined) expression.require('minuteRequests', '<', limits.requestsPerMinute);
    if (limits.tokensPerMinute !== undefined) {
      expression.require('minuteTokens', '<=', limits.tokensPerMinute - hold.tokens);
    }
  }

  const day = Math.max(dayOf(nowMs), observed?.day ?? 0);
  if (observed !== undefined && observed.day < day) {
    expression.require('day', '=', observed.day).set('day', day).set('dayRequests', 1);
  } else {
    expression.require('day', '=', day).add('dayRequests', 1);
    if (limits.requestsPerDay !== undefined) expression.require('dayRequests', '<', limits.requestsPerDay);
  }

  const end = bucketEnd(nowMs);
  const returned = observed === undefined ? { amountMicroUsd: 0, count: 0 } : returnEnded(expression, observed, nowMs);
  expression.add('inflight', 1 - returned.count);
  expression.add(holdAttribute(end), hold.amountMicroUsd).add(countAttribute(end), 1);
  if (limits.concurrentRequests !== undefined) {
    expression.require('inflight', '<', limits.concurrentRequests + returned.count);
  }

  const adopted = money.kind === 'budget' ? adoptBudget(expression, money, observed) : 0;
  const credit = returned.amountMicroUsd + adopted;
  expression.add('balance', credit - hold.amountMicroUsd);
  // What costs nothing is not refused for want of money.
  if (money.kind !== 'counted' && hold.amountMicroUsd > 0) {
    expression.require('balance', '>=', hold.amountMicroUsd - credit);
  }
  return { expression, reservation: { ...hold, claim, minute, day, bucketEnd: end } };
}

/** Returns ended holds in the same write, bound to the amounts observed. */
function returnEnded(expression: UpdateExpression, observed: MeterItem, nowMs: number): ReturnType<typeof totalHolds> {
  const ended = expiredBuckets(observed, nowMs);
  for (const bucket of ended) {
    expression.require(holdAttribute(bucket.end), '=', bucket.amountMicroUsd).remove(holdAttribute(bucket.end));
    expression.require(countAttribute(bucket.end), '=', bucket.count).remove(countAttribute(bucket.end));
  }
  return totalHolds(ended);
}

/**
 * Makes the meter's budget and period those of the policy and returns what that adds to the balance. A new period starts with
 * nothing spent; a changed amount keeps what was spent.
 */
function adoptBudget(expression: UpdateExpression, money: Budget, observed: MeterItem | undefined): number {
  const { period, amountMicroUsd } = observed === undefined ? money : budgetFor(money, observed);
  if (observed === undefined || (observed.period === period && observed.budgetMicroUsd === amountMicroUsd)) {
    expression.require('period', '=', period).require('budget', '=', amountMicroUsd);
    return 0;
  }
  expression.require('period', '=', observed.period).require('budget', '=', observed.budgetMicroUsd);
  expression.set('period', period).set('budget', amountMicroUsd);
  expression.set('budgetVersion', Math.max(money.policyVersion, observed.budgetVersion));
  return grantedMicroUsd(money, observed);
}

/**
 * The period and amount that hold once this meter has met this budget. Periods only go forward, or two hosts on either side of
 * midnight would each open theirs again and again with nothing spent; and so do policies that differ in the kind of period.
 */
function budgetFor(money: Budget, item: MeterItem): Pick<Budget, 'period' | 'amountMicroUsd'> {
  const sameKind = item.period.length === money.period.length;
  if (sameKind) return { ...money, period: item.period > money.period ? item.period : money.period };
  return item.budgetVersion > money.policyVersion
    ? { period: item.period, amountMicroUsd: item.budgetMicroUsd }
    : money;
}

/** What adopting this budget adds to the balance. */
function grantedMicroUsd(money: Budget, item: MeterItem): number {
  const { period, amountMicroUsd } = budgetFor(money, item);
  const forgiven = item.period === period ? 0 : spentMicroUsd(item);
  return amountMicroUsd - item.budgetMicroUsd + forgiven;
}

/** Spent in the meter's current period, open holds excluded. */
export function spentMicroUsd(item: MeterItem): number {
  return item.budgetMicroUsd - item.balanceMicroUsd - totalHolds(item.buckets).amountMicroUsd;
}

/** Why this item refuses the hold; `undefined` when only a race stood in the way. Mirrors the conditions above. */
function refusalOf(claim: MeterClaim, hold: HoldRequest, nowMs: number, item: MeterItem): Refusal | undefined {
  const { limits } = claim;
  const sameMinute = item.minute >= minuteOf(nowMs);
  const requests = sameMinute ? item.minuteRequests : 0;
  const tokens = sameMinute ? item.minuteTokens : 0;
  const dayRequests = item.day >= dayOf(nowMs) ? item.dayRequests : 0;
  const ended = totalHolds(expiredBuckets(item, nowMs));
  if (requests >= (limits.requestsPerMinute ?? Infinity)) return 'requestsPerMinute';
  if (tokens + hold.tokens > (limits.tokensPerMinute ?? Infinity)) return 'tokensPerMinute';
  if (dayRequests >= (limits.requestsPerDay ?? Infinity)) return 'requestsPerDay';
  if (item.inflight - ended.count >= (limits.concurrentRequests ?? Infinity)) return 'concurrentRequests';
  if (hold.amountMicroUsd > Math.max(0, availableMicroUsd(claim, item, nowMs))) return 'money';
  return undefined;
}

/** What a hold may take now: the balance, ended holds, and the budget the policy grants for the current period. */
export function availableMicroUsd(claim: MeterClaim, item: MeterItem, nowMs: number): number {
  const { money } = claim;
  if (money.kind === 'counted') return Number.MAX_SAFE_INTEGER;
  const available = item.balanceMicroUsd + totalHolds(expiredBuckets(item, nowMs)).amountMicroUsd;
  return money.kind === 'prepaid' ? available : available + grantedMicroUsd(money, item);
}

function isComplete(item: MeterItem, claim: MeterClaim): boolean {
  return item.complete && (claim.policyVersion === undefined || item.policyVersion !== undefined);
}

/** What billing creates has a balance and no version: of whether the tenant exists it says as little as nothing does. */
function isAbsent(item: MeterItem | undefined, claim: MeterClaim): boolean {
  return item === undefined || (claim.policyVersion !== undefined && item.policyVersion === undefined);
}

/** Completes a meter that does not exist yet, or that billing or the control plane created with only their part of it. */
async function initializeMeter({ store, table }: MeterStore, claim: MeterClaim): Promise<MeterItem> {
  const expression = new UpdateExpression();
  for (const name of meterAttributes) {
    if (name !== 'policyVersion') expression.setIfAbsent(name, name === 'period' ? '' : 0);
    else if (claim.policyVersion !== undefined) expression.setIfAbsent(name, claim.policyVersion);
  }
  const { Attributes } = await store.updateItem({ ...expression.build(table, claim.id), ReturnValues: 'ALL_NEW' });
  return requireItem(parseMeterItem(Attributes));
}

/**
 * Charges what the request really cost and gives the rest of its hold back. A settlement that comes after its hold was returned
 * only charges. Tokens are corrected if the minute they were counted in is still open.
 */
export async function settleReservation(
  meters: MeterStore,
  reservation: Reservation,
  actual: HoldRequest,
  nowMs: number,
): Promise<void> {
  const tokens = actual.tokens - reservation.tokens;
  const correctTokens = tokens !== 0 && minuteOf(nowMs) === reservation.minute;
  const release = (): UpdateExpression => releaseHold(reservation, reservation.amountMicroUsd - actual.amountMicroUsd);
  await firstThatHolds(meters, reservation.claim.id, [
    ...(correctTokens ? [() => release().require('minute', '=', reservation.minute).add('minuteTokens', tokens)] : []),
    release,
    // Any balance there is: a meter that was erased in the meantime must not come back.
    () =>
      new UpdateExpression().require('balance', '>=', Number.MIN_SAFE_INTEGER).add('balance', -actual.amountMicroUsd),
  ]);
}

/** Undoes a reservation as if it had never been: another meter refused. Counts of windows that rolled are gone already. */
export async function cancelReservation(meters: MeterStore, reservation: Reservation): Promise<void> {
  const release = (): UpdateExpression => releaseHold(reservation, reservation.amountMicroUsd);
  const sameDay = (): UpdateExpression => release().require('day', '=', reservation.day).add('dayRequests', -1);
  const sameMinute = (): UpdateExpression =>
    sameDay()
      .require('minute', '=', reservation.minute)
      .add('minuteRequests', -1)
      .add('minuteTokens', -reservation.tokens);
  await firstThatHolds(meters, reservation.claim.id, [sameMinute, sameDay, release]);
}

function releaseHold(reservation: Reservation, returnedMicroUsd: number): UpdateExpression {
  const hold = holdAttribute(reservation.bucketEnd);
  const count = countAttribute(reservation.bucketEnd);
  return new UpdateExpression()
    .require(hold, '>=', reservation.amountMicroUsd)
    .require(count, '>=', 1)
    .add(hold, -reservation.amountMicroUsd)
    .add(count, -1)
    .add('inflight', -1)
    .add('balance', returnedMicroUsd);
}

/** Tries each write until one's condition holds; when none does, there is nothing left to do. */
async function firstThatHolds(
  { store, table }: MeterStore,
  id: string,
  expressions: readonly (() => UpdateExpression)[],
): Promise<void> {
  for (const expression of expressions) {
    try {
      await store.updateItem(expression().build(table, id));
      return;
    } catch (error) {
      if (!isConditionFailed(error)) throw error;
    }
  }
}

/** Returns the holds whose time has ended. Whoever comes first does it; a lost race means somebody else did. */
async function returnHolds(meters: MeterStore, id: string, item: MeterItem, nowMs: number): Promise<void> {
  if (expiredBuckets(item, nowMs).length === 0) return;
  const expression = new UpdateExpression();
  const returned = returnEnded(expression, item, nowMs);
  expression.add('balance', returned.amountMicroUsd).add('inflight', -returned.count);
  await firstThatHolds(meters, id, [() => expression]);
}

export async function getMeter({ store, table }: MeterStore, id: string): Promise<MeterItem | undefined> {
  const { Item } = await store.getItem({ TableName: table, Key: { pk: { S: id } }, ConsistentRead: true });
  return parseMeterItem(Item);
}

/**
 * Returns ended holds of every meter and says how many meters had some. With `nowMs` Infinity: all holds, for a process that
 * knows that no request is in flight anywhere (the local runner when it starts).
 */
export async function sweepMeters(meters: MeterStore, nowMs: number): Promise<number> {
  let swept = 0;
  let start: Record<string, AttributeValue> | undefined;
  do {
    const page = await meters.store.scan({
      TableName: meters.table,
      ...(start !== undefined && { ExclusiveStartKey: start }),
    });
    for (const raw of page.Items ?? []) {
      const item = requireItem(parseMeterItem(raw));
      await returnHolds(meters, raw['pk']?.S ?? '', item, nowMs);
      // A bucket whose holds were all settled is cleared as well, but nobody was interrupted.
      if (totalHolds(expiredBuckets(item, nowMs)).count > 0) swept += 1;
    }
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
  return swept;
}

/** Sets the policy version a meter carries, which ends every cached copy of an older policy. Control plane and local seed. */
export async function setMeterPolicyVersion({ store, table }: MeterStore, id: string, version: number): Promise<void> {
  await store.updateItem(new UpdateExpression().set('policyVersion', version).build(table, id));
}

function requireItem(item: MeterItem | undefined): MeterItem {
  if (item === undefined) throw new StoreError('rejected', 'the store returned no item where one must exist');
  return item;
}
