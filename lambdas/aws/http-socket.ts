import type { Socket } from 'node:net';
import { type HttpResponse, HttpResponseDecoder } from './http-response.ts';

/** A request on its way through the pool. Exactly one of `onAnswer` and `onFailure` is called, once. */
export interface Exchange {
  /** Head and body, ready to be written. */
  readonly request: string;
  /** The connection stands and the request is about to be handed to it. */
  onSend(): void;
  onAnswer(response: HttpResponse): void;
  onFailure(reason: string): void;
}

export interface HttpSocket {
  /** Sends one request; only for a socket that is free. */
  send(exchange: Exchange): void;
  /** Closes the connection and fails the exchange it was opened for or is busy with. */
  destroy(reason: string): void;
}

export interface SocketOwner {
  /** The socket can take another exchange. */
  onFree(socket: HttpSocket): void;
  /** The socket is gone, for whatever reason. Called once. */
  onLost(socket: HttpSocket): void;
}

/**
 * Opens a connection for its first exchange and keeps it for later ones, one at a time: requests are not pipelined, since one
 * lost answer would leave all those behind it unknown.
 */
export function openHttpSocket(
  connect: (onConnect: () => void) => Socket,
  first: Exchange,
  owner: SocketOwner,
): HttpSocket {
  let current: Exchange | undefined = first;
  let decoder: HttpResponseDecoder | undefined;
  let lost = false;

  const self: HttpSocket = {
    send(exchange) {
      current = exchange;
      decoder = new HttpResponseDecoder();
      // A connection nobody uses keeps no process alive.
      socket.ref();
      exchange.onSend();
      // One write of one string: one system call, and no packet for the head alone.
      socket.write(exchange.request);
    },
    destroy(reason) {
      if (lost) return;
      lost = true;
      socket.destroy();
      const failed = current;
      current = undefined;
      owner.onLost(self);
      failed?.onFailure(reason);
    },
  };

  function finish(response: HttpResponse): void {
    const finished = current;
    current = undefined;
    // Answered before it was all written: what is still to be written belongs to a call that is over.
    if (response.reusable && socket.writableLength === 0) {
      socket.unref();
      owner.onFree(self);
    } else {
      self.destroy('not reusable');
    }
    finished?.onAnswer(response);
  }

  const socket = connect(() => self.send(first));
  socket.on('data', (chunk: Buffer) => {
    if (current === undefined || decoder === undefined) return self.destroy('unasked answer');
    let response: HttpResponse | undefined;
    try {
      response = decoder.feed(chunk);
    } catch {
      return self.destroy('unreadable answer');
    }
    if (response !== undefined) finish(response);
  });
  socket.on('end', () => {
    const response = current && decoder?.end();
    if (response === undefined) self.destroy('ECONNRESET');
    else finish(response);
  });
  socket.on('error', (error: NodeJS.ErrnoException) => self.destroy(error.code ?? error.name));
  socket.on('close', () => self.destroy('ECONNRESET'));
  return self;
}
