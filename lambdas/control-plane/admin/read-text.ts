import { Problem } from './problem.ts';

/** More than any body the contract allows. */
const maxBodyBytes = 256 * 1024;

/**
 * The body of a request as text; empty where there is none. Hono's own limit makes a second `Request` of the first, which fails
 * for every request of `node:http` that announces no length, a DELETE for instance.
 *
 * @throws Problem 413 from the announced length, or as soon as more has come.
 */
export async function readText(request: Request): Promise<string> {
  if (Number(request.headers.get('content-length') ?? 0) > maxBodyBytes) throw tooLarge();
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of request.body ?? []) {
    size += piece.length;
    if (size > maxBodyBytes) throw tooLarge();
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function tooLarge(): Problem {
  const detail = `At most ${maxBodyBytes} bytes.`;
  return new Problem('request_too_large', 413, 'The body is too large.', { detail });
}
