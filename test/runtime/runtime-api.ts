import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { InvocationError } from './invocation.ts';
import type { Task } from './invocation.ts';

const ROUTES = '/2018-06-01/runtime/';

/** What one runtime process says over its Runtime API. */
export interface RuntimeApiEvents {
  /** It asks for an event; answer with `sendEvent`. */
  onNext(response: ServerResponse): void;
  onResponse(post: IncomingMessage): void;
  /** The answer to the current invocation was received in full. */
  onResponseEnd(post: IncomingMessage): void;
  onError(error: InvocationError): void;
}

export interface RuntimeApi {
  readonly address: string;
  close(): void;
}

/** Serves the Lambda Runtime API to one runtime process: it carries no process identity, so each process has its own port. */
export async function startRuntimeApi(events: RuntimeApiEvents): Promise<RuntimeApi> {
  // Node's default request timeout would cut an answer that streams for more than five minutes.
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 0 }, (request, response) => {
    const route = request.url?.replace(ROUTES, '') ?? '';
    if (route === 'invocation/next') {
      events.onNext(response);
    } else if (route.endsWith('/response')) {
      receiveResponse(request, response, events);
    } else if (route.endsWith('/error')) {
      void receiveError(request, response, events);
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Hands an event to a runtime that asked for one. */
export function sendEvent(response: ServerResponse, task: Task, timeoutSeconds: number): void {
  const { requestId } = task.invocation;
  const startSeconds = Math.floor(Date.now() / 1000).toString(16);
  response.writeHead(200, {
    'content-type': 'application/json',
    'lambda-runtime-aws-request-id': requestId,
    'lambda-runtime-deadline-ms': String(Date.now() + timeoutSeconds * 1000),
    'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:us-east-1:123456789012:function:function',
    'lambda-runtime-trace-id': `Root=1-${startSeconds}-${requestId.replaceAll('-', '').slice(0, 24)};Sampled=0`,
  });
  response.end(JSON.stringify(task.event));
}

function receiveResponse(post: IncomingMessage, response: ServerResponse, events: RuntimeApiEvents): void {
  events.onResponse(post);
  post.on('end', () => {
    response.writeHead(202).end('{"status":"OK"}');
    events.onResponseEnd(post);
  });
}

async function receiveError(
  request: IncomingMessage,
  response: ServerResponse,
  events: RuntimeApiEvents,
): Promise<void> {
  const type = request.headers['lambda-runtime-function-error-type'];
  const message = await text(request).catch(() => 'the runtime went away while it reported an error');
  response.writeHead(202).end();
  events.onError(new InvocationError(String(type ?? 'Unhandled'), message));
}
