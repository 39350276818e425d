import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';

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
  const listener: RequestListener = async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const operation = String(request.headers['x-amz-target']).split('.')[1]!;
    const call = { operation, headers: request.headers, body: Buffer.concat(chunks).toString() };
    calls.push(call);
    const answer = reply(call);
    if (answer === 'hang') return;
    if (answer === 'reset') return void request.socket.destroy();
    if (answer === 'cut') {
      response.writeHead(200, { 'content-length': 100 });
      return void response.write('{"Item":', () => request.socket.destroy());
    }
    const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
    response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' }).end(text);
  };
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
