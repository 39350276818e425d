import { Agent as HttpAgent, type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, type AgentOptions as HttpsAgentOptions, request as httpsRequest } from 'node:https';
import { isPrivateLiteral, publicLookup } from './private-addresses.ts';
import type { Timeouts } from './timeouts.ts';

export interface UpstreamRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly timeouts: Timeouts;
  /** Ends the exchange at any point, the response body included. */
  readonly signal: AbortSignal;
}

/** Why there was no answer. `refused-address`: the operator does not allow private addresses. */
export type UpstreamFailureKind =
  | 'unreachable'
  | 'connect-timeout'
  | 'first-byte-timeout'
  | 'reset'
  | 'refused-address'
  | 'aborted';

export class UpstreamFailure extends Error {
  override readonly name = 'UpstreamFailure';
  readonly kind: UpstreamFailureKind;

  constructor(kind: UpstreamFailureKind, cause?: unknown) {
    super(kind, { cause });
    this.kind = kind;
  }
}

export interface UpstreamClient {
  /**
   * Sends one POST and resolves with the response as soon as its headers are in. Redirects are not followed: one could carry the
   * credential elsewhere. A kept-alive socket that turns out to be closed before any response byte is
   * replaced by a new one, once.
   *
   * @throws UpstreamFailure
   */
  post(request: UpstreamRequest): Promise<IncomingMessage>;
  close(): void;
}

export interface UpstreamOptions {
  /** Whether providers may lie on loopback and private networks. Default false. */
  readonly allowPrivateAddresses?: boolean;
}

/** Shorter than any provider's own: a socket the provider is about to close is not worth the gamble. */
const keepAliveMs = 4_000;

/** The only place that calls a provider. */
export function createUpstreamClient(options: UpstreamOptions = {}): UpstreamClient {
  const agentOptions = {
    noDelay: true,
    ...(options.allowPrivateAddresses === true ? {} : { lookup: publicLookup }),
  };
  const pooled = createAgents({ ...agentOptions, keepAlive: true, timeout: keepAliveMs });
  // After one stale socket the others of the pool are no better: a provider that restarts closes them all.
  const fresh = createAgents({ ...agentOptions, keepAlive: false });

  const sendOnce = (request: UpstreamRequest, agents: Agents): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const secure = request.url.protocol === 'https:';
      const outgoing = (secure ? httpsRequest : httpRequest)(request.url, {
        method: 'POST',
        agent: secure ? agents.https : agents.http,
        headers: { ...request.headers, 'content-length': String(request.body.length) },
      });
      const stopTimers = startTimers(outgoing, request.timeouts);
      const onAbort = (): void => void outgoing.destroy(new UpstreamFailure('aborted'));
      request.signal.addEventListener('abort', onAbort, { once: true });
      outgoing.on('close', () => request.signal.removeEventListener('abort', onAbort));
      outgoing.on('response', (response) => {
        stopTimers();
        resolve(response);
      });
      outgoing.on('error', (error) => {
        stopTimers();
        reject(toFailure(error, outgoing));
      });
      outgoing.end(request.body);
    });

  return {
    async post(request) {
      if (request.signal.aborted) throw new UpstreamFailure('aborted');
      if (options.allowPrivateAddresses !== true && isPrivateLiteral(request.url.hostname)) {
        throw new UpstreamFailure('refused-address');
      }
      try {
        return await sendOnce(request, pooled);
      } catch (error) {
        if (error instanceof StaleSocket) return sendOnce(request, fresh);
        throw error;
      }
    },
    close() {
      for (const agent of [pooled.http, pooled.https, fresh.http, fresh.https]) agent.destroy();
    },
  };
}

interface Agents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
}

function createAgents(options: HttpsAgentOptions): Agents {
  return { http: new HttpAgent(options), https: new HttpsAgent(options) };
}

/** The provider had closed a socket we meant to reuse: nothing was processed, so the same request may go out once more. */
class StaleSocket extends Error {}

function toFailure(error: Error, outgoing: ClientRequest): Error {
  if (error instanceof UpstreamFailure) return error;
  const code = 'code' in error ? error.code : undefined;
  if (outgoing.reusedSocket && (code === 'ECONNRESET' || code === 'EPIPE')) return new StaleSocket();
  if (code === 'EPRIVATE') return new UpstreamFailure('refused-address', error);
  return new UpstreamFailure(code === 'ECONNRESET' || code === 'EPIPE' ? 'reset' : 'unreachable', error);
}

/** Connect, then first byte. Both end with the response's headers; silence afterwards is the reader's to watch. */
function startTimers(outgoing: ClientRequest, timeouts: Timeouts): () => void {
  const endsAt = performance.now() + timeouts.totalMs;
  const failAfter = (milliseconds: number, kind: UpstreamFailureKind): NodeJS.Timeout =>
    setTimeout(() => outgoing.destroy(new UpstreamFailure(kind)), Math.min(milliseconds, endsAt - performance.now()));
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  const restart = (milliseconds: number, kind: UpstreamFailureKind): void => {
    clearTimeout(timer);
    if (!ended) timer = failAfter(milliseconds, kind);
  };
  outgoing.on('socket', (socket) => {
    // The agent's own idle timeout is for sockets that wait in its pool, not for a provider that is thinking.
    socket.setTimeout(0);
    const connected = (): void => restart(timeouts.firstByteMs, 'first-byte-timeout');
    if (!socket.connecting) return connected();
    restart(timeouts.connectMs, 'connect-timeout');
    socket.once('encrypted' in socket ? 'secureConnect' : 'connect', connected);
  });
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}
