import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Operation } from '../../lambdas/control-plane/contract/operation.ts';
import {
  basePath,
  type OperationId,
  operationIds,
  operations,
} from '../../lambdas/control-plane/contract/operations.ts';
import { samples } from './samples.ts';

export interface RecordedCall {
  readonly operation: OperationId | undefined;
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

export interface ScriptedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string is sent as it is. */
  readonly body?: unknown;
  /** Cuts the connection instead. */
  readonly cut?: true;
  /** Never answers. */
  readonly hang?: true;
}

/** What to answer; undefined: the sample of the operation. */
export type Script = (call: RecordedCall, earlier: readonly RecordedCall[]) => ScriptedAnswer | undefined;

export interface AdminServer {
  readonly url: string;
  readonly calls: readonly RecordedCall[];
}

export const adminToken = 'admin-token-for-tests-0123456789';

/** An admin API of the test's own: it records every call and refuses what the contract's schemas do not allow. */
export async function startAdminServer(script: Script = () => undefined): Promise<AdminServer> {
  const calls: RecordedCall[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
      const text = Buffer.concat(chunks).toString('utf8');
      const call: RecordedCall = {
        operation: operationOf(request.method ?? '', pathname),
        method: request.method ?? '',
        path: pathname,
        query: Object.fromEntries(searchParams),
        headers: request.headers,
        body: text === '' ? undefined : (JSON.parse(text) as unknown),
      };
      const answer = script(call, [...calls]) ?? answerOf(call);
      calls.push(call);
      if (answer.cut) return void request.socket.destroy();
      if (answer.hang) return;
      const body = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
      response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers }).end(body);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls };
}

function operationOf(method: string, path: string): OperationId | undefined {
  return operationIds.find((id) => {
    const pattern = (basePath + operations[id].path).replaceAll(/\{\w+\}/g, '[^/]+');
    return operations[id].method === method && new RegExp(`^${pattern}$`).test(path);
  });
}

function answerOf({ operation, path, query, body, headers }: RecordedCall): ScriptedAnswer {
  if (path === '/healthz') return { body: { status: 'ok' } };
  if (path === `${basePath}/openapi.json`) return { body: { paths: { '/': idsAsPaths() } } };
  if (operation === undefined) return problem(404, 'not_found', 'There is no such endpoint.');
  if (headers.authorization !== `Bearer ${adminToken}`) return problem(401, 'invalid_token', 'The token is not valid.');
  const { query: querySchema, body: bodySchema, status }: Operation = operations[operation];
  const refused = [querySchema?.safeParse(query).error, bodySchema?.safeParse(body).error].find(Boolean);
  if (refused) return problem(400, 'invalid_request', refused.message);
  return { status, body: samples[operation], headers: { etag: '"7"' } };
}

function idsAsPaths(): Record<string, { operationId: string }> {
  return Object.fromEntries(operationIds.map((id) => [id, { operationId: id }]));
}

export function problem(status: number, code: string, title: string, more: object = {}): ScriptedAnswer {
  const body = { type: `urn:gatehouse:problem:${code}`, title, status, code, requestId: 'req_problem', ...more };
  return { status, body, headers: { 'content-type': 'application/problem+json' } };
}
