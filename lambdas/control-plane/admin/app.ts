import { Hono } from 'hono';
import { createRequestId } from '../../http/request-id.ts';
import { isStoreOutage } from '../../store/client.ts';
import { describeFault } from '../../telemetry/logger.ts';
import { basePath, type OperationId, operationIds, operations } from '../contract/operations.ts';
import { SignInError } from '../sign-in/sign-in-error.ts';
import type { AdminRequest, AdminResponse } from './admin-request.ts';
import type { AdminApiSettings } from './dependencies.ts';
import { openApiDocument } from './openapi.ts';
import { describeProblem, Problem } from './problem.ts';
import { readText } from './read-text.ts';
import { referencePage, referencePageHeaders } from './reference-page.ts';
import { securityHeaders } from './security-headers.ts';
import { serveOperation } from './serve-operation.ts';

interface Environment {
  readonly Bindings: {
    /** Where the request came from, as the platform knows it. */
    readonly sourceAddress: string;
  };
  readonly Variables: { readonly requestId: string; readonly receivedAt: number; operation: OperationId | 'other' };
}

export type AdminApp = Hono<Environment>;

/** The admin API over web-standard requests; `local/` and the Lambda entry carry it. */
export function createAdminApp(settings: AdminApiSettings): AdminApp {
  const app = new Hono<Environment>();
  app.use(async (c, next) => {
    const receivedAt = settings.now();
    c.set('receivedAt', receivedAt);
    c.set('requestId', createRequestId(receivedAt));
    c.set('operation', 'other');
    await next();
    c.res.headers.set('x-request-id', c.var.requestId);
    for (const [name, value] of Object.entries(securityHeaders)) {
      if (!c.res.headers.has(name)) c.res.headers.set(name, value);
    }
    settings.logger.admin({
      id: c.var.requestId,
      createdAt: new Date(receivedAt).toISOString(),
      operation: c.var.operation,
      status: c.res.status,
      latencyMs: Math.max(0, settings.now() - receivedAt),
    });
  });
  app.get('/healthz', (c) => c.json({ status: 'ok' }));
  app.get(`${basePath}/openapi.json`, (c) => c.json(openApiDocument() as object));
  app.get(basePath, (c) => c.html(referencePage(), 200, referencePageHeaders));

  for (const [path, ids] of operationsByPath()) {
    app.all(basePath + path.replaceAll(/\{(\w+)\}/g, ':$1'), async (c) => {
      const id = ids.find((candidate) => operations[candidate].method === c.req.method);
      if (id === undefined) throw methodNotAllowed(ids);
      c.set('operation', id);
      const request: AdminRequest = {
        method: c.req.method,
        path: c.req.path,
        parameters: c.req.param(),
        query: new URL(c.req.url).searchParams,
        header: (name) => c.req.header(name),
        body: await readText(c.req.raw),
        sourceAddress: c.env.sourceAddress,
        id: c.var.requestId,
        receivedAt: c.var.receivedAt,
      };
      return render(await serveOperation(id, request, settings));
    });
  }
  app.notFound((c) => renderProblem(new Problem('path_not_found', 404, 'There is no such endpoint.'), c.var.requestId));
  app.onError((error, c) => renderProblem(toProblem(error, c.var.requestId, settings), c.var.requestId));
  return app;
}

function operationsByPath(): Map<string, OperationId[]> {
  const paths = new Map<string, OperationId[]>();
  for (const id of operationIds) {
    const { path } = operations[id];
    paths.set(path, [...(paths.get(path) ?? []), id]);
  }
  return paths;
}

function render({ status, body, headers }: AdminResponse): Response {
  if (body === undefined) return new Response(null, { status, headers });
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });
}

function renderProblem(problem: Problem, requestId: string): Response {
  const headers = { 'content-type': 'application/problem+json', ...problem.headers };
  return new Response(JSON.stringify(describeProblem(problem, requestId)), { status: problem.status, headers });
}

function toProblem(error: unknown, requestId: string, settings: AdminApiSettings): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof SignInError) {
    const headers = error.status === 401 ? { 'www-authenticate': 'Bearer' } : { 'retry-after': '1' };
    return new Problem(error.code, error.status, error.message, { headers });
  }
  settings.logger.fault(describeFault('unexpected-error', error, requestId));
  if (isStoreOutage(error)) {
    const detail = 'The same call can be repeated: it completes whatever was begun.';
    return new Problem('store_unavailable', 503, 'The store does not answer.', {
      detail,
      headers: { 'retry-after': '1' },
    });
  }
  const detail = 'The request id helps the operator to find out why.';
  return new Problem('internal_error', 500, 'Gatehouse failed.', { detail });
}

function methodNotAllowed(ids: readonly OperationId[]): Problem {
  const methods = [...new Set(ids.map((id) => operations[id].method))].join(', ');
  const headers = { allow: methods };
  return new Problem('method_not_allowed', 405, `Use ${methods} here.`, { headers });
}
