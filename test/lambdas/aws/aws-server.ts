import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface ReceivedCall {
  readonly operation: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** `hang` never answers, `reset` breaks the connection, `cut` breaks it in the middle of the answer. */
export type Reply = { readonly status: number; readonly body: unknown } | 'hang' | 'reset' | 'cut';

export interface AwsServer {
  readonly endpoint: string;
  readonly calls: readonly ReceivedCall[];
  readonly connections: () => number;
  close(): Promise<void>;
}

export interface AwsServerOptions {
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** An HTTP server in the place of an AWS service, for the endings that no emulator can be made to show. */
export async function startAwsServer(
  reply: (call: ReceivedCall) => Reply,
  { tls }: AwsServerOptions = {},
): Promise<AwsServer> {
  const calls: ReceivedCall[] = [];
  let connections = 0;
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const operation = String(request.headers['x-amz-target']).split('.')[1]!;
    const call = { operation, headers: request.headers, body: await text(request) };
    calls.push(call);
    answer(reply(call), response);
  };
  const listener: RequestListener = (request, response) => void handle(request, response);
  const server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener);
  server.on(tls === undefined ? 'connection' : 'secureConnection', () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    calls,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(reply: Reply, response: ServerResponse): void {
  if (reply === 'hang') return;
  if (reply === 'reset') {
    response.destroy();
  } else if (reply === 'cut') {
    response.writeHead(200, { 'content-length': 100 });
    response.write('{"Item":', () => response.destroy());
  } else {
    const body = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body);
    response.writeHead(reply.status, { 'content-type': 'application/x-amz-json-1.0' }).end(body);
  }
}
