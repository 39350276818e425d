import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerChatCompletion } from './simulated-provider/chat-completions.ts';
import { createPrefixCache, type PrefixCache } from './simulated-provider/count-usage.ts';
import { answerEmbeddings } from './simulated-provider/embeddings.ts';
import { type Exchange, readJson, sendJson } from './simulated-provider/exchange.ts';
import { listModels } from './simulated-provider/list-models.ts';
import { answerMessage } from './simulated-provider/messages.ts';
import { type Dialect, Refusal, refusalBody, refusalStatus } from './simulated-provider/refusal.ts';

export { simulatedModels } from './simulated-provider/models.ts';

export interface SimulatedProviderOptions {
  /**
   * Port on 127.0.0.1.
   *
   * @default - a free one
   */
  readonly port?: number;
  /**
   * The only credential accepted, as a bearer token or in `x-api-key`.
   *
   * @default - any credential, or none
   */
  readonly requireKey?: string;
  /** Called when a request is over, one way or the other, and nothing works on it any more. */
  readonly onEnd?: (ending: RequestEnding) => void;
}

export interface RequestEnding {
  readonly method: string;
  readonly path: string;
  /** 0 where the client left before a status line. */
  readonly status: number;
  readonly outcome: 'answered' | 'client-left';
}

export interface SimulatedProvider {
  /** Origin, without a trailing slash; the OpenAI client wants `/v1` after it, the Anthropic client does not. */
  readonly url: string;
  /** Cuts the requests in flight. */
  close(): Promise<void>;
}

/**
 * A model provider that needs no account: it speaks the OpenAI and Anthropic wire formats on a loopback port, and answers the
 * same request in the same way every time. What it can do is listed in `simulatedModels`; how to steer it (words, pauses, usage)
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

interface Endpoint {
  readonly method: string;
  /** Without one, the request's headers tell whose client is asking. */
  readonly dialect?: Dialect;
  readonly answer: (exchange: Exchange) => Promise<void> | void;
}

const endpoints: Readonly<Record<string, Endpoint>> = {
  '/v1/chat/completions': { method: 'POST', dialect: 'openai', answer: answerChatCompletion },
  '/v1/embeddings': { method: 'POST', dialect: 'openai', answer: answerEmbeddings },
  '/v1/messages': { method: 'POST', dialect: 'anthropic', answer: answerMessage },
  '/v1/models': { method: 'GET', answer: listModels },
};

async function serve(request: IncomingMessage, response: ServerResponse, settings: Settings): Promise<void> {
  const { method = '', headers } = request;
  const path = request.url?.split('?', 1)[0] ?? '';
  const dialect = endpoints[path]?.dialect ?? (headers['anthropic-version'] === undefined ? 'openai' : 'anthropic');
  const requestId = `req_${randomUUID()}`;
  response.setHeader(dialect === 'anthropic' ? 'request-id' : 'x-request-id', requestId);

  const departure = new AbortController();
  const closed = new Promise<void>((resolve) => response.once('close', resolve)).then(() => departure.abort());
  try {
    const endpoint = requireEndpoint(method, path);
    requireKey(request, settings.requireKey);
    const body = method === 'POST' ? await readJson(request) : undefined;
    const { prefixCache } = settings;
    await endpoint.answer({ headers, body, response, signal: departure.signal, prefixCache });
  } catch (error) {
    if (!departure.signal.aborted) refuse(response, dialect, { error, requestId });
  }
  await closed;
  const status = response.headersSent ? response.statusCode : 0;
  settings.onEnd?.({ method, path, status, outcome: response.writableFinished ? 'answered' : 'client-left' });
}

function refuse(response: ServerResponse, dialect: Dialect, failure: { error: unknown; requestId: string }): void {
  const { error, requestId } = failure;
  if (!(error instanceof Refusal)) console.error(error);
  const refusal = error instanceof Refusal ? error : new Refusal('failed', 'The simulated provider has a fault.');
  // Too late for a status: a cut connection is the only error left.
  if (response.headersSent) response.destroy();
  else sendJson(response, refusalStatus(dialect, refusal), refusalBody(dialect, refusal, requestId));
}

function requireEndpoint(method: string, path: string): Endpoint {
  const endpoint = Object.hasOwn(endpoints, path) ? endpoints[path] : undefined;
  if (endpoint === undefined)
    throw new Refusal('not-found', `Unknown path: ${method} ${path}`, { code: 'unknown_url' });
  if (endpoint.method !== method) throw new Refusal('wrong-method', `${path} takes ${endpoint.method}, not ${method}.`);
  return endpoint;
}

function requireKey({ headers }: IncomingMessage, key: string | undefined): void {
  if (key === undefined || headers['x-api-key'] === key || headers.authorization === `Bearer ${key}`) return;
  throw new Refusal('authentication', 'The API key is missing or wrong.', { code: 'invalid_api_key' });
}
