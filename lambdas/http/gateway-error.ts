/**
 * Every code a caller can meet. Codes are stable: clients may branch on them. Messages may change.
 * docs/errors.md explains each; a test keeps the two lists equal.
 */
export type GatewayErrorCode =
  // the caller's request
  | 'invalid_json'
  | 'invalid_request'
  | 'unsupported_media_type'
  | 'request_too_large'
  | 'request_timeout'
  | 'missing_api_key'
  | 'invalid_api_key'
  | 'api_key_expired'
  | 'api_key_revoked'
  | 'model_not_allowed'
  | 'endpoint_not_allowed'
  | 'address_not_allowed'
  | 'region_not_allowed'
  | 'zero_retention_unavailable'
  | 'model_not_found'
  | 'protocol_not_supported'
  | 'parameter_not_supported'
  | 'model_not_priced'
  | 'path_not_found'
  | 'method_not_allowed'
  | 'generation_not_found'
  | 'loop_detected'
  // limits and money
  | 'requests_per_minute_exceeded'
  | 'tokens_per_minute_exceeded'
  | 'requests_per_day_exceeded'
  | 'concurrent_requests_exceeded'
  | 'budget_exceeded'
  | 'insufficient_balance'
  // the provider
  | 'provider_rejected_request'
  | 'provider_credential_missing'
  | 'provider_credential_refused'
  | 'provider_quota_exceeded'
  | 'provider_rate_limited'
  | 'provider_overloaded'
  | 'provider_error'
  | 'provider_timeout'
  | 'provider_unreachable'
  | 'provider_invalid_response'
  // us
  | 'origin_not_verified'
  | 'store_unavailable'
  | 'internal_error';

/** Who is at fault. Callers see it as `x-gatehouse-error-owner`; nobody mistakes our limit for a provider's. */
export type ErrorOwner = 'caller' | 'gateway' | 'provider';

export interface GatewayErrorOptions {
  /** JSON path of the offending field. */
  readonly param?: string;
  /** Whole seconds after which the same call may succeed. */
  readonly retryAfterSeconds?: number;
  /** Whether the same call, repeated, could succeed; the SDKs obey it through `x-should-retry`. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
  /** Further response headers, such as the state of the limit that refused. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The one error family of the request path. The HTTP edge renders it in the caller's protocol. */
export class GatewayError extends Error {
  override readonly name: string = 'GatewayError';
  readonly code: GatewayErrorCode;
  readonly status: number;
  readonly owner: ErrorOwner = 'gateway';
  readonly retryable: boolean;
  readonly param: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: GatewayErrorCode, status: number, message: string, options: GatewayErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = status;
    this.param = options.param;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.headers = options.headers ?? {};
    this.retryable = options.retryable ?? options.retryAfterSeconds !== undefined;
  }
}

/** The request itself is wrong; repeating it unchanged cannot help. */
export class CallerError extends GatewayError {
  override readonly name = 'CallerError';
  override readonly owner = 'caller';
}

/** A provider refused, failed or talked nonsense. Made only in `routing/`, where its retryability is decided once. */
export class ProviderError extends GatewayError {
  override readonly name = 'ProviderError';
  override readonly owner = 'provider';
  readonly provider: string;

  constructor(
    failure: { code: GatewayErrorCode; status: number; provider: string; message: string },
    options: GatewayErrorOptions = {},
  ) {
    super(failure.code, failure.status, failure.message, options);
    this.provider = failure.provider;
  }
}
