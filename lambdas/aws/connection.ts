import { AwsCallError } from './call-error.ts';
import { createConnect } from './connect.ts';
import type { Exchange } from './http-socket.ts';
import { createSocketPool, type SocketPool } from './socket-pool.ts';

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
   * POSTs to `/`, or to `path`, once and reads the whole answer, whatever its status. `headers` are all but `content-length`,
   * `host` included.
   *
   * @throws AwsCallError when there is no whole answer.
   */
  post(operation: string, headers: Readonly<Record<string, string>>, body: string, path?: string): Promise<Answer>;
  close(): void;
}

/**
 * Kept-alive connections to one host, for small JSON calls only: no streaming, compression, redirects, proxies or HTTP/2. With
 * `node:http` and a general signer a call takes three times the CPU, and a request makes five:
 * docs/decisions/0015-own-http-client-for-aws.md
 */
export function createConnection(url: URL, options: ConnectionOptions): Connection {
  const { connectTimeoutMs = 2000, responseTimeoutMs = 3000, maxSockets = 50 } = options;
  const pool = createSocketPool(createConnect(url), maxSockets);
  const timeouts = { connectTimeoutMs, responseTimeoutMs };

  return {
    async post(operation, headers, body, path = '/') {
      const request = writeRequest(path, headers, body);
      if (request === undefined) throw new AwsCallError(operation, { outcome: 'not-sent', reason: 'unsafe header' });
      return runExchange(pool, { operation, request, ...timeouts });
    },
    close: pool.close,
  };
}

/** The request as one string, or undefined where a header could end early or be read as two. */
function writeRequest(path: string, headers: Readonly<Record<string, string>>, body: string): string | undefined {
  let head = `POST ${path} HTTP/1.1\r\n`;
  for (const name in headers) {
    const value = headers[name]!;
    if (/[^\t\x20-\x7e]/.test(value)) return undefined;
    head += `${name}: ${value}\r\n`;
  }
  return `${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

interface ExchangeOptions {
  readonly operation: string;
  readonly request: string;
  readonly connectTimeoutMs: number;
  readonly responseTimeoutMs: number;
}

function runExchange(pool: SocketPool, options: ExchangeOptions): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let state: 'waiting' | 'sent' | 'ended' = 'waiting';
    let timer: NodeJS.Timeout | undefined;
    const exchange: Exchange = {
      request: options.request,
      onSend() {
        state = 'sent';
        clearTimeout(timer);
        timer = setTimeout(expire, options.responseTimeoutMs, 'response timeout');
      },
      onAnswer(answer) {
        state = 'ended';
        clearTimeout(timer);
        resolve(answer);
      },
      onFailure(reason) {
        const outcome = state === 'waiting' ? 'not-sent' : 'unknown';
        state = 'ended';
        clearTimeout(timer);
        reject(new AwsCallError(options.operation, { outcome, reason }));
      },
    };
    const expire = (reason: string): void => pool.abandon(exchange, reason);
    pool.run(exchange);
    // On a kept-alive connection the request is sent by now and has its own timer.
    if (state === 'waiting') timer = setTimeout(expire, options.connectTimeoutMs, 'connect timeout');
  });
}
