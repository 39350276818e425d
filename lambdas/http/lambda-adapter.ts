import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import type { Context } from 'aws-lambda';
import type { GatewayRequest, GatewayResponse } from './gateway-request.ts';
import type { HttpEvent, IncomingRequest } from './lambda-event.ts';
import { maxRequestBytes, requestTooLarge } from './request-body.ts';
import { createRequestId } from './request-id.ts';

/** The part of the runtime's global that is used here. https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html */
export interface LambdaStreaming {
  streamifyResponse(handler: StreamingHandler): unknown;
  HttpResponseStream: {
    from(stream: Writable, prelude: { statusCode: number; headers: Readonly<Record<string, string>> }): Writable;
  };
}

export type StreamingHandler = (event: HttpEvent, stream: Writable, context: Context) => Promise<void>;

/** What is left to settle and to say so before Lambda ends the function. */
const reserveMs = 5_000;

/** Lambda cannot see the caller leave (docs/decisions/0004): the signal of its requests never fires. */
const neverAborted = new AbortController().signal;

export function toGatewayRequest(
  incoming: IncomingRequest,
  context: Context,
  options: { now: () => number; sourceAddress: string },
): GatewayRequest {
  const receivedAt = options.now();
  return {
    id: createRequestId(receivedAt),
    method: incoming.method,
    path: incoming.path,
    query: incoming.query,
    headers: incoming.headers,
    readBody: async () => {
      const body = Buffer.from(incoming.body, incoming.encoding);
      if (body.length > maxRequestBytes) throw requestTooLarge();
      return body;
    },
    sourceAddress: options.sourceAddress,
    tenant: context.tenantId,
    receivedAt,
    deadline: Date.now() + context.getRemainingTimeInMillis() - reserveMs,
    signal: neverAborted,
  };
}

/**
 * Sends a response through Lambda's stream. Two facts of the runtime client decide its shape: status and headers go out with the
 * first write, so there must be one even for an empty body; and they must not travel in one piece with the first bytes of the
 * body, or some streams are held back to their end. An empty write and one turn of the event loop keep them apart, without a
 * pause. (awslabs/aws-lambda-nodejs-runtime-interface-client issues 94 and 102; test/runtime proves it)
 */
export async function sendThroughLambda(
  response: GatewayResponse,
  stream: Writable,
  streaming: LambdaStreaming,
): Promise<void> {
  const outgoing = streaming.HttpResponseStream.from(stream, {
    statusCode: response.status,
    headers: response.headers,
  });
  outgoing.write('');
  if (Buffer.isBuffer(response.body)) {
    outgoing.end(response.body);
  } else {
    await setImmediate();
    for await (const piece of response.body) {
      if (!outgoing.write(piece)) await once(outgoing, 'drain');
    }
    outgoing.end();
  }
  await once(outgoing, 'finish');
}
