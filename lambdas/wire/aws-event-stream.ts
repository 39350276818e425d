import { crc32 } from 'node:zlib';
import type { WireEvent } from './canonical/codec.ts';

/** As `SseSplitter`: larger than any message AWS sends, and bounded so that a wrong length cannot eat the memory. */
const maxMessageBytes = 16 * 1024 * 1024;

/** Total length, length of the headers, CRC-32 of these two. */
const preludeBytes = 12;
const checksumBytes = 4;
const smallestMessage = preludeBytes + checksumBytes;

/** What comes of bytes that are no event stream: an error about which nothing is known. */
const unreadable: WireEvent = { name: undefined, data: '', isError: true };

/**
 * Cuts `application/vnd.amazon.eventstream` into its messages. Chunks may be split anywhere; bytes are joined only when a whole
 * message has come, so a large one in small pieces costs no quadratic copying. An exception (`:message-type` `exception` or
 * `error`) is an event that says so. Both checksums are verified: behind one that does not match nothing can be read any more,
 * so the reader gives one error without a name and is silent from there on.
 * https://smithy.io/2.0/aws/amazon-eventstream.html
 */
export class AwsEventStreamReader {
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  /** Bytes without which there is nothing to do. */
  #needed = preludeBytes;
  #isBroken = false;

  /** @throws RangeError when one message passes 16 MiB. */
  push(chunk: Buffer): readonly WireEvent[] {
    if (this.#isBroken) return [];
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    if (this.#pendingBytes < this.#needed) return [];
    const bytes = this.#pending.length === 1 ? chunk : Buffer.concat(this.#pending, this.#pendingBytes);
    const { events, consumed } = this.#readMessages(bytes);
    this.#pending = consumed === bytes.length ? [] : [bytes.subarray(consumed)];
    this.#pendingBytes = bytes.length - consumed;
    return events;
  }

  /** No message ends with the body: each says how long it is. */
  finish(): readonly WireEvent[] {
    return [];
  }

  /** Whether what is left is a part of a message. */
  isTruncated(): boolean {
    return this.#pendingBytes > 0;
  }

  #readMessages(bytes: Buffer): { events: WireEvent[]; consumed: number } {
    const events: WireEvent[] = [];
    let start = 0;
    for (;;) {
      this.#needed = preludeBytes;
      if (bytes.length - start < preludeBytes) return { events, consumed: start };
      const length = messageLength(bytes, start);
      this.#needed = length ?? preludeBytes;
      if (length !== undefined && bytes.length - start < length) return { events, consumed: start };
      const event = length === undefined ? undefined : readMessage(bytes.subarray(start, start + length));
      events.push(event ?? unreadable);
      if (event === undefined || length === undefined) {
        this.#isBroken = true;
        return { events, consumed: bytes.length };
      }
      start += length;
    }
  }
}

/** `undefined` where the prelude is damaged. Its checksum comes first: a length that is not proven says nothing of the size. */
function messageLength(bytes: Buffer, start: number): number | undefined {
  const length = bytes.readUInt32BE(start);
  const proven = crc32(bytes.subarray(start, start + 8)) === bytes.readUInt32BE(start + 8);
  if (!proven || length < smallestMessage) return undefined;
  if (length > maxMessageBytes) throw new RangeError('an event-stream message is larger than 16 MiB');
  return length;
}

function readMessage(message: Buffer): WireEvent | undefined {
  const end = message.length - checksumBytes;
  const headersEnd = preludeBytes + message.readUInt32BE(4);
  if (headersEnd > end || crc32(message.subarray(0, end)) !== message.readUInt32BE(end)) return undefined;
  const headers = readHeaders(message.subarray(preludeBytes, headersEnd));
  return headers === undefined ? undefined : toEvent(headers, message.toString('utf8', headersEnd, end));
}

function toEvent(headers: ReadonlyMap<string, string>, payload: string): WireEvent {
  switch (headers.get(':message-type')) {
    case 'exception':
      return { name: headers.get(':exception-type'), data: payload, isError: true };
    case 'error':
      // An error that the service's model does not name has its text in a header and no payload.
      return {
        name: headers.get(':error-code'),
        data: JSON.stringify({ message: headers.get(':error-message') }),
        isError: true,
      };
    default:
      return { name: headers.get(':event-type'), data: payload };
  }
}

const stringType = 7;
const byteArrayType = 6;
/** Sizes of the types that have one: true, false, byte, short, integer, long, then timestamp and UUID. */
const sizeByType: Readonly<Record<number, number>> = { 0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16 };

/** The headers whose value is a string: no other kind says anything to us. `undefined` where they do not fit their length. */
function readHeaders(bytes: Buffer): Map<string, string> | undefined {
  const headers = new Map<string, string>();
  let at = 0;
  while (at < bytes.length) {
    const nameEnd = at + 1 + bytes.readUInt8(at);
    if (nameEnd >= bytes.length) return undefined;
    const type = bytes.readUInt8(nameEnd);
    const value = valueSpan(bytes, nameEnd + 1, type);
    if (value === undefined || value.end > bytes.length) return undefined;
    if (type === stringType) {
      headers.set(bytes.toString('utf8', at + 1, nameEnd), bytes.toString('utf8', value.start, value.end));
    }
    at = value.end;
  }
  return headers;
}

function valueSpan(bytes: Buffer, at: number, type: number): { start: number; end: number } | undefined {
  if (type === stringType || type === byteArrayType) {
    return at + 2 > bytes.length ? undefined : { start: at + 2, end: at + 2 + bytes.readUInt16BE(at) };
  }
  const size = sizeByType[type];
  return size === undefined ? undefined : { start: at, end: at + size };
}
