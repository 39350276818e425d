import { type GatewayError } from '../http/gateway-error.ts';
import type { GatewayRequest } from '../http/gateway-request.ts';
import { costMicroUsd } from '../metering/price.ts';
import { noUsage, type TokenUsage, totalTokens } from '../metering/token-usage.ts';
import type { CallJournal } from '../routing/call-with-fallback.ts';
import { settleReservation } from '../store/meter.ts';
import { type Ending, putRequestRecord, type RequestRecord } from '../store/request-record.ts';
import { describeFault } from '../telemetry/logger.ts';
import { joinTrace } from '../telemetry/trace-context.ts';
import type { RequestFacts, ResponseFacts } from '../wire/protocol.ts';
import type { Admission } from './admit.ts';
import type { Caller } from './authenticate.ts';
import type { Dependencies } from './dependencies.ts';
import { estimateUsage } from './token-bound.ts';

/** An admitted request on its way: what settlement needs to know of it, filled as it goes. */
export interface Passage {
  readonly request: GatewayRequest;
  readonly caller: Caller;
  readonly facts: RequestFacts;
  readonly admission: Admission;
  readonly journal: CallJournal;
  /** Milliseconds after `receivedAt`; set when the first byte of the answer goes out. */
  firstByteMs: number | undefined;
  overheadMs: number | undefined;
}

/** How it ended, and what the answer told about itself. */
export interface Outcome {
  readonly ending: Ending;
  readonly status: number;
  readonly error?: GatewayError;
  readonly answer?: ResponseFacts & AnswerSize;
}

/** How much of an answer went by: the fallback for usage that never came. `bytes` without what every event repeats. */
export interface AnswerSize {
  readonly contentEvents: number;
  readonly bytes: number;
}

export interface Settlement {
  readonly usage: TokenUsage;
  readonly costMicroUsd: number;
}

/**
 * Charges what was used, gives the rest of every hold back and writes the one record, all before the response ends. Never throws:
 * an answer already given is not taken back because bookkeeping failed; the hold comes back by its bucket, the fault is logged.
 */
export async function settle(passage: Passage, outcome: Outcome, deps: Dependencies): Promise<Settlement> {
  const now = deps.now();
  const metered = meter(passage, outcome);
  const { usage, billedUnits } = metered;
  const target = passage.journal.target;
  const cost = target === undefined ? 0 : costMicroUsd(usage, target.price, billedUnits);
  const record = buildRecord({ passage, outcome, metered, cost, now }, deps);
  const actual = { tokens: totalTokens(usage), amountMicroUsd: cost };
  const writes = Promise.allSettled([
    putRequestRecord(deps.store, deps.tables.requests, record),
    ...passage.admission.reservations.map((reservation) => settleReservation(deps.meters, reservation, actual, now)),
  ]);
  // While the writes are under way there is nothing else to do.
  const { request, journal } = passage;
  const trace = joinTrace(request.headers['traceparent']);
  deps.logger.request(record, trace);
  const { method, receivedAt: startedAt } = request;
  const traced = { record, trace, method, calls: journal.calls, startedAt, endedAt: now };
  const exported = trace.sampled ? deps.traces?.export(traced) : undefined;
  for (const result of await writes) {
    if (result.status === 'rejected') {
      deps.logger.fault(describeFault('settlement-failed', result.reason, passage.request.id));
    }
  }
  await exported;
  return { usage, costMicroUsd: cost };
}

/**
 * Reported usage where the provider reported it; an estimate where an answer, or a part of it, was delivered without; nothing
 * where nothing was delivered (docs/settlement.md).
 */
function meter(passage: Passage, { ending, answer }: Outcome): Metered {
  if (answer === undefined) return { usage: noUsage, estimated: false };
  const { admission, facts } = passage;
  if (facts.atMost !== undefined) return meterAtMost(passage, facts.atMost, answer);
  const cutShort = ending !== 'completed';
  if (answer.usage !== undefined && !cutShort) return { usage: answer.usage, estimated: false };
  // Anthropic's first event has the input and its last one the output: of a stream cut short only the former can be trusted.
  const usage = estimateUsage(
    {
      inputTokens: admission.estimatedInputTokens,
      contentEvents: answer.contentEvents,
      bytes: answer.bytes,
      maxOutputTokens: admission.reservedOutputTokens,
    },
    answer.usage,
  );
  return { usage, estimated: true };
}

interface Metered {
  readonly usage: TokenUsage;
  /** Of a model that is charged by another unit than tokens, or by both. */
  readonly billedUnits?: number;
  /** Not as the provider reported it. */
  readonly estimated: boolean;
}

/**
 * What the answer told of the tokens and units that its model is charged by, and the most there can be of what it did not tell
 * (docs/decisions/0033).
 */
function meterAtMost(
  { admission, journal }: Passage,
  atMost: NonNullable<RequestFacts['atMost']>,
  answer: ResponseFacts,
): Metered {
  const price = journal.target?.price;
  const byUnit = price?.perMillionUnits !== undefined;
  const byToken = !byUnit || price.inputPerMillion > 0 || price.outputPerMillion > 0;
  const most = { ...noUsage, inputTokens: atMost.inputTokens, outputTokens: admission.reservedOutputTokens };
  return {
    usage: answer.usage ?? (byToken ? most : noUsage),
    ...(byUnit && { billedUnits: answer.billedUnits ?? atMost.billedUnits }),
    estimated: (byToken && answer.usage === undefined) || (byUnit && answer.billedUnits === undefined),
  };
}

interface RecordParts {
  readonly passage: Passage;
  readonly outcome: Outcome;
  readonly metered: Metered;
  readonly cost: number;
  readonly now: number;
}

function buildRecord({ passage, outcome, metered, cost, now }: RecordParts, deps: Dependencies): RequestRecord {
  const { request, caller, facts, journal } = passage;
  const { organization, workspace } = caller.workspace.policy;
  const latencyMs = Math.max(0, Math.round(now - request.receivedAt));
  const credential = journal.target?.credential;
  return {
    id: request.id,
    createdAt: new Date(request.receivedAt).toISOString(),
    organization: organization.id,
    workspace: workspace.id,
    key: caller.key.policy.publicId,
    region: deps.region,
    endpoint: request.endpoint ?? request.path,
    provider: journal.target?.provider.name ?? 'none',
    model: journal.target?.model ?? 'none',
    streamed: facts.stream,
    ending: outcome.ending,
    status: outcome.status,
    ...(outcome.error !== undefined && { errorCode: outcome.error.code }),
    ...(outcome.answer?.finishReason !== undefined && { finishReason: outcome.answer.finishReason }),
    ...metered.usage,
    ...(metered.billedUnits !== undefined && { billedUnits: metered.billedUnits }),
    usageEstimated: metered.estimated,
    costMicroUsd: cost,
    ...(credential !== undefined && { credentialOwner: credential.owner, credentialVersion: credential.version }),
    attempts: journal.attempts,
    latencyMs,
    firstByteMs: Math.round(passage.firstByteMs ?? latencyMs),
    overheadMs: roundTenths(passage.overheadMs ?? latencyMs - journal.waitedMs),
    keyPolicyVersion: caller.key.asOf,
    workspacePolicyVersion: caller.workspace.asOf,
    expiresAt: Math.floor(request.receivedAt / 1000) + organization.retentionDays * 86_400,
  };
}

function roundTenths(milliseconds: number): number {
  return Math.max(0, Math.round(milliseconds * 10) / 10);
}
