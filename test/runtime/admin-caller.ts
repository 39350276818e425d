import type { LambdaHost } from './lambda-host.ts';

export interface CallOptions {
  readonly body?: unknown;
  /** Sent as it is, instead of JSON. */
  readonly bytes?: string | Uint8Array;
  /** `null`: none. */
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // A test says what it expects of the answer by looking at it.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

export type Call = (method: string, path: string, options?: CallOptions) => Promise<Answer>;

/** Calls the admin API of a deployed function; `path` below `/admin/v1`. The token is the operator's unless it says otherwise. */
export function createCaller(host: LambdaHost, operatorToken = 'bootstrap-token-of-the-test'): Call {
  return async (method, path, { body, bytes, token = operatorToken, headers = {} } = {}) => {
    const content = bytes ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await fetch(`${host.url}/admin/v1${path}`, {
      method,
      ...(content !== undefined && { body: content }),
      headers: {
        ...(content !== undefined && { 'content-type': 'application/json' }),
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...headers,
      },
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
  };
}
