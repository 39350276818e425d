import { GatewayError } from '../http/gateway-error.ts';
import { affordableOutputTokens, worstCaseMicroUsd } from '../metering/price.ts';
import { isStoreOutage } from '../store/client.ts';
import type { MeterItem } from '../store/meter-item.ts';
import {
  availableMicroUsd,
  cancelReservation,
  type HoldRequest,
  type MeterClaim,
  reserve,
  type ReserveOutcome,
  type Reservation,
} from '../store/meter.ts';
import { describeFault } from '../telemetry/logger.ts';
import type { JsonBody } from '../wire/json-body.ts';
import type { Dialect, RequestFacts } from '../wire/protocol.ts';
import type { Caller, CallerReading } from './authenticate.ts';
import type { Dependencies } from './dependencies.ts';
import { type CreatableMeters, meterClaims } from './meter-claims.ts';
import type { Reading } from './policies.ts';
import { rateLimitHeaders } from './rate-limit-headers.ts';
import { refusalError, requestTooLargeForLimit } from './refusal.ts';
import { inputTokensAtMost, inputTokensUsually, outputTokensWanted } from './token-bound.ts';
import type { Takers } from './translate.ts';

/** What a request was let in with, to be settled exactly once. */
export interface Admission {
  readonly kind: 'admitted';
  readonly reservations: readonly Reservation[];
  /** Cap on output tokens per choice, to be sent to the provider; `undefined` where nothing limits it. */
  readonly maxOutputTokens: number | undefined;
  /** Output tokens in all that were reserved for. */
  readonly reservedOutputTokens: number;
  readonly estimatedInputTokens: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** The policies are older than the meters say, or a meter is absent: read them again like this, and start over. */
export interface StalePolicy {
  readonly kind: 'stale-policy';
  readonly reading: CallerReading;
  /** What may be created once that is read. */
  readonly creatable: CreatableMeters;
}

export interface AdmissionRequest {
  readonly caller: Caller;
  readonly facts: RequestFacts;
  readonly body: JsonBody;
  readonly takers: Pick<Takers, 'targets' | 'sizes' | 'minOutputTokens'>;
  readonly dialect: Dialect;
  readonly creatable: CreatableMeters;
}

/** An answer shorter than this is of no use; rather refuse than cut it down further. */
const fewestUsefulOutputTokens = 256;

/**
 * Admits a request: one conditional write per meter, all at once. That write is the limit, the reservation of money and the
 * check for revocation together (docs/settlement.md). Where the balance does not cover the worst case, the cap on the output is
 * lowered once to what it does cover.
 *
 * @throws GatewayError 429, 402, or 503 when the store does not answer.
 */
export async function admit(request: AdmissionRequest, deps: Dependencies): Promise<Admission | StalePolicy> {
  const now = deps.now();
  const claims = meterClaims(request.caller, now, request.creatable);
  const cap = capWithinTokenLimits(request, claims);
  const first = await reserveAll(claims, holdFor(request, cap), now, deps);
  if (first.kind !== 'refused') return toAdmission({ ...request, claims, cap }, first, deps);

  const lower = affordableCap(request, cap, first.refusals, now);
  if (lower === undefined) throw toError(first.refusals, request.dialect, now);
  const second = await reserveAll(claims, holdFor(request, lower), now, deps);
  if (second.kind === 'refused') throw toError(second.refusals, request.dialect, now);
  return toAdmission({ ...request, claims, cap: lower }, second, deps);
}

/** The worst case over all targets, so that falling back to a dearer one stays within the hold. */
function holdFor({ facts, body, takers }: AdmissionRequest, cap: number): HoldRequest {
  const amounts = [...takers.sizes].map(([target, size]) => {
    const outputTokens = Math.min(cap, target.maxOutputTokens ?? cap) * facts.choices;
    // What is charged for each of many documents can be more than the model takes at once.
    const inputTokens = facts.atMost?.inputTokens ?? inputTokensAtMost(size, target);
    return worstCaseMicroUsd({ inputTokens, outputTokens, billedUnits: facts.atMost?.billedUnits }, target.price);
  });
  return { tokens: inputTokensUsually(body) + cap * facts.choices, amountMicroUsd: Math.max(0, ...amounts) };
}

/** A request that would not fit an empty minute is cut down to it, or refused for good. */
function capWithinTokenLimits(request: AdmissionRequest, claims: readonly MeterClaim[]): number {
  const { facts, body, takers } = request;
  let cap = outputTokensWanted(facts, takers.targets);
  for (const claim of claims) {
    const limit = claim.limits.tokensPerMinute;
    if (limit === undefined) continue;
    const input = inputTokensUsually(body);
    if (input + cap * facts.choices <= limit) continue;
    const fitting = facts.choices === 0 ? 0 : Math.floor((limit - input) / facts.choices);
    if (facts.choices === 0 || fitting < fewestOutputTokens(takers, cap)) {
      throw requestTooLargeForLimit(claim, input + cap * facts.choices);
    }
    cap = fitting;
  }
  return cap;
}

function fewestOutputTokens({ minOutputTokens }: AdmissionRequest['takers'], cap: number): number {
  return Math.max(minOutputTokens, Math.min(cap, fewestUsefulOutputTokens));
}

type Refused = Extract<ReserveOutcome, { kind: 'refused' }>;

/** A lower cap that the balance covers; `undefined` where something other than money refused, or too little is left. */
function affordableCap(
  { facts, takers }: AdmissionRequest,
  cap: number,
  refusals: readonly Refused[],
  now: number,
): number | undefined {
  if (facts.choices === 0 || refusals.some(({ refusal }) => refusal !== 'money')) return undefined;
  const available = Math.min(...refusals.map(({ claim, item }) => availableMicroUsd(claim, item, now)));
  const tokens = [...takers.sizes].map(([target, size]) =>
    affordableOutputTokens(available, inputTokensAtMost(size, target), target.price),
  );
  const lower = Math.floor(Math.min(...tokens) / facts.choices);
  return lower < cap && lower >= fewestOutputTokens(takers, cap) ? lower : undefined;
}

type ReservedAll =
  | { readonly kind: 'reserved'; readonly reservations: Reservation[]; readonly items: MeterItem[] }
  | { readonly kind: 'refused'; readonly refusals: Refused[] }
  | StalePolicy;

/** All meters or none: where one refuses or fails, the others are given back. */
async function reserveAll(
  claims: readonly MeterClaim[],
  hold: HoldRequest,
  now: number,
  deps: Dependencies,
): Promise<ReservedAll> {
  const settled = await Promise.allSettled(claims.map((claim) => reserve(deps.meters, claim, hold, now)));
  const outcomes = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const reserved = outcomes.filter((outcome) => outcome.kind === 'reserved');
  if (reserved.length === claims.length) {
    return {
      kind: 'reserved',
      reservations: reserved.map(({ reservation }) => reservation),
      items: reserved.map(({ item }) => item),
    };
  }
  await cancelAll(
    reserved.map(({ reservation }) => reservation),
    deps,
  );
  const failure = settled.find((result) => result.status === 'rejected');
  if (failure !== undefined) {
    // An outage passes by itself; a missing permission or table does not, and only the log can tell.
    if (!isStoreOutage(failure.reason)) deps.logger.fault(describeFault('unexpected-error', failure.reason));
    throw storeUnavailable(failure.reason);
  }
  const stale = outcomes.filter((outcome) => outcome.kind === 'stale-policy');
  if (stale.length > 0) {
    const [ofKey, ofWorkspace] = [stale.filter(guardsKey), stale.filter((outcome) => !guardsKey(outcome))];
    return {
      kind: 'stale-policy',
      reading: { key: readingAfter(ofKey), workspace: readingAfter(ofWorkspace) },
      creatable: { key: ofKey.some(isAbsent), workspace: ofWorkspace.some(isAbsent) },
    };
  }
  return { kind: 'refused', refusals: outcomes.filter((outcome) => outcome.kind === 'refused') };
}

type Stale = Extract<ReserveOutcome, { kind: 'stale-policy' }>;

const guardsKey = ({ claim }: Stale): boolean => claim.id.startsWith('key#');
const isAbsent = ({ policyVersion }: Stale): boolean => policyVersion === undefined;

function readingAfter(stale: readonly Stale[]): Reading {
  if (stale.length === 0) return 'cached';
  const asOf = stale.find((outcome) => !isAbsent(outcome))?.policyVersion;
  return asOf === undefined ? 'fresh' : { asOf };
}

/** A hold that cannot be given back now comes back when its bucket ends; the refusal stands either way. */
async function cancelAll(reservations: readonly Reservation[], deps: Dependencies): Promise<void> {
  const results = await Promise.allSettled(
    reservations.map((reservation) => cancelReservation(deps.meters, reservation)),
  );
  for (const result of results) {
    if (result.status === 'rejected') deps.logger.fault(describeFault('cancellation-failed', result.reason));
  }
}

function toAdmission(
  request: AdmissionRequest & { claims: readonly MeterClaim[]; cap: number },
  reserved: Exclude<ReservedAll, { kind: 'refused' }>,
  deps: Dependencies,
): Admission | StalePolicy {
  if (reserved.kind === 'stale-policy') return reserved;
  const { facts, claims, cap } = request;
  const limited = claims.some(({ money, limits }) => money.kind !== 'counted' || limits.tokensPerMinute !== undefined);
  const enforced = limited && facts.choices > 0 && facts.atMost === undefined;
  const meters = claims.flatMap((claim, index) => {
    const item = reserved.items[index];
    return item === undefined ? [] : [{ claim, item }];
  });
  return {
    kind: 'admitted',
    reservations: reserved.reservations,
    maxOutputTokens: enforced ? cap : undefined,
    reservedOutputTokens: cap * facts.choices,
    estimatedInputTokens: estimatedInput(request),
    headers: {
      ...rateLimitHeaders(meters, request.dialect, deps.now()),
      ...(enforced && cap !== facts.maxOutputTokens && { 'x-gatehouse-max-output-tokens': String(cap) }),
    },
  };
}

/** Never more than was held for: a long body can hold more than the context of a small model. */
function estimatedInput({ body, takers }: AdmissionRequest): number {
  const most = [...takers.sizes].map(([target, size]) => inputTokensAtMost(size, target));
  return Math.min(inputTokensUsually(body), ...most);
}

function toError(refusals: readonly Refused[], dialect: Dialect, now: number): GatewayError {
  const [first] = refusals;
  if (first === undefined) return storeUnavailable(undefined);
  return refusalError(first, now, rateLimitHeaders(refusals, dialect, now));
}

function storeUnavailable(cause: unknown): GatewayError {
  return new GatewayError(
    'store_unavailable',
    503,
    'Gatehouse could not check the limits of this request. Try again.',
    {
      retryAfterSeconds: 1,
      cause,
    },
  );
}
