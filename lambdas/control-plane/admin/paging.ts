import { invalidRequest } from './problem.ts';

/** A cursor is where the page before ended. Opaque to callers, so that it can change; not secret, and never trusted. */
export function encodeCursor(position: string | number | undefined): string | null {
  return position === undefined ? null : Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** @throws Problem 400 for anything that did not come from `encodeCursor`. */
export function decodeCursor(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  try {
    const position: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (typeof position === 'string' || typeof position === 'number') return String(position);
  } catch {
    // Told below.
  }
  throw invalidRequest({ field: 'query.cursor', message: 'must be the nextCursor of an answer before' });
}
