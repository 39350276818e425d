import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Piece } from './answer.ts';
import type { PrefixCache } from './count-usage.ts';
import type { RequestedModel } from './models.ts';
import { Refusal } from './refusal.ts';

/** The larger of the vendors' limits: Anthropic documents 32 MB for Messages. */
const maximumBodyBytes = 32 * 1024 * 1024;

/** One request and the way to answer it. */
export interface Exchange {
  readonly headers: IncomingHttpHeaders;
  /** Parsed JSON, or undefined for a request without a body. */
  readonly body: unknown;
  readonly response: ServerResponse;
  /** Aborts when the client leaves: whatever is waiting then stops. */
  readonly signal: AbortSignal;
  readonly prefixCache: PrefixCache;
}

/** Reads the whole body even when it is too large, so that the client is there to read the refusal. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= maximumBodyBytes) chunks.push(chunk);
  }
  if (length > maximumBodyBytes) throw new Refusal('too-large', `The body is larger than ${maximumBodyBytes} bytes.`);
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    throw new Refusal('invalid-request', 'The body of the request is not valid JSON.');
  }
}

/** Answers at once with one JSON document. */
export function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** Answers with one JSON document, when the model would have finished saying it. */
export async function sendWhole(exchange: Exchange, answer: Answer, body: object): Promise<void> {
  const { response, signal } = exchange;
  if (answer.ending === 'failure')
    throw new Refusal('failed', 'The model failed in the middle of its answer, as asked.');
  await sendHead(exchange, answer, 'application/json');
  await pause(answer.delayMs * Math.max(0, answer.pieces.length - 1), signal);
  response.end(JSON.stringify(body));
}

/** Answers with server-sent events, no faster than the client reads. */
export async function sendEvents(exchange: Exchange, answer: Answer, events: AsyncIterable<string>): Promise<void> {
  const { response, signal } = exchange;
  await sendHead(exchange, answer, 'text/event-stream; charset=utf-8');
  for await (const event of events) {
    signal.throwIfAborted();
    if (!response.write(event)) await once(response, 'drain', { signal });
  }
  response.end();
}

async function sendHead({ response, signal }: Exchange, answer: Answer, contentType: string): Promise<void> {
  const head = { 'content-type': contentType, 'cache-control': 'no-cache' };
  if (answer.headFirst) response.writeHead(200, head).flushHeaders();
  await pause(answer.firstMs, signal);
  if (!answer.headFirst) response.writeHead(200, head);
}

/** The answer's pieces, at the model's pace. */
export async function* pacePieces(answer: Answer, signal: AbortSignal): AsyncGenerator<Piece> {
  for (const [index, piece] of answer.pieces.entries()) {
    if (index > 0) await pause(answer.delayMs, signal);
    yield piece;
  }
}

/** The models whose whole job is to fail do it here. */
export async function refuseOnPurpose(model: RequestedModel, { response, signal }: Exchange): Promise<void> {
  if (model.id !== 'failing' && model.id !== 'overloaded') return;
  await pause(model.parameters.first ?? 0, signal);
  if (model.id === 'failing') throw new Refusal('failed', 'The model failed, as asked.');
  response.setHeader('retry-after', '1');
  throw new Refusal('overloaded', 'The model is overloaded, as asked. Try again in 1 s.', {
    code: 'rate_limit_exceeded',
  });
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (milliseconds > 0) await sleep(milliseconds, undefined, { signal });
}
