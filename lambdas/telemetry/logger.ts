import type { RequestRecord } from '../store/request-record.ts';

/**
 * Structured, metadata-only logging. There is no method that takes free text or an arbitrary object: what can be logged is the
 * request record (a closed list of attributes), a refusal, or a fault described by codes and source positions. A prompt, an
 * answer or a secret has no way in.
 */
export interface Logger {
  /** One line per request that was admitted. */
  request(record: RequestRecord): void;
  /** One line per request that was answered with an error before it was admitted. */
  refused(refusal: RefusedRequest): void;
  /** One line per request to the admin API: which operation, never which path or by whom (that is in the audit trail). */
  admin(call: AdminCall): void;
  /** Something an operator must look at. */
  fault(fault: Fault): void;
}

export interface RefusedRequest {
  readonly id: string;
  readonly createdAt: string;
  /** The endpoint's path where it is one of ours; a path the caller made up is not repeated. */
  readonly endpoint: string;
  readonly status: number;
  readonly errorCode: string;
  readonly organization?: string;
  readonly workspace?: string;
  readonly key?: string;
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

export interface Fault {
  readonly kind:
    | 'settlement-failed'
    | 'cancellation-failed'
    | 'unexpected-error'
    | 'origin-secret-unavailable'
    | 'usage-rollup-failed'
    | 'unreadable-record';
  readonly requestId?: string;
  /** The error's class, never its message: messages of parsers and servers quote what they were given. */
  readonly error: string;
  /** Source positions of the error's stack, without its message. */
  readonly at?: readonly string[];
}

export type LogLine =
  | ({ readonly type: 'request'; readonly level: 'info' } & RequestRecord)
  | ({ readonly type: 'refused'; readonly level: 'info' } & RefusedRequest)
  | ({ readonly type: 'admin'; readonly level: 'info' } & AdminCall)
  | ({ readonly type: 'fault'; readonly level: 'error' } & Fault);

export function createLogger(write: (line: LogLine) => void): Logger {
  // Nothing is returned: Middy takes what an error handler returns for the answer.
  const put = (line: LogLine): void => {
    write(line);
  };
  return {
    request: (record) => put({ type: 'request', level: 'info', ...record }),
    refused: (refusal) => put({ type: 'refused', level: 'info', ...refusal }),
    admin: (call) => put({ type: 'admin', level: 'info', ...call }),
    fault: (fault) => put({ type: 'fault', level: 'error', ...fault }),
  };
}

/** A fault from an unknown throw: its class and where it came from, nothing it says. */
export function describeFault(kind: Fault['kind'], error: unknown, requestId?: string): Fault {
  const known = error instanceof Error;
  const frames = known ? (error.stack ?? '').split('\n').filter((line) => /^\s+at .*:\d+:\d+\)?$/.test(line)) : [];
  return {
    kind,
    error: known ? error.name : typeof error,
    at: frames.slice(0, 8).map((line) => line.trim()),
    ...(requestId !== undefined && { requestId }),
  };
}
