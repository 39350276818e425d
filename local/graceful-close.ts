import type { Server } from 'node:http';
import type { Socket } from 'node:net';

const graceMs = 10_000;

/**
 * Watches a server's connections and returns how to close it: no new ones, those without a request at once, the others when they
 * have none, and whatever is left after ten seconds. Node's own `closeIdleConnections` spares connections that never had a
 * request, and clients open some in advance.
 */
export function prepareGracefulClose(server: Server): () => Promise<void> {
  const requests = new Map<Socket, number>();
  server.on('connection', (socket: Socket) => {
    requests.set(socket, 0);
    socket.once('close', () => requests.delete(socket));
  });
  server.on('request', ({ socket }, response) => {
    requests.set(socket, (requests.get(socket) ?? 0) + 1);
    response.once('close', () => {
      const left = (requests.get(socket) ?? 1) - 1;
      if (requests.has(socket)) requests.set(socket, left);
      if (left === 0 && !server.listening) socket.destroySoon();
    });
  });

  return () =>
    new Promise((resolve) => {
      if (!server.listening) return resolve();
      const timer = setTimeout(() => server.closeAllConnections(), graceMs);
      server.close(() => {
        clearTimeout(timer);
        resolve();
      });
      for (const [socket, count] of requests) if (count === 0) socket.destroySoon();
    });
}
