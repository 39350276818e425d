import type { IncomingMessage } from 'node:http';
import { CallerError } from './gateway-error.ts';

/** Larger requests never reach a Lambda function (its synchronous payload limit), so the laptop refuses them too. */
export const maxRequestBytes = 6 * 1024 * 1024;

/** A sender that has not delivered its body by then is cut off. */
const bodyTimeoutMs = 30_000;

/**
 * Reads a request's body.
 *
 * @throws CallerError 413 from the announced length, or as soon as more than 6 MiB have come; 408 after 30 s.
 */
export function readRequestBody(incoming: IncomingMessage, timeoutMs: number = bodyTimeoutMs): Promise<Buffer> {
  if (Number(incoming.headers['content-length'] ?? 0) > maxRequestBytes) return Promise.reject(requestTooLarge());
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let length = 0;
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      incoming.off('data', onData).off('end', onEnd).off('error', onError).off('close', onError);
      settle();
    };
    const onData = (piece: Buffer): void => {
      length += piece.length;
      pieces.push(piece);
      if (length > maxRequestBytes) finish(() => reject(requestTooLarge()));
    };
    const onEnd = (): void =>
      finish(() => resolve(pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces)));
    const onError = (): void =>
      finish(() => reject(new CallerError('invalid_request', 400, 'The request body broke off before its end.')));
    const timer = setTimeout(() => {
      const message = `The request body did not arrive within ${timeoutMs / 1000} seconds.`;
      finish(() => reject(new CallerError('request_timeout', 408, message, { retryable: true })));
    }, timeoutMs);
    incoming.on('data', onData).on('end', onEnd).on('error', onError).on('close', onError);
  });
}

/** The one wording of a 413, whoever finds out. */
export function requestTooLarge(): CallerError {
  return new CallerError(
    'request_too_large',
    413,
    'The request body is larger than 6 MiB. Send large images and documents by URL or file id instead.',
  );
}
