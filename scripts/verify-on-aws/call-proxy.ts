import { maxRequestBytes } from '../../lambdas/http/request-body.ts';
import type { Deployment } from './check.ts';

export interface ProxyCall {
  readonly method?: string;
  readonly path: string;
  readonly secret?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const timeoutMs = 120_000;

/** One call to the proxy; the body of the answer is for the caller to read. */
export function callProxy({ proxyUrl }: Pick<Deployment, 'proxyUrl'>, call: ProxyCall): Promise<Response> {
  return fetch(`${proxyUrl}${call.path}`, {
    method: call.method ?? (call.body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(call.secret !== undefined && { authorization: `Bearer ${call.secret}` }),
      ...(call.body !== undefined && { 'content-type': 'application/json' }),
      ...call.headers,
    },
    ...(call.body !== undefined && { body: call.body }),
    signal: AbortSignal.timeout(timeoutMs),
  });
}

/** A chat completion with this text as prompt. */
export function chat(model: string, prompt: string, more: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({ model, messages: [{ role: 'user', content: prompt }], ...more });
}

/** The code in an error of ours or of the edge; `undefined` for a body of another shape, such as CloudFront's own page. */
export async function errorCode(response: Response): Promise<string | undefined> {
  try {
    const body = (await response.json()) as { error?: { code?: unknown } };
    return body.error === undefined ? undefined : String(body.error.code);
  } catch {
    return undefined;
  }
}

/** A request just above what is accepted. */
export const tooLargePrompt = (): string => 'a'.repeat(maxRequestBytes + 1);
