import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, RequestListener } from 'node:http';

/**
 * The control plane's port. It knows its token and answers `GET /healthz`; the admin API's paths join it with the control plane.
 * Errors are RFC 9457 problem details, as they will be there.
 */
export function createAdminListener(adminToken: string): RequestListener {
  const expected = digest(`Bearer ${adminToken}`);
  return (request, response) => {
    const answer = (status: number, body: object): void => {
      const type = status < 400 ? 'application/json' : 'application/problem+json';
      response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body));
    };
    request.resume();
    if (pathOf(request) === '/healthz') return answer(200, { status: 'ok' });
    if (!timingSafeEqual(digest(request.headers.authorization ?? ''), expected)) {
      return answer(401, { title: 'The admin token is missing or wrong.', status: 401, code: 'invalid_admin_token' });
    }
    return answer(404, { title: 'There is no such resource.', status: 404, code: 'path_not_found' });
  };
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?', 1)[0] ?? '/';
}

function digest(value: string): Buffer {
  return createHash('sha256').update(value).digest();
}
