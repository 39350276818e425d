/** The body's length in bytes, or how its end is told. */
export type BodyFraming = number | 'chunked' | 'until-end';

export interface HttpHead {
  readonly status: number;
  readonly framing: BodyFraming;
  readonly keepAlive: boolean;
}

/**
 * Reads a status line and header lines, without the empty line after them. Only what frames the answer is kept. Lines folded
 * over several, bare line feeds and lengths given twice are refused: nothing that AWS sends, and the stuff of smuggled answers.
 *
 * @throws Error for anything that is not a valid head.
 */
export function parseHead(head: string): HttpHead {
  const [statusLine = '', ...headerLines] = head.split('\r\n');
  const [, minorVersion, statusDigits] = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: [^\r\n\0]*)?$/.exec(statusLine) ?? [];
  if (minorVersion === undefined) throw new Error('not an HTTP/1 answer');
  const status = Number(statusDigits);
  const { length, encoding, close } = readFramingHeaders(headerLines);
  if (status === 101) throw new Error('switching protocols');
  if (encoding !== undefined && (length !== undefined || encoding !== 'chunked' || minorVersion === '0')) {
    throw new Error('unclear where the body ends');
  }
  const bodyless = status < 200 || status === 204 || status === 304;
  const framing = bodyless ? 0 : (length ?? encoding ?? 'until-end');
  // HTTP/1.0 can keep a connection open too, but nobody who matters here speaks it.
  return { status, framing, keepAlive: minorVersion === '1' && !close && framing !== 'until-end' };
}

interface FramingHeaders {
  length?: number;
  encoding?: 'chunked';
  close?: boolean;
}

function readFramingHeaders(lines: readonly string[]): FramingHeaders {
  const found: FramingHeaders = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    if (colon < 1 || !/^[\w!#$%&'*+.^`|~-]+$/.test(name) || /[\r\n\0]/.test(line)) throw new Error('malformed header');
    if (name === 'content-length') {
      const digits = line.slice(colon + 1).trim();
      if (found.length !== undefined || !/^\d{1,15}$/.test(digits)) throw new Error('bad content-length');
      found.length = Number(digits);
    } else if (name === 'transfer-encoding') {
      const value = line.slice(colon + 1).trim();
      if (found.encoding !== undefined || value.toLowerCase() !== 'chunked') throw new Error('bad transfer-encoding');
      found.encoding = 'chunked';
    } else if (name === 'connection') {
      const options = line
        .slice(colon + 1)
        .toLowerCase()
        .split(',');
      if (options.some((option) => option.trim() === 'close')) found.close = true;
    }
  }
  return found;
}
