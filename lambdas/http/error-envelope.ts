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

/** The same error as the last event of a stream whose headers are gone. Every SDK throws on its own. */
export function errorEvent(error: GatewayError, dialect: Dialect, requestId: string): Buffer {
  const named = dialect === 'anthropic' || dialect === 'openai-responses';
  const body = dialect === 'openai-responses' ? responsesEvent(error, requestId) : errorBody(error, dialect, requestId);
  return Buffer.from(`${named ? 'event: error\n' : ''}data: ${JSON.stringify(body)}\n\n`);
}

/**
 * Responses has an event of its own for what goes wrong on the way. Its members stand in it twice: as documented (openai-node
 * `ResponseErrorEvent`), and under `error`, as OpenAI sends them and without which its SDKs take the event for a part of the
 * answer (openai-node `core/streaming.ts`).
 */
function responsesEvent(error: GatewayError, requestId: string): object {
  const { message, code, param = null } = error;
  return {
    type: 'error',
    sequence_number: 0,
    message,
    code,
    param,
    ...errorBody(error, 'openai-responses', requestId),
  };
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
    const details = code === 'parameter_not_supported' && error.param === 'thread' && { details: noThreads };
    return {
      type: 'error',
      error: { type: anthropicType(error), message, code, owner, ...details },
      request_id: requestId,
    };
  }
  if (dialect === 'gemini') return geminiBody(error, requestId);
  return {
    error: { message, type: openaiType(error), param: error.param ?? null, code, owner, request_id: requestId },
  };
}

/** Upon which the SDK's tool runner goes on with whole conversations (anthropic-sdk-typescript `ThreadState.recoversFrom`). */
const noThreads = { error_code: 'thread_unsupported_request', unsupported: ['thread'] };

/** https://google.aip.dev/193: `details` say what `status` is too coarse for. */
function geminiBody(
  { message, code, owner, param, status, retryAfterSeconds }: GatewayError,
  requestId: string,
): object {
  const details: object[] = [
    {
      '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
      reason: code,
      domain: 'gatehouse',
      metadata: { owner, request_id: requestId, ...(param !== undefined && { param }) },
    },
  ];
  if (retryAfterSeconds !== undefined) {
    const retryDelay = `${Math.max(1, Math.ceil(retryAfterSeconds))}s`;
    details.push({ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay });
  }
  return { error: { code: status, message, status: geminiStatus(status), details } };
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

/** https://ai.google.dev/gemini-api/docs/troubleshooting */
function geminiStatus(status: number): string {
  switch (status) {
    case 401:
      return 'UNAUTHENTICATED';
    case 403:
      return 'PERMISSION_DENIED';
    case 404:
    case 405:
      return 'NOT_FOUND';
    case 402:
    case 429:
      return 'RESOURCE_EXHAUSTED';
    case 503:
      return 'UNAVAILABLE';
    case 408:
    case 504:
      return 'DEADLINE_EXCEEDED';
    default:
      return status >= 500 ? 'INTERNAL' : 'INVALID_ARGUMENT';
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
