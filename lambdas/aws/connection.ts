import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { AwsCallError } from './call-error.ts';

export interface ConnectionOptions {
  /**
   * Bound on getting a connection: waiting for a free socket, DNS, TCP and TLS. A cold start makes several at once with little CPU.
   *
   * @default 2000
   */
  readonly connectTimeoutMs?: number;
  /** Bound from the request being handed to the connection to the last byte of the answer. @default 3000 */
  readonly responseTimeoutMs?: number;
  /** Connections at a time; further calls wait for one. @default 50 */
  readonly maxSockets?: number;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

export interface Connection {
  /**
   * POSTs once and reads the whole answer, whatever its status.
   *
   * @throws AwsCallError when there is no whole answer.
   */
  post(operation: string, headers: RequestOptions['headers'], body: string): Promise<Answer>;
  close(): void;
}

/**
 * A connection idle for longer is not reused. Timers stand still while Lambda freezes the process, so neither Node nor the
 * peer's FIN can tell that a kept-alive connection died in the meantime; the wall clock can.
 */
const maxIdleMs = 4000;

/** Kept-alive connections to one host. */
export function createConnection(url: URL, options: ConnectionOptions): Connection {
  const { connectTimeoutMs = 2000, responseTimeoutMs = 3000, maxSockets = 50 } = options;
  const secure = url.protocol === 'https:';
  const agentOptions = { keepAlive: true, noDelay: true, maxSockets };
  const agent = secure ? new HttpsAgent(agentOptions) : new HttpAgent(agentOptions);
  const startRequest = secure ? httpsRequest : httpRequest;
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  const target: RequestOptions = { agent, method: 'POST', path: '/', hostname, port: url.port || undefined };
  const lastUse = new WeakMap<Socket, number>();
  agent.on('free', (socket: Socket) => lastUse.set(socket, Date.now()));

  return {
    post(operation, headers, body) {
      dropIdleSockets(agent, lastUse);
      const request = startRequest({ ...target, headers });
      const connectEvent = secure ? 'secureConnect' : 'connect';
      const answer = readAnswer(request, { operation, connectEvent, connectTimeoutMs, responseTimeoutMs });
      request.end(body);
      return answer;
    },
    close: () => agent.destroy(),
  };
}

/** The agent takes the connection freed last, so the oldest come first and the search ends at the first fresh one. */
function dropIdleSockets(agent: HttpAgent, lastUse: WeakMap<Socket, number>): void {
  const oldestUse = Date.now() - maxIdleMs;
  for (const sockets of Object.values(agent.freeSockets)) {
    for (const socket of sockets ?? []) {
      if ((lastUse.get(socket) ?? 0) >= oldestUse) break;
      socket.destroy();
    }
  }
}

interface AnswerOptions {
  readonly operation: string;
  readonly connectEvent: 'connect' | 'secureConnect';
  readonly connectTimeoutMs: number;
  readonly responseTimeoutMs: number;
}

function readAnswer(request: ClientRequest, options: AnswerOptions): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let connected = false;
    let timer = setTimeout(fail, options.connectTimeoutMs, 'connect timeout');

    function fail(reason: string): void {
      clearTimeout(timer);
      // Rejected here and not by an 'error' event: a request still waiting for a free socket emits none when destroyed.
      reject(new AwsCallError(options.operation, { outcome: connected ? 'unknown' : 'not-sent', reason }));
      request.destroy();
    }
    function failWith(error: NodeJS.ErrnoException): void {
      fail(error.code ?? error.name);
    }
    function onConnected(): void {
      connected = true;
      clearTimeout(timer);
      timer = setTimeout(fail, options.responseTimeoutMs, 'response timeout');
    }

    request.on('error', failWith);
    request.on('socket', (socket) => {
      if (socket.connecting) socket.once(options.connectEvent, onConnected);
      else onConnected();
    });
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('error', failWith);
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        clearTimeout(timer);
        const bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
        resolve({ status: response.statusCode ?? 0, text: bytes.toString('utf8') });
      });
    });
  });
}
