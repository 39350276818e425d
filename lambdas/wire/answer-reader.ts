import type { ResponseFacts } from './protocol.ts';

/** How an answer ended. `broken`: what came is no answer of its protocol; `problem` says why, without quoting it. */
export type AnswerEnding =
  /** The client protocol's last event. Nothing comes after it. */
  | { readonly kind: 'end'; readonly bytes: Buffer }
  /** The provider reports a failure; `error` is its body as far as it could be read. */
  | { readonly kind: 'error'; readonly error: unknown }
  | { readonly kind: 'broken'; readonly problem: string };

/**
 * Reads one streamed answer as it comes from a provider and gives the bytes that its caller gets: the same ones where both speak
 * one protocol, translated ones otherwise.
 */
export interface AnswerReader {
  /** What it gives are not events. */
  readonly isRaw?: true;
  /** @throws RangeError when one event is larger than any provider sends. */
  push(chunk: Buffer): Buffer;
  /** The provider's body is over: what is left counts as an event unless it is half of one. Sets `ending`. */
  finish(): Buffer;
  /** Known once it was found behind the bytes given last. */
  ending(): AnswerEnding | undefined;
  facts(): ResponseFacts;
  /** Events that carried a piece of the answer, and their bytes less what each of them repeats. */
  contentEvents(): number;
  contentBytes(): number;
}
