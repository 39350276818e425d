import type { Secret } from '../crypto/secret.ts';
import type { ProviderError } from '../http/gateway-error.ts';
import type { Provider } from '../providers/provider.ts';
import type { AnswerEnding, AnswerReader } from '../wire/answer-reader.ts';
import { brokenOff, failedInside, invalidResponse } from './provider-error.ts';
import { BodyFailure, type UpstreamBody } from './upstream-body.ts';

/** What the consumer of a stream gets to see, one at a time. */
export type StreamPiece =
  /** Whole events of the caller's protocol. */
  | { readonly kind: 'events'; readonly bytes: Buffer }
  /** The protocol's last event. Nothing comes after it. */
  | { readonly kind: 'end'; readonly bytes: Buffer }
  /** Nothing has come for as long as was asked to wait. */
  | { readonly kind: 'silence' }
  | { readonly kind: 'failed'; readonly error: ProviderError };

export interface ProviderStream {
  /** The next piece; after `end` or `failed` there is none. */
  next(silenceMs: number): Promise<StreamPiece>;
  readonly reader: Pick<AnswerReader, 'facts' | 'contentEvents' | 'contentBytes'>;
  close(): void;
}

interface StreamParts {
  readonly provider: Provider;
  /** Withheld from what the provider may quote in an error. */
  readonly credential?: Secret | undefined;
  readonly body: UpstreamBody;
  readonly reader: AnswerReader;
}

/**
 * Opens a stream and waits for its first event, so that a provider that fails at once can still be replaced by another.
 *
 * @throws ProviderError when the first thing it says is an error, or it ends without having said anything.
 */
export async function openProviderStream(parts: StreamParts): Promise<ProviderStream> {
  const stream = createProviderStream(parts);
  let first = await stream.next(Infinity);
  // A provider's own keep-alive says nothing yet; ours takes its place until it does.
  while (first.kind === 'events' && parts.reader.isRaw !== true && isOnlyComments(first.bytes))
    first = await stream.next(Infinity);
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

function createProviderStream({ provider, credential, body, reader }: StreamParts): ProviderStream {
  /** A piece that follows the one just given. */
  let following: StreamPiece | undefined;

  const toPiece = (ending: AnswerEnding): StreamPiece => {
    switch (ending.kind) {
      case 'end':
        return ending;
      case 'error':
        return { kind: 'failed', error: failedInside(provider, ending.error, credential) };
      case 'broken':
        return { kind: 'failed', error: invalidResponse(provider, ending.problem) };
    }
  };

  /** The bytes first, then the ending that was found behind them. */
  const give = (bytes: Buffer): StreamPiece | undefined => {
    const ending = reader.ending();
    if (ending !== undefined) following = toPiece(ending);
    return bytes.length > 0 ? { kind: 'events', bytes } : following;
  };

  const take = async (silenceMs: number): Promise<StreamPiece> => {
    for (;;) {
      if (following !== undefined) return following;
      const chunk = body.read();
      if (chunk === undefined) {
        const what = await body.wait(silenceMs);
        if (what === 'silence') return { kind: 'silence' };
        if (what === 'data') continue;
      }
      const piece = give(chunk === undefined ? reader.finish() : reader.push(chunk));
      if (piece !== undefined) return piece;
    }
  };

  return {
    reader,
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
