import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createPrefixCache, type PrefixCache } from './simulated-provider/count-usage.ts';
import { matchEndpoint, requireEndpoint } from './simulated-provider/endpoints.ts';
import { readBody, refuseOnPurpose, sendJson } from './simulated-provider/exchange.ts';
import { type Dialect, Refusal, refusalBody, refusalHeaders, refusalStatus } from './simulated-provider/refusal.ts';

export { simulatedModels } from './simulated-provider/models.ts';

export interface SimulatedProviderOptions {
  /**
   * Port on 127.0.0.1.
   *
   * @default - a free one
   */
  readonly port?: number;
  /**
   * The only credential accepted, as a bearer token, in `x-api-key` or in `x-goog-api-key`.
   *
   * @default - any credential, or none
   */
  readonly requireKey?: string;
  /** Called when a request was read and before it is judged: what reached the vendor. */
  readonly onRequest?: (request: ReceivedRequest) => void;
  /** Called when a request is over, one way or the other, and nothing works on it any more. */
  readonly onEnd?: (ending: RequestEnding) => void;
}

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  /** What follows the question mark; empty without one. */
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  /** Parsed JSON, or a `FormData`. */
  readonly body: unknown;
}

export interface RequestEnding {
  readonly method: string;
  readonly path: string;
  /** 0 where the client left before a status line. */
  readonly status: number;
  readonly outcome: 'answered' | 'client-left';
}

export interface SimulatedProvider {
  /** Origin, without a trailing slash; clients of OpenAI want `/v1` after it, those of Anthropic, Google and AWS do not. */
  readonly url: string;
  /** Cuts the requests in flight. */
  close(): Promise<void>;
}

/**
 * A model provider that needs no account: it speaks the wire formats of OpenAI, Anthropic, Gemini, Bedrock, Cohere and Voyage on
 * a loopback port, refuses what those vendors refuse, and answers the same request in the same way every time. What it can do is listed in `simulatedModels`; how to steer it (words, pauses, usage)
 * is described in `simulated-provider/models.ts`, and how it counts tokens in `simulated-provider/count-usage.ts`: a word of
 * output is a token, four characters of input are one.
 */
export async function startSimulatedProvider(options: SimulatedProviderOptions = {}): Promise<SimulatedProvider> {
  const prefixCache = createPrefixCache();
  const server = createServer((request, response) => void serve(request, response, { ...options, prefixCache }));
  // Longer than a client's own idle limit, so that it is the client who closes and no request meets a closing socket.
  server.keepAliveTimeout = 75_000;
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

type Settings = SimulatedProviderOptions & { readonly prefixCache: PrefixCache };

async function serve(request: IncomingMessage, response: ServerResponse, settings: Settings): Promise<void> {
  const { method = '', headers } = request;
  const [path = '', query = ''] = (request.url ?? '').split('?', 2);
  const match = matchEndpoint(path);
  const dialect = match.endpoint?.dialect ?? (headers['anthropic-version'] === undefined ? 'openai' : 'anthropic');
  const requestId = `req_${randomUUID()}`;
  response.setHeader(requestIdHeaders[dialect], requestId);

  const departure = new AbortController();
  const closed = new Promise<void>((resolve) => response.once('close', resolve)).then(() => departure.abort());
  try {
    const endpoint = requireEndpoint(match, method, path);
    requireKey(request, dialect, settings.requireKey);
    const body = method === 'POST' ? await readBody(request) : undefined;
    settings.onRequest?.({ method, path, query, headers, body });
    const exchange = {
      headers,
      pathModel: match.model,
      query: new URLSearchParams(query),
      body,
      response,
      signal: departure.signal,
      prefixCache: settings.prefixCache,
    };
    await refuseOnPurpose(exchange);
    await endpoint.answer(exchange);
  } catch (error) {
    if (!departure.signal.aborted) refuse(response, dialect, { error, requestId });
  }
  await closed;
  const status = response.headersSent ? response.statusCode : 0;
  settings.onEnd?.({ method, path, status, outcome: response.writableFinished ? 'answered' : 'client-left' });
}

const requestIdHeaders: Readonly<Record<Dialect, string>> = {
  openai: 'x-request-id',
  anthropic: 'request-id',
  gemini: 'x-request-id',
  bedrock: 'x-amzn-requestid',
  cohere: 'x-request-id',
  voyage: 'x-request-id',
};

function refuse(response: ServerResponse, dialect: Dialect, failure: { error: unknown; requestId: string }): void {
  const { error, requestId } = failure;
  if (!(error instanceof Refusal)) console.error(error);
  const refusal = error instanceof Refusal ? error : new Refusal('failed', 'The simulated provider has a fault.');
  // Too late for a status: a cut connection is the only error left.
  if (response.headersSent) return void response.destroy();
  for (const [name, value] of Object.entries(refusalHeaders(dialect, refusal))) response.setHeader(name, value);
  sendJson(response, refusalStatus(dialect, refusal), refusalBody(dialect, refusal, requestId));
}

function requireKey({ headers }: IncomingMessage, dialect: Dialect, key: string | undefined): void {
  // Bedrock refuses what is not signed; the signature itself is not looked at.
  if (dialect === 'bedrock' && headers.authorization === undefined) {
    throw new Refusal('authentication', 'Missing Authentication Token');
  }
  if (key === undefined || headers['x-api-key'] === key || headers['x-goog-api-key'] === key) return;
  const { authorization = '' } = headers;
  if (authorization === `Bearer ${key}` || authorization.includes(`Credential=${key}/`)) return;
  throw new Refusal('authentication', 'The API key is missing or wrong.', { code: 'invalid_api_key' });
}
