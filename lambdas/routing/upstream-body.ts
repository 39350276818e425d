import type { IncomingMessage } from 'node:http';

/** Why a response body stopped before its end. */
export type BodyFailureKind = 'idle-timeout' | 'total-timeout' | 'reset' | 'aborted' | 'too-large';

export class BodyFailure extends Error {
  override readonly name = 'BodyFailure';
  readonly kind: BodyFailureKind;

  constructor(kind: BodyFailureKind, cause?: unknown) {
    super(kind, { cause });
    this.kind = kind;
  }
}

export interface BodyLimits {
  readonly idleMs: number;
  /** Epoch milliseconds. */
  readonly endsAt: number;
  readonly signal: AbortSignal;
}

/**
 * Reads a response at the consumer's pace: a piece is taken from the socket only when asked for, so that back-pressure reaches
 * the provider. `read()` gives what has arrived, `wait()` tells what happens next. Both are O(1) per piece, with one timer each
 * wait.
 */
export class UpstreamBody {
  readonly #response: IncomingMessage;
  readonly #limits: BodyLimits;
  #wake: (() => void) | undefined;
  #failure: BodyFailure | undefined;
  #ended = false;

  constructor(response: IncomingMessage, limits: BodyLimits) {
    this.#response = response;
    this.#limits = limits;
    const wake = (): void => this.#wake?.();
    response.on('readable', wake);
    response.on('end', () => {
      this.#ended = true;
      wake();
    });
    response.on('error', (error) => this.#fail('reset', error));
    response.on('close', () => {
      limits.signal.removeEventListener('abort', this.#onAbort);
      if (!this.#ended) this.#fail('reset');
    });
    limits.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  readonly #onAbort = (): void => this.#fail('aborted');

  /**
   * What has arrived since the last call, or `undefined`.
   *
   * @throws BodyFailure `total-timeout`: a provider that never pauses must end in time as well.
   */
  read(): Buffer | undefined {
    const piece = this.#response.read() as Buffer | null;
    if (piece === null) return undefined;
    // Counted from here, not from its arrival: a slow reader's time is not the provider's silence.
    this.#idleSince = Date.now();
    if (this.#idleSince >= this.#limits.endsAt) throw this.#abandon('total-timeout');
    return piece;
  }

  /**
   * Waits for more, at most `silenceMs`.
   *
   * @returns `data`, `end`, or `silence` when nothing came for that long.
   * @throws BodyFailure
   */
  async wait(silenceMs: number): Promise<'data' | 'end' | 'silence'> {
    const silentAt = Date.now() + silenceMs;
    const idleEnds = this.#idleSince + this.#limits.idleMs;
    for (;;) {
      await this.#sleepUntilWoken(Math.min(silentAt, idleEnds, this.#limits.endsAt) - Date.now());
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#response.readableLength > 0) return 'data';
      if (this.#ended) return 'end';
      const now = Date.now();
      if (now >= this.#limits.endsAt) throw this.#abandon('total-timeout');
      if (now >= idleEnds) throw this.#abandon('idle-timeout');
      if (now >= silentAt) return 'silence';
      // Woken with nothing there: the body is over, and its stream says `end` only to a reader.
      this.#response.read(0);
    }
  }

  /** Stops reading for good. The connection is kept where the response is all here, and closed where more would come. */
  destroy(): void {
    this.#limits.signal.removeEventListener('abort', this.#onAbort);
    // What comes behind the protocol's last event is only the end of the body, which nobody has read yet.
    if (this.#response.complete) this.#response.resume();
    else this.#response.destroy();
  }

  #idleSince = Date.now();

  #sleepUntilWoken(milliseconds: number): Promise<void> | undefined {
    if (this.#failure !== undefined || this.#ended || this.#response.readableLength > 0) return undefined;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#wake?.(), Math.max(0, milliseconds));
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
    });
  }

  #fail(kind: BodyFailureKind, cause?: unknown): void {
    this.#failure ??= new BodyFailure(kind, cause);
    this.#wake?.();
  }

  #abandon(kind: BodyFailureKind): BodyFailure {
    this.#fail(kind);
    this.destroy();
    return this.#failure ?? new BodyFailure(kind);
  }
}

/** The whole body. @throws BodyFailure, `too-large` beyond `maximumBytes`. */
export async function readWholeBody(body: UpstreamBody, maximumBytes: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for (;;) {
    const piece = body.read();
    if (piece === undefined) {
      if ((await body.wait(Infinity)) === 'end') return Buffer.concat(pieces, length);
      continue;
    }
    length += piece.length;
    if (length > maximumBytes) {
      body.destroy();
      throw new BodyFailure('too-large');
    }
    pieces.push(piece);
  }
}
