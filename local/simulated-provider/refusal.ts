/** The two families of error envelopes the simulated provider speaks. */
export type Dialect = 'openai' | 'anthropic';

export type RefusalKind =
  | 'invalid-request'
  | 'authentication'
  | 'not-found'
  | 'wrong-method'
  | 'too-large'
  | 'overloaded'
  | 'failed';

/** Status and error type as each vendor answers: they disagree on overload (429 against 529) and on most type names. */
const vendorErrors: Record<Dialect, Record<RefusalKind, { readonly status: number; readonly type: string }>> = {
  openai: {
    'invalid-request': { status: 400, type: 'invalid_request_error' },
    authentication: { status: 401, type: 'invalid_request_error' },
    'not-found': { status: 404, type: 'invalid_request_error' },
    'wrong-method': { status: 405, type: 'invalid_request_error' },
    'too-large': { status: 413, type: 'invalid_request_error' },
    overloaded: { status: 429, type: 'requests' },
    failed: { status: 500, type: 'server_error' },
  },
  anthropic: {
    'invalid-request': { status: 400, type: 'invalid_request_error' },
    authentication: { status: 401, type: 'authentication_error' },
    'not-found': { status: 404, type: 'not_found_error' },
    'wrong-method': { status: 405, type: 'invalid_request_error' },
    'too-large': { status: 413, type: 'request_too_large' },
    overloaded: { status: 529, type: 'overloaded_error' },
    failed: { status: 500, type: 'api_error' },
  },
};

/** An answer that is an error on purpose: a bad request, or a model whose job is to fail. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly kind: RefusalKind;
  /** The request member at fault (OpenAI's `param`). */
  readonly param: string | null;
  /** OpenAI's machine-readable code. */
  readonly code: string | null;

  constructor(kind: RefusalKind, message: string, details: { param?: string; code?: string } = {}) {
    super(message);
    this.kind = kind;
    this.param = details.param ?? null;
    this.code = details.code ?? null;
  }
}

export function refusalStatus(dialect: Dialect, refusal: Refusal): number {
  return vendorErrors[dialect][refusal.kind].status;
}

/** The vendor's error envelope; Anthropic repeats the request id in it, except inside a stream. */
export function refusalBody(dialect: Dialect, refusal: Refusal, requestId?: string): object {
  const { type } = vendorErrors[dialect][refusal.kind];
  const { message, param, code } = refusal;
  if (dialect === 'openai') return { error: { message, type, param, code } };
  return { type: 'error', error: { type, message }, ...(requestId !== undefined && { request_id: requestId }) };
}
