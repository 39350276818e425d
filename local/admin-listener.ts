import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { AdminApp } from '../lambdas/control-plane/admin/app.ts';

/** The admin API over `node:http`. Nothing stands in front of it here, so the peer is where a request came from. */
export function createAdminListener(app: AdminApp): RequestListener {
  const listener = getRequestListener(
    (request, { incoming }) => app.fetch(request, { sourceAddress: incoming.socket.remoteAddress ?? '' }),
    // Our own requests and responses are replaced nowhere else in the process.
    { overrideGlobalObjects: false },
  );
  return (request, response) => void listener(request, response);
}
