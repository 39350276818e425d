import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, isSameBlock } from './answer.ts';
import type { PrefixCache } from './count-usage.ts';
import { isRecord } from './json.ts';
import { findFailingModel } from './models.ts';
import { Refusal } from './refusal.ts';
import type { Piece } from './speech.ts';

/** The larger of the vendors' limits: Anthropic documents 32 MB for Messages. */
const maximumBodyBytes = 32 * 1024 * 1024;

/** One request and the way to answer it. */
export interface Exchange {
  readonly headers: IncomingHttpHeaders;
  /** The model in the path, decoded, for protocols that have it there. */
  readonly pathModel?: string | undefined;
  readonly query: URLSearchParams;
  /** Parsed JSON, a form, or undefined for a request without a body. */
  readonly body: unknown;
  readonly response: ServerResponse;
  /** Aborts when the client leaves: whatever is waiting then stops. */
  readonly signal: AbortSignal;
  readonly prefixCache: PrefixCache;
}

/** JSON, or the fields and files of a form. */
export async function readBody(request: IncomingMessage): Promise<unknown> {
  const bytes = await readBytes(request);
  const contentType = request.headers['content-type'] ?? '';
  try {
    if (!contentType.startsWith('multipart/form-data')) return JSON.parse(bytes.toString());
    return await new Response(new Uint8Array(bytes), { headers: { 'content-type': contentType } }).formData();
  } catch {
    throw new Refusal('invalid-request', 'The body of the request is not valid JSON.');
  }
}

/** Reads the whole body even when it is too large, so that the client is there to read the refusal. */
async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= maximumBodyBytes) chunks.push(chunk);
  }
  if (length > maximumBodyBytes) throw new Refusal('too-large', `The body is larger than ${maximumBodyBytes} bytes.`);
  return Buffer.concat(chunks);
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

/** Answers with server-sent events, or what else a protocol streams, no faster than the client reads. */
export async function sendEvents(
  exchange: Exchange,
  answer: Answer,
  events: AsyncIterable<string | Uint8Array>,
  contentType = 'text/event-stream; charset=utf-8',
): Promise<void> {
  const { response, signal } = exchange;
  await sendHead(exchange, answer, contentType);
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

/** A step of an answer in a protocol whose streams have blocks; `text` of an end is the whole block's. */
export type BlockStep =
  | { readonly step: 'start' | 'end'; readonly index: number; readonly piece: Piece; readonly text: string }
  | { readonly step: 'delta'; readonly index: number; readonly piece: Piece };

/** The answer's pieces at the model's pace, as blocks one after the other. A model that fails leaves its block open. */
export async function* paceBlocks(answer: Answer, signal: AbortSignal): AsyncGenerator<BlockStep> {
  let open: { index: number; piece: Piece; text: string } | undefined;
  for await (const piece of pacePieces(answer, signal)) {
    if (open === undefined || !isSameBlock(open.piece, piece)) {
      if (open !== undefined) yield { step: 'end', ...open };
      open = { index: (open?.index ?? -1) + 1, piece, text: '' };
      yield { step: 'start', ...open };
    }
    open.text += piece.text;
    yield { step: 'delta', index: open.index, piece };
  }
  if (open !== undefined && answer.ending !== 'failure') yield { step: 'end', ...open };
}

/** One server-sent event with JSON. */
export function encodeEvent(data: object, name?: string): string {
  return `${name === undefined ? '' : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`;
}

/** @throws Refusal where the request names a model whose job it is. */
export async function refuseOnPurpose({ pathModel, body, response, signal }: Exchange): Promise<void> {
  const named = body instanceof FormData ? body.get('model') : isRecord(body) ? body.model : undefined;
  const model = findFailingModel(pathModel ?? named);
  if (model === undefined) return;
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
