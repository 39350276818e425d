import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as z from 'zod';

const INTEGRATION_RESPONSE = 'application/vnd.awslambda.http-integration-response';
const DELIMITER = Buffer.alloc(8);
/** The gateway looks for metadata and delimiter in the first 16 KB. */
const PRELUDE_LIMIT = 16 * 1024;
/** The gateway keeps these for itself and renames the function's. */
const REMAPPED_HEADERS = new Set(['connection', 'date', 'server', 'www-authenticate']);

const REFUSALS = {
  413: 'Request Too Long',
  502: 'Internal server error',
  504: 'Endpoint request timed out',
};

export const headerValue = z.union([z.string(), z.number(), z.boolean()]);
const metadataSchema = z.object({
  statusCode: z.int().min(200).max(599),
  headers: z.record(z.string(), headerValue).optional(),
  multiValueHeaders: z.record(z.string(), z.array(headerValue)).optional(),
  cookies: z.array(z.string()).optional(),
});

export type HeaderValue = string | number | boolean | (string | number | boolean)[];

interface Prelude {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
}

/**
 * Answers in the gateway's own words, or cuts the connection where the function's answer has begun: then the status is gone
 * and a truncated body is all that a caller can see.
 */
export function refuse(response: ServerResponse, status: keyof typeof REFUSALS): void {
  if (response.writableEnded) return;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ message: REFUSALS[status] }));
}

/**
 * Relays a runtime's streamed answer to the caller as its bytes arrive, as an integration with response transfer mode STREAM
 * does: metadata first, then eight NUL bytes, then the body. A caller that leaves does not stop the function.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html
 */
export function relayStream(post: IncomingMessage, response: ServerResponse, log: (line: string) => void): void {
  let head: Buffer | undefined = Buffer.alloc(0);
  // Nothing more can be said: the caller left, or the gateway has already answered in its place.
  const isOver = () => response.destroyed || response.writableEnded;

  function refuseAnswer(reason: string): void {
    log(`[gateway] ${reason}`);
    refuse(response, 502);
  }

  function begin(received: Buffer): void {
    head = received;
    const end = received.indexOf(DELIMITER);
    if ((end < 0 ? received.length : end) > PRELUDE_LIMIT) return refuseAnswer('no delimiter in the first 16 KB');
    if (end < 0) return;
    const prelude = parsePrelude(received.subarray(0, end));
    if (!prelude) return refuseAnswer('metadata without a status code or with headers that HTTP does not allow');
    head = undefined;
    response.writeHead(prelude.statusCode, prelude.headers);
    response.flushHeaders();
    forward(received.subarray(end + DELIMITER.length));
  }

  function forward(chunk: Buffer): void {
    if (chunk.length > 0 && !response.write(chunk)) post.pause();
  }

  response.on('drain', () => post.resume());
  response.on('close', () => post.resume());
  post.on('data', (chunk: Buffer) => {
    if (isOver()) return;
    if (head) begin(Buffer.concat([head, chunk]));
    else forward(chunk);
  });
  post.on('error', () => refuseAnswer('the runtime went away in the middle of its answer'));
  post.on('end', () => {
    const errorType = post.trailers['lambda-runtime-function-error-type'];
    if (isOver()) return;
    if (errorType) refuseAnswer(`the function failed: ${errorType}`);
    else if (head) refuseAnswer('an answer that ended before its metadata');
    else response.end();
  });
  if (!isIntegrationResponse(post))
    refuseAnswer(`not a streamed integration response: ${post.headers['content-type']}`);
}

function isIntegrationResponse(post: IncomingMessage): boolean {
  const streaming = post.headers['lambda-runtime-function-response-mode'] === 'streaming';
  return streaming && post.headers['content-type'] === INTEGRATION_RESPONSE;
}

function parsePrelude(bytes: Buffer): Prelude | undefined {
  try {
    const { statusCode, headers, multiValueHeaders, cookies } = metadataSchema.parse(JSON.parse(bytes.toString()));
    const merged = { ...headers, ...multiValueHeaders, ...(cookies ? { 'set-cookie': cookies } : {}) };
    return { statusCode, headers: responseHeaders(merged) };
  } catch {
    return undefined;
  }
}

/** The function's headers as the gateway sends them on. @throws TypeError for what HTTP does not allow */
export function responseHeaders(headers: Record<string, HeaderValue>): Record<string, string | string[]> {
  const answered: Record<string, string | string[]> = { 'content-type': 'application/json' };
  for (const [name, value] of Object.entries(headers)) {
    const lowerCase = name.toLowerCase();
    const sentName = REMAPPED_HEADERS.has(lowerCase) ? `x-amzn-remapped-${lowerCase}` : lowerCase;
    const sentValue = Array.isArray(value) ? value.map(String) : String(value);
    validateHeaderName(sentName);
    for (const line of [sentValue].flat()) validateHeaderValue(sentName, line);
    answered[sentName] = sentValue;
  }
  return answered;
}
