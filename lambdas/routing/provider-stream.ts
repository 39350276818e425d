import type { Secret } from '../crypto/secret.ts';
import type { ProviderError } from '../http/gateway-error.ts';
import type { Provider } from '../providers/provider.ts';
import type { EventVerdict, StreamTap } from '../wire/protocol.ts';
import { eventData, type SseEvents, type SseSplitter } from '../wire/sse.ts';
import { brokenOff, failedInside, invalidResponse } from './provider-error.ts';
import { BodyFailure, type UpstreamBody } from './upstream-body.ts';

/** What the consumer of a stream gets to see, one at a time. */
export type StreamPiece =
  /** Whole events, to be passed on as they are. */
  | { readonly kind: 'events'; readonly bytes: Buffer }
  /** The protocol's last event. Nothing comes after it. */
  | { readonly kind: 'end'; readonly bytes: Buffer }
  /** Nothing has come for as long as was asked to wait. */
  | { readonly kind: 'silence' }
  | { readonly kind: 'failed'; readonly error: ProviderError };

export interface ProviderStream {
  /** The next piece; after `end` or `failed` there is none. */
  next(silenceMs: number): Promise<StreamPiece>;
  readonly tap: StreamTap;
  /** Bytes of the events that carried the answer, less what each of them repeats: the size of the smallest. */
  contentBytes(): number;
  close(): void;
}

interface StreamParts {
  readonly provider: Provider;
  /** Withheld from what the provider may quote in an error. */
  readonly credential?: Secret | undefined;
  readonly body: UpstreamBody;
  readonly tap: StreamTap;
  readonly splitter: SseSplitter;
}

const noBytes = Buffer.alloc(0);

/**
 * Opens a stream and waits for its first event, so that a provider that fails at once can still be replaced by another.
 *
 * @throws ProviderError when the first thing it says is an error, or it ends without having said anything.
 */
export async function openProviderStream(parts: StreamParts): Promise<ProviderStream> {
  const stream = createProviderStream(parts);
  let first = await stream.next(Infinity);
  // A provider's own keep-alive says nothing yet; ours takes its place until it does.
  while (first.kind === 'events' && isOnlyComments(first.bytes)) first = await stream.next(Infinity);
  if (first.kind === 'failed') throw first.error;
  return { ...stream, next: firstThen(first, stream.next) };
}

function isOnlyComments(bytes: Buffer): boolean {
  return bytes[0] === 0x3a && /^(?::[^\r\n]*[\r\n]+)+$/.test(bytes.toString('latin1'));
}

function firstThen(first: StreamPiece, next: ProviderStream['next']): ProviderStream['next'] {
  let pending: StreamPiece | undefined = first;
  return (silenceMs) => {
    if (pending === undefined) return next(silenceMs);
    const piece = pending;
    pending = undefined;
    return Promise.resolve(piece);
  };
}

interface Sifter {
  /** Runs the tap over whole events; what may pass is joined to as few buffers as possible, usually the chunk itself. */
  sift(events: SseEvents): Buffer;
  /** The end or the failure that was found behind the events sifted last; nothing comes after it. */
  last(): StreamPiece | undefined;
  contentBytes(): number;
}

function createSifter({ provider, credential, tap }: StreamParts): Sifter {
  let last: StreamPiece | undefined;
  let contentBytes = 0;
  let smallestEvent = Infinity;

  const read = (event: string): EventVerdict => {
    const contentBefore = tap.contentEvents();
    const verdict = tap.read(event);
    if (tap.contentEvents() > contentBefore) {
      contentBytes += event.length;
      smallestEvent = Math.min(smallestEvent, event.length);
    }
    return verdict;
  };

  return {
    last: () => last,
    contentBytes: () => (contentBytes === 0 ? 0 : contentBytes - tap.contentEvents() * smallestEvent),
    sift({ bytes, text, ends }) {
      const passed: Buffer[] = [];
      let from = 0;
      let start = 0;
      const passUpTo = (position: number): void => {
        if (position > from) passed.push(bytes.subarray(from, position));
      };
      for (const eventEnd of ends) {
        const verdict = read(text.slice(start, eventEnd));
        if (verdict.kind !== 'forward') {
          passUpTo(start);
          from = eventEnd;
          if (verdict.kind === 'replace') passed.push(verdict.bytes);
          if (verdict.kind === 'end') last = { kind: 'end', bytes: bytes.subarray(start, eventEnd) };
          if (verdict.kind === 'error') {
            last = { kind: 'failed', error: failedInside(provider, parse(bytes, start, eventEnd), credential) };
          }
          if (last !== undefined) return joined(passed);
        }
        start = eventEnd;
      }
      passUpTo(start);
      return joined(passed);
    },
  };
}

function createProviderStream(parts: StreamParts): ProviderStream {
  const { provider, body, tap, splitter } = parts;
  const sifter = createSifter(parts);
  /** A piece that follows the one just given. */
  let following: StreamPiece | undefined;

  /** The body is over. Some servers leave out the last blank line, so what is left counts as an event unless it is half of one. */
  const finish = (): StreamPiece => {
    const rest = splitter.rest();
    if (isTruncated(rest)) return { kind: 'failed', error: invalidResponse(provider, 'it breaks off inside an event') };
    const bytes = rest.length === 0 ? noBytes : sifter.sift(splitter.push(Buffer.from('\n\n')));
    following = sifter.last() ?? endWithoutMark();
    return bytes.length === 0 ? following : { kind: 'events', bytes };
  };

  /** Not every server marks the end; a finish reason says as much. Without one the answer was cut short. */
  const endWithoutMark = (): StreamPiece =>
    tap.facts().finishReason === undefined
      ? { kind: 'failed', error: invalidResponse(provider, 'the stream ends before the answer does') }
      : { kind: 'end', bytes: noBytes };

  const take = async (silenceMs: number): Promise<StreamPiece> => {
    for (;;) {
      if (following !== undefined) return following;
      const chunk = body.read();
      if (chunk === undefined) {
        const what = await body.wait(silenceMs);
        if (what === 'silence') return { kind: 'silence' };
        if (what === 'end') return finish();
        continue;
      }
      const bytes = sifter.sift(splitter.push(chunk));
      following = sifter.last();
      if (bytes.length > 0) return { kind: 'events', bytes };
    }
  };

  return {
    tap,
    contentBytes: sifter.contentBytes,
    close: () => body.destroy(),
    async next(silenceMs) {
      try {
        return await take(silenceMs);
      } catch (error) {
        if (error instanceof BodyFailure) return { kind: 'failed', error: brokenOff(provider, error) };
        if (error instanceof RangeError)
          return { kind: 'failed', error: invalidResponse(provider, 'an event is too large') };
        throw error;
      }
    },
  };
}

function joined(buffers: readonly Buffer[]): Buffer {
  return buffers.length === 1 ? (buffers[0] ?? noBytes) : Buffer.concat(buffers);
}

function parse(bytes: Buffer, start: number, end: number): unknown {
  try {
    return JSON.parse(eventData(bytes.toString('utf8', start, end)) ?? 'null');
  } catch {
    return undefined;
  }
}

function isTruncated(rest: Buffer): boolean {
  const data = eventData(rest.toString('utf8'));
  // The one event of any protocol whose data is not JSON.
  if (data === undefined || data.trim() === '[DONE]') return false;
  try {
    JSON.parse(data);
    return false;
  } catch {
    return true;
  }
}
