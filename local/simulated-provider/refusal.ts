/** The families of error envelopes that the simulated provider speaks. */
export type Dialect = 'openai' | 'anthropic' | 'gemini' | 'bedrock' | 'cohere' | 'voyage';

export type RefusalKind =
  | 'invalid-request'
  | 'authentication'
  | 'not-found'
  | 'unknown-model'
  | 'wrong-method'
  | 'too-large'
  | 'overloaded'
  | 'failed';

interface VendorError {
  readonly status: number;
  readonly type: string;
}

/** Status and error type as each vendor answers: they disagree on overload, on unknown models and on most type names. */
const vendorErrors: Record<Dialect, Record<RefusalKind, VendorError>> = {
  openai: {
    'invalid-request': { status: 400, type: 'invalid_request_error' },
    authentication: { status: 401, type: 'invalid_request_error' },
    'not-found': { status: 404, type: 'invalid_request_error' },
    'unknown-model': { status: 404, type: 'invalid_request_error' },
    'wrong-method': { status: 405, type: 'invalid_request_error' },
    'too-large': { status: 413, type: 'invalid_request_error' },
    overloaded: { status: 429, type: 'requests' },
    failed: { status: 500, type: 'server_error' },
  },
  anthropic: {
    'invalid-request': { status: 400, type: 'invalid_request_error' },
    authentication: { status: 401, type: 'authentication_error' },
    'not-found': { status: 404, type: 'not_found_error' },
    'unknown-model': { status: 404, type: 'not_found_error' },
    'wrong-method': { status: 405, type: 'invalid_request_error' },
    'too-large': { status: 413, type: 'request_too_large' },
    overloaded: { status: 529, type: 'overloaded_error' },
    failed: { status: 500, type: 'api_error' },
  },
  gemini: {
    'invalid-request': { status: 400, type: 'INVALID_ARGUMENT' },
    authentication: { status: 400, type: 'INVALID_ARGUMENT' },
    'not-found': { status: 404, type: 'NOT_FOUND' },
    'unknown-model': { status: 404, type: 'NOT_FOUND' },
    'wrong-method': { status: 404, type: 'NOT_FOUND' },
    'too-large': { status: 400, type: 'INVALID_ARGUMENT' },
    overloaded: { status: 503, type: 'UNAVAILABLE' },
    failed: { status: 500, type: 'INTERNAL' },
  },
  bedrock: {
    'invalid-request': { status: 400, type: 'ValidationException' },
    authentication: { status: 403, type: 'AccessDeniedException' },
    'not-found': { status: 404, type: 'UnknownOperationException' },
    'unknown-model': { status: 400, type: 'ValidationException' },
    'wrong-method': { status: 404, type: 'UnknownOperationException' },
    'too-large': { status: 413, type: 'RequestEntityTooLargeException' },
    overloaded: { status: 429, type: 'ThrottlingException' },
    failed: { status: 500, type: 'InternalServerException' },
  },
  cohere: plain(401),
  voyage: plain(401),
};

/** Vendors whose errors are a status and a sentence. */
function plain(authentication: number): Record<RefusalKind, VendorError> {
  const type = '';
  return {
    'invalid-request': { status: 400, type },
    authentication: { status: authentication, type },
    'not-found': { status: 404, type },
    'unknown-model': { status: 404, type },
    'wrong-method': { status: 405, type },
    'too-large': { status: 413, type },
    overloaded: { status: 429, type },
    failed: { status: 500, type },
  };
}

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

/** A request member at fault, in the words of the vendor. */
export function refuse(param: string, message: string, code?: string): never {
  throw new Refusal('invalid-request', message, { param, ...(code !== undefined && { code }) });
}

export function refusalStatus(dialect: Dialect, refusal: Refusal): number {
  return vendorErrors[dialect][refusal.kind].status;
}

/** What a vendor says in headers. */
export function refusalHeaders(dialect: Dialect, refusal: Refusal): Readonly<Record<string, string>> {
  return dialect === 'bedrock' ? { 'x-amzn-errortype': vendorErrors.bedrock[refusal.kind].type } : {};
}

/** The vendor's error envelope; Anthropic repeats the request id in it, except inside a stream. */
export function refusalBody(dialect: Dialect, refusal: Refusal, requestId?: string): object {
  const { status, type } = vendorErrors[dialect][refusal.kind];
  const { message, param, code } = refusal;
  switch (dialect) {
    case 'openai':
      return { error: { message, type, param, code } };
    case 'anthropic':
      return { type: 'error', error: { type, message }, ...(requestId !== undefined && { request_id: requestId }) };
    case 'gemini':
      return { error: { code: status, message, status: type, ...describeKeyFault(refusal) } };
    case 'bedrock':
      return { message };
    case 'cohere':
      return { ...(requestId !== undefined && { id: requestId }), message };
    case 'voyage':
      return { detail: message };
  }
}

/** Google answers a wrong key with the status of a bad argument, and tells them apart in the details. */
function describeKeyFault({ kind }: Refusal): object {
  if (kind !== 'authentication') return {};
  const info = {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    reason: 'API_KEY_INVALID',
    domain: 'googleapis.com',
  };
  return { details: [info] };
}
