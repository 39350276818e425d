/** Larger than any event a provider sends (images included); a stream that never ends its event must not eat the memory. */
const maxEventBytes = 16 * 1024 * 1024;

const tailLength = 3;

/** Whole events: event `i` spans `[i === 0 ? 0 : ends[i - 1], ends[i])` in `bytes` and, since `text` is latin1, in `text` too. */
export interface SseEvents {
  readonly bytes: Buffer;
  readonly text: string;
  readonly ends: readonly number[];
}

const noEvents: SseEvents = { bytes: Buffer.alloc(0), text: '', ends: [] };

/**
 * Cuts a byte stream into whole server-sent events without changing a byte: every event keeps the blank line that ends it,
 * whether its lines end in LF, CRLF or CR. Chunks may be split anywhere, inside a line ending included. A chunk of whole events,
 * the usual case, is not copied. (https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream)
 */
export class SseSplitter {
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  /** The last bytes of what is pending: as much of a blank line as can have come without ending it (`CR LF CR`). */
  #tail = '';

  /** @throws RangeError when one event passes 16 MiB. */
  push(chunk: Buffer): SseEvents {
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    if (this.#pendingBytes > maxEventBytes) throw new RangeError('a server-sent event is larger than 16 MiB');
    // Joining is put off until an event has ended, so that a large one in small pieces costs no quadratic copying.
    if (this.#pending.length > 1 && !hasBlankLine(this.#tail + chunk.toString('latin1'))) {
      this.#tail = (this.#tail + chunk.toString('latin1', Math.max(0, chunk.length - tailLength))).slice(-tailLength);
      return noEvents;
    }
    const bytes = this.#pending.length === 1 ? chunk : Buffer.concat(this.#pending, this.#pendingBytes);
    const text = bytes.toString('latin1');
    const ends = text.includes('\r') ? endsWithAnyLineEnding(text) : endsWithLineFeeds(text);
    const consumed = ends.at(-1) ?? 0;
    this.#pending = consumed === bytes.length ? [] : [bytes.subarray(consumed)];
    this.#pendingBytes = bytes.length - consumed;
    this.#tail = text.slice(Math.max(consumed, text.length - tailLength));
    return { bytes, text, ends };
  }

  /** Bytes after the last blank line: an event that was never ended. */
  rest(): Buffer {
    return Buffer.concat(this.#pending);
  }
}

function endsWithLineFeeds(text: string): number[] {
  const ends: number[] = [];
  for (let at = text.indexOf('\n\n'); at !== -1; at = text.indexOf('\n\n', at + 2)) ends.push(at + 2);
  return ends;
}

/** Two line endings in a row. */
const blankLine = /(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r(?=[^\n]))/;
const everyBlankLine = new RegExp(blankLine, 'g');

function hasBlankLine(text: string): boolean {
  return text.includes('\n\n') || (text.includes('\r') && blankLine.test(text));
}

/** A CR that ends the text may be half of a CRLF, so that event is not whole before the next byte. */
function endsWithAnyLineEnding(text: string): number[] {
  const ends: number[] = [];
  while (everyBlankLine.exec(text) !== null) ends.push(everyBlankLine.lastIndex);
  return ends;
}

export interface EventFields {
  /** The last `event:` field. */
  readonly name: string | undefined;
  /** The `data:` lines joined by LF; `undefined` for a comment or an event without data. */
  readonly data: string | undefined;
}

export function eventFields(text: string): EventFields {
  let name: string | undefined;
  let data: string | undefined;
  for (const line of linesOf(text)) {
    if (line.startsWith('data:') || line === 'data') {
      const value = withoutLeadingSpace(line.slice('data:'.length));
      data = data === undefined ? value : `${data}\n${value}`;
    } else if (line.startsWith('event:')) name = withoutLeadingSpace(line.slice('event:'.length));
  }
  return { name, data };
}

export function eventName(text: string): string | undefined {
  return eventFields(text).name;
}

export function eventData(text: string): string | undefined {
  return eventFields(text).data;
}

/** Nearly every provider ends lines in LF alone, and an expression takes several times as long. */
function linesOf(text: string): readonly string[] {
  return text.includes('\r') ? text.split(/\r\n|\n|\r/) : text.split('\n');
}

function withoutLeadingSpace(value: string): string {
  return value.startsWith(' ') ? value.slice(1) : value;
}

/** A comment: keeps idle proxies from cutting a silent stream; parsers skip it. */
export function sseComment(text: string): Buffer {
  return Buffer.from(`: ${text}\n\n`);
}
