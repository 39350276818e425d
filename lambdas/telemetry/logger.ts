import type { RequestRecord } from '../store/request-record.ts';
import { positionsOf } from './thrown-failure.ts';

/**
 * Structured, metadata-only logging. There is no method that takes free text or an arbitrary object: what can be logged is the
 * request record (a closed list of attributes), a refusal, or a fault described by codes and source positions. A prompt, an
 * answer or a secret has no way in. How a line is written down: `log-line.ts`.
 */
export interface Logger {
  /** One line per request that was admitted. */
  request(record: RequestRecord, trace: TraceIds): void;
  /** One line per request that was answered with an error before it was admitted. */
  refused(refusal: RefusedRequest): void;
  /** One line per request to the admin API: which operation, never which path or by whom (that is in the audit trail). */
  admin(call: AdminCall): void;
  /** One line per run of reconcile. */
  reconciled(run: ReconcileRun): void;
  /** One line per organization whose meter was found to disagree with its request records. */
  drift(drift: MeterDriftFound): void;
  /** Something an operator must look at. */
  fault(fault: Fault): void;
}

/** Where a request stands in its caller's trace, or in one of its own: lower-case hexadecimal, as W3C Trace Context has them. */
export interface TraceIds {
  readonly traceId: string;
  readonly spanId: string;
}

export interface RefusedRequest extends Partial<TraceIds> {
  readonly id: string;
  readonly createdAt: string;
  /** The endpoint's path where it is one of ours; a path the caller made up is not repeated. */
  readonly endpoint: string;
  readonly status: number;
  readonly errorCode: string;
  readonly latencyMs: number;
}

export interface AdminCall {
  readonly id: string;
  readonly createdAt: string;
  /** The operation's id in the OpenAPI document; `other` for what is none. */
  readonly operation: string;
  readonly status: number;
  readonly latencyMs: number;
}

/** What a run of reconcile found and did: counts only. */
export interface ReconcileRun {
  readonly createdAt: string;
  readonly latencyMs: number;
  readonly dataPlanes: number;
  /** Of them, those that could not be read, or not be mended as a whole. */
  readonly unreachable: number;
  /** Policies that were missing, stale or foreign in all data planes together. */
  readonly policyDrift: number;
  /** Meters whose money was found to differ from the records, where that is new or has changed. */
  readonly meterDrift: number;
  readonly rotationsEnded: number;
  readonly metersSwept: number;
  readonly failures: number;
}

/** What can need an operator; docs/operations.md says of each what to do. */
export const faultKinds = [
  'settlement-failed',
  'cancellation-failed',
  'unexpected-error',
  'origin-secret-unavailable',
  'usage-rollup-failed',
  'unreadable-record',
  'key-service-failed',
  'store-failed',
  'trace-export-failed',
] as const;

/** Money of which a meter and the records say different amounts. */
export interface MeterDriftFound {
  readonly createdAt: string;
  readonly region: string;
  readonly organization: string;
  /** Spent by the meter less the sum of the records, micro-USD. */
  readonly driftMicroUsd: number;
}

export interface Fault {
  readonly kind: (typeof faultKinds)[number];
  readonly requestId?: string;
  /** The error's class, never its message: messages of parsers and servers quote what they were given. */
  readonly error: string;
  /** Source positions of the error's stack, without its message. */
  readonly at?: readonly string[];
}

export type LogLine =
  | ({ readonly type: 'request'; readonly level: 'info' } & RequestRecord & TraceIds)
  | ({ readonly type: 'refused'; readonly level: 'info' } & RefusedRequest)
  | ({ readonly type: 'admin'; readonly level: 'info' } & AdminCall)
  | ({ readonly type: 'reconciled'; readonly level: 'info' } & ReconcileRun)
  | ({ readonly type: 'drift'; readonly level: 'error' } & MeterDriftFound)
  | ({ readonly type: 'fault'; readonly level: 'error' } & Fault);

export function createLogger(write: (line: LogLine) => void): Logger {
  // Nothing is returned: Middy takes what an error handler returns for the answer.
  const put = (line: LogLine): void => {
    write(line);
  };
  return {
    request: (record, { traceId, spanId }) => put({ type: 'request', level: 'info', ...record, traceId, spanId }),
    refused: (refusal) => put({ type: 'refused', level: 'info', ...refusal }),
    admin: (call) => put({ type: 'admin', level: 'info', ...call }),
    reconciled: (run) => put({ type: 'reconciled', level: 'info', ...run }),
    drift: (drift) => put({ type: 'drift', level: 'error', ...drift }),
    fault: (fault) => put({ type: 'fault', level: 'error', ...fault }),
  };
}

/** A fault from an unknown throw: its class and where it came from, nothing it says. */
export function describeFault(kind: Fault['kind'], error: unknown, requestId?: string): Fault {
  return {
    kind,
    error: error instanceof Error ? error.name : typeof error,
    at: positionsOf(error)
      .slice(0, 8)
      .map((line) => line.trim()),
    ...(requestId !== undefined && { requestId }),
  };
}
