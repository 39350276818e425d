import type { IncomingMessage, ServerResponse } from 'node:http';
import * as z from 'zod';
import { headerValue, refuse, responseHeaders } from './rest-response.ts';

const answerSchema = z.strictObject({
  statusCode: z.int().min(200).max(599),
  headers: z.record(z.string(), headerValue).optional(),
  multiValueHeaders: z.record(z.string(), z.array(headerValue)).optional(),
  body: z.string().optional(),
  isBase64Encoded: z.boolean().optional(),
});

/** What a function returned, as the text that its runtime posted. */
export function readWhole(post: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    post.on('data', (piece: Buffer) => pieces.push(piece));
    post.on('end', () => resolve(Buffer.concat(pieces).toString()));
    post.on('error', reject);
  });
}

/**
 * Answers the caller with what the function returned, as a proxy integration does whose response is not streamed. This gateway has
 * no binary media types for answers, so a body in base64 reaches the caller in base64.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
 */
export function relayWhole(post: IncomingMessage, response: ServerResponse, log: (line: string) => void): void {
  const answer = async (): Promise<void> => {
    const { statusCode, headers, multiValueHeaders, body } = answerSchema.parse(JSON.parse(await readWhole(post)));
    if (response.destroyed || response.writableEnded) return;
    response.writeHead(statusCode, responseHeaders({ ...headers, ...multiValueHeaders })).end(body ?? '');
  };
  answer().catch((error: unknown) => {
    log(`[gateway] malformed proxy response: ${error instanceof Error ? error.name : typeof error}`);
    refuse(response, 502);
  });
}
