import type { Dialect } from '../wire/protocol.ts';
import type { GatewayError } from './gateway-error.ts';
import type { GatewayResponse } from './gateway-request.ts';

/**
 * An error in the caller's own protocol, with headers the official SDKs act on: `x-should-retry` decides, `retry-after` says when.
 * (openai-node `src/client.ts`, anthropic-sdk-typescript `src/client.ts`: shouldRetry, retryRequest)
 */
export function errorResponse(
  error: GatewayError,
  dialect: Dialect,
  requestId: string,
): GatewayResponse & { readonly body: Buffer } {
  return {
    status: statusFor(error, dialect),
    headers: { ...errorHeaders(error), 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(errorBody(error, dialect, requestId))),
  };
}

/** The same error as the last event of a stream whose headers are gone. Both SDKs throw on it. */
export function errorEvent(error: GatewayError, dialect: Dialect, requestId: string): Buffer {
  const data = JSON.stringify(errorBody(error, dialect, requestId));
  return Buffer.from(dialect === 'anthropic' ? `event: error\ndata: ${data}\n\n` : `data: ${data}\n\n`);
}

/** The SDKs do not wait longer than that; they would come back at once, again and again. */
const longestWaitSeconds = 60;

function errorHeaders(error: GatewayError): Record<string, string> {
  const headers: Record<string, string> = {
    ...error.headers,
    'x-should-retry': String(error.retryable && (error.retryAfterSeconds ?? 0) <= longestWaitSeconds),
    'x-gatehouse-error-code': error.code,
    'x-gatehouse-error-owner': error.owner,
  };
  if (error.retryAfterSeconds !== undefined)
    headers['retry-after'] = String(Math.max(1, Math.ceil(error.retryAfterSeconds)));
  if (error.status === 401) headers['www-authenticate'] = 'Bearer realm="gatehouse"';
  return headers;
}

function errorBody(error: GatewayError, dialect: Dialect, requestId: string): object {
  const { message, code, owner } = error;
  if (dialect === 'anthropic') {
    return { type: 'error', error: { type: anthropicType(error), message, code, owner }, request_id: requestId };
  }
  return {
    error: { message, type: openaiType(error), param: error.param ?? null, code, owner, request_id: requestId },
  };
}

/** Anthropic has a status of its own for overload; its SDK and Claude Code know it. */
function statusFor(error: GatewayError, dialect: Dialect): number {
  return dialect === 'anthropic' && error.code === 'provider_overloaded' ? 529 : error.status;
}

/** https://docs.anthropic.com/en/api/errors */
function anthropicType(error: GatewayError): string {
  if (error.code === 'provider_overloaded') return 'overloaded_error';
  switch (error.status) {
    case 401:
      return 'authentication_error';
    case 402:
      return 'billing_error';
    case 403:
      return 'permission_error';
    case 404:
      return 'not_found_error';
    case 413:
      return 'request_too_large';
    case 429:
      return 'rate_limit_error';
    case 504:
      return 'timeout_error';
    default:
      return error.status >= 500 ? 'api_error' : 'invalid_request_error';
  }
}

/** https://platform.openai.com/docs/guides/error-codes */
function openaiType(error: GatewayError): string {
  switch (error.status) {
    case 401:
      return 'authentication_error';
    case 402:
      return 'insufficient_quota';
    case 403:
      return 'permission_error';
    case 404:
      return 'not_found_error';
    case 429:
      return 'rate_limit_error';
    default:
      return error.status >= 500 ? 'server_error' : 'invalid_request_error';
  }
}
