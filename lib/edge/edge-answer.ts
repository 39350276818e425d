/**
 * What stands in front of the proxy answers some requests by itself, and cannot tell which SDK is calling. One body therefore serves
 * three: OpenAI reads `error`, Anthropic `type` and `error`, Gemini `error.message` and `error.status`. The types of errors are
 * Anthropic's, whose list is closed; OpenAI's is open. `code` is a string as in every answer of the gateway.
 */
export interface EdgeFault {
  readonly code: string;
  readonly message: string;
  /** https://docs.anthropic.com/en/api/errors */
  readonly type: 'rate_limit_error' | 'request_too_large' | 'permission_error' | 'invalid_request_error' | 'api_error';
  /** Name of the condition at Google. https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto */
  readonly status: 'RESOURCE_EXHAUSTED' | 'INVALID_ARGUMENT' | 'PERMISSION_DENIED' | 'UNAVAILABLE';
  readonly owner: 'caller' | 'gateway';
  /** Whether the same call, repeated, could succeed. */
  readonly retryable: boolean;
  readonly retryAfterSeconds?: number;
}

/** In the words of the proxy's own 413, `requestTooLarge` of `lambdas/http/request-body.ts`; a test keeps them equal. */
export const bodyTooLarge: EdgeFault = {
  code: 'request_too_large',
  message: 'The request body is larger than 6 MiB. Send large images and documents by URL or file id instead.',
  type: 'request_too_large',
  status: 'INVALID_ARGUMENT',
  owner: 'caller',
  retryable: false,
};

export function edgeBody({ type, code, message, status, owner }: EdgeFault): string {
  return JSON.stringify({ type: 'error', error: { type, message, param: null, code, status, owner } });
}

/** The headers of every refusal of the gateway, which SDKs obey and `docs/errors.md` promises. */
export function edgeHeaders({ code, owner, retryable, retryAfterSeconds }: EdgeFault): Record<string, string> {
  return {
    'x-should-retry': String(retryable),
    'x-gatehouse-error-code': code,
    'x-gatehouse-error-owner': owner,
    ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
  };
}
