import { type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { errorResponse } from './error-envelope.ts';
import { CallerError } from './gateway-error.ts';
import { createRequestId } from './request-id.ts';

/** How long what else comes is still taken, so that its sender gets to read the answer instead of a reset. */
const lingerMs = 1_000;

/**
 * Answers what is not HTTP, or not in time, in our envelope: no request exists yet, or its body turned out to be broken, so no
 * handler can. Without this Node sends a bare status line, or nothing.
 */
export function answerMalformedRequests(server: Server, now: () => number): void {
  const underWay = new WeakMap<Duplex, ServerResponse>();
  const refused = new WeakSet<Duplex>();
  server.on('request', (incoming, outgoing) => underWay.set(incoming.socket, outgoing));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // Every further chunk is an error again.
    if (refused.has(socket)) return;
    const current = underWay.get(socket);
    const answering = current !== undefined && current.headersSent && !current.writableFinished;
    if (!socket.writable || answering) {
      socket.destroy();
      return;
    }
    refused.add(socket);
    socket.end(rawResponse(toCallerError(error.code), now));
    setTimeout(() => socket.destroy(), lingerMs).unref();
  });
}

function toCallerError(code: string | undefined): CallerError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new CallerError('request_too_large', 431, 'The request headers are larger than 16 KiB.');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new CallerError('request_timeout', 408, 'The request did not arrive in time.', { retryable: true });
    default:
      return new CallerError('invalid_request', 400, 'The request is not valid HTTP.');
  }
}

/** Whose client it is nobody can tell; OpenAI's envelope says the same to a person. */
function rawResponse(error: CallerError, now: () => number): string {
  const id = createRequestId(now());
  const { status, headers, body } = errorResponse(error, 'openai', id);
  const all = { ...headers, 'x-request-id': id, 'content-length': String(body.length), connection: 'close' };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body.toString()}`;
}
