import { once } from 'node:events';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { GatewayRequest, GatewayResponse, StreamedBody } from './gateway-request.ts';
import { readRequestBody } from './request-body.ts';
import { createRequestId } from './request-id.ts';

export interface NodeAdapterOptions {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Longest life of a request. */
  readonly requestMs: number;
  /**
   * How long a sender may take for its body.
   *
   * @default - 30 seconds
   */
  readonly bodyMs?: number | undefined;
}

/** How long a caller that does not read may hold a response open. */
const stalledWriteMs = 60_000;
/** How long what is left of a refused upload is still drained, so that its sender gets to read the refusal. */
const drainMs = 2_000;

export interface NodeAdapter {
  readonly listener: RequestListener;
  /**
   * Resolves when every exchange so far is over on our side too. A caller that has left closes its connection at once, while its
   * request is still being settled: whoever closes the store must wait for this, not for the connections.
   */
  whenIdle(): Promise<void>;
}

/** Serves a handler over `node:http`. */
export function createNodeAdapter(
  handle: (request: GatewayRequest) => Promise<GatewayResponse>,
  options: NodeAdapterOptions,
): NodeAdapter {
  const exchanges = new Set<Promise<void>>();
  const listener: RequestListener = (incoming, outgoing) => {
    const gone = new AbortController();
    outgoing.on('close', () => {
      if (!outgoing.writableFinished) gone.abort();
    });
    // A connection that breaks under a write says so here as well; its end is noticed through `close`.
    outgoing.on('error', () => gone.abort());
    const exchange = handle(toGatewayRequest(incoming, gone.signal, options))
      .then((response) => send(response, incoming, outgoing, gone.signal))
      // One answer that cannot be sent must not take the process and all others with it.
      .catch(() => void outgoing.destroy())
      .finally(() => exchanges.delete(exchange));
    exchanges.add(exchange);
  };
  return {
    listener,
    async whenIdle() {
      await Promise.all(exchanges);
    },
  };
}

function toGatewayRequest(
  incoming: IncomingMessage,
  signal: AbortSignal,
  { now, requestMs, bodyMs }: NodeAdapterOptions,
): GatewayRequest {
  const receivedAt = now();
  const url = incoming.url ?? '/';
  const question = url.indexOf('?');
  return {
    id: createRequestId(receivedAt),
    method: incoming.method ?? 'GET',
    path: question === -1 ? url : url.slice(0, question),
    query: new URLSearchParams(question === -1 ? '' : url.slice(question + 1)),
    headers: incoming.headers as Record<string, string | undefined>,
    readBody: () => readRequestBody(incoming, bodyMs),
    sourceAddress: incoming.socket.remoteAddress ?? '',
    receivedAt,
    deadline: Date.now() + requestMs,
    signal,
  };
}

async function send(
  response: GatewayResponse,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  gone: AbortSignal,
): Promise<void> {
  // An unread body would be taken for the next request on this connection.
  if (!incoming.complete) outgoing.setHeader('connection', 'close');
  const { status, headers, body } = response;
  if (Buffer.isBuffer(body)) {
    outgoing.writeHead(status, { ...headers, 'content-length': String(body.length) }).end(body);
  } else {
    outgoing.writeHead(status, headers);
    await pump(body, outgoing, gone);
  }
  if (!incoming.complete) {
    incoming.resume();
    setTimeout(() => incoming.destroy(), drainMs).unref();
  }
}

/** Writes at the reader's pace. Leaving the loop early calls the body's `return()`, which settles the request. */
async function pump(body: StreamedBody, outgoing: ServerResponse, gone: AbortSignal): Promise<void> {
  for await (const piece of body) {
    if (gone.aborted) break;
    if (!outgoing.write(piece) && !(await drained(outgoing, gone))) break;
  }
  outgoing.end();
}

async function drained(outgoing: ServerResponse, gone: AbortSignal): Promise<boolean> {
  const signal = AbortSignal.any([gone, AbortSignal.timeout(stalledWriteMs)]);
  try {
    await once(outgoing, 'drain', { signal });
    return true;
  } catch {
    outgoing.destroy();
    return false;
  }
}
