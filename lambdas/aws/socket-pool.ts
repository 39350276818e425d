import type { Connect } from './connect.ts';
import { type Exchange, type HttpSocket, openHttpSocket, type SocketOwner } from './http-socket.ts';

export interface SocketPool {
  /** Runs an exchange over a free socket, a new one, or the next to become free. */
  run(exchange: Exchange): void;
  /** Fails an exchange that has not ended, and closes the socket it has. */
  abandon(exchange: Exchange, reason: string): void;
  /** Closes every socket and fails every exchange, those to come included. */
  close(): void;
}

/**
 * A connection idle for longer is not reused. Timers stand still while Lambda freezes the process, so neither a timer nor the
 * peer's FIN can tell that a kept-alive connection died in the meantime; the wall clock can.
 */
const maxIdleMs = 4000;

interface FreeSocket {
  readonly socket: HttpSocket;
  readonly since: number;
}

/** Kept-alive sockets to one host, at most `maxSockets`. */
export function createSocketPool(connect: Connect, maxSockets: number): SocketPool {
  const sockets = new Set<HttpSocket>();
  /** The one freed last is taken first, so that after a burst the others grow old and go. */
  const free: FreeSocket[] = [];
  const waiting: Exchange[] = [];
  const placed = new WeakMap<Exchange, HttpSocket>();
  let closed = false;

  const owner: SocketOwner = {
    onFree(socket) {
      const next = waiting.shift();
      if (next === undefined) free.push({ socket, since: Date.now() });
      else send(next, socket);
    },
    onLost(socket) {
      sockets.delete(socket);
      const index = free.findIndex((entry) => entry.socket === socket);
      if (index !== -1) free.splice(index, 1);
      const next = waiting.shift();
      if (next !== undefined) open(next);
    },
  };

  function send(exchange: Exchange, socket: HttpSocket): void {
    placed.set(exchange, socket);
    socket.send(exchange);
  }
  function open(exchange: Exchange): void {
    const socket = openHttpSocket(connect, exchange, owner);
    sockets.add(socket);
    placed.set(exchange, socket);
  }

  return {
    run(exchange) {
      if (closed) return exchange.onFailure('closed');
      const oldest = Date.now() - maxIdleMs;
      while (free[0] !== undefined && free[0].since < oldest) free[0].socket.destroy('idle');
      const last = free.pop();
      if (last !== undefined) send(exchange, last.socket);
      else if (sockets.size < maxSockets) open(exchange);
      else waiting.push(exchange);
    },
    abandon(exchange, reason) {
      const index = waiting.indexOf(exchange);
      if (index === -1) return placed.get(exchange)?.destroy(reason);
      waiting.splice(index, 1);
      exchange.onFailure(reason);
    },
    close() {
      closed = true;
      for (const exchange of waiting.splice(0)) exchange.onFailure('closed');
      for (const socket of sockets) socket.destroy('closed');
    },
  };
}
