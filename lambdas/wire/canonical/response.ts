import type { TokenUsage } from '../../metering/token-usage.ts';
import type { FinishReason } from '../protocol.ts';
import type { OpaqueState } from './opaque.ts';
import type { AssistantPart, Citation } from './request.ts';

/** A whole answer. */
export interface CanonicalResponse {
  /** The model as the provider names it; absent where it does not. */
  readonly model?: string;
  readonly choices: readonly Choice[];
  readonly usage?: TokenUsage;
}

export interface Choice {
  readonly content: readonly AssistantPart[];
  readonly finishReason: FinishReason;
  /** The sequence that stopped it, where the provider says so. */
  readonly stopSequence?: string;
  readonly logprobs?: readonly TokenLogprob[];
}

export interface TokenLogprob {
  readonly token: string;
  readonly logprob: number;
  readonly bytes?: readonly number[];
  readonly alternatives: readonly {
    readonly token: string;
    readonly logprob: number;
    readonly bytes?: readonly number[];
  }[];
}

/**
 * What a stream decoder says it has read: as loose as providers are. `choice` is 0 but for `n > 1`. `assemble.ts` makes a legal
 * sequence of blocks out of it, so a decoder need not track which block is open.
 */
export type Reading =
  | { readonly type: 'start'; readonly model?: string }
  | { readonly type: 'text' | 'refusal' | 'reasoning'; readonly choice: number; readonly text: string }
  /** Proof of the reasoning read last (or of the text, where it says so); ends that block. */
  | { readonly type: 'state'; readonly choice: number; readonly of: 'reasoning' | 'text'; readonly state: OpaqueState }
  | { readonly type: 'redacted-reasoning'; readonly choice: number; readonly state: OpaqueState }
  /** `key` is the provider's index or id of the call; arguments refer to it. An absent or empty id gets one made. */
  | {
      readonly type: 'tool-call';
      readonly choice: number;
      readonly key: string | number;
      readonly id?: string;
      readonly name: string;
      readonly state?: OpaqueState;
    }
  | { readonly type: 'tool-arguments'; readonly choice: number; readonly key: string | number; readonly text: string }
  | { readonly type: 'citation'; readonly choice: number; readonly citation: Citation }
  | { readonly type: 'image'; readonly choice: number; readonly mediaType: string; readonly data: string }
  | { readonly type: 'logprobs'; readonly choice: number; readonly logprobs: readonly TokenLogprob[] }
  /** The provider ended a block: what comes next of the same kind is another. */
  | { readonly type: 'block-end'; readonly choice: number }
  | { readonly type: 'finish'; readonly choice: number; readonly reason: FinishReason; readonly stopSequence?: string }
  /** All that is known so far; a later one replaces it. */
  | { readonly type: 'usage'; readonly usage: TokenUsage }
  /** The protocol's last event. */
  | { readonly type: 'end' }
  /** The provider's error body; nothing comes after it. */
  | { readonly type: 'error'; readonly error: unknown };

/** What begins a block of a streamed answer. */
export type BlockStart =
  | { readonly kind: 'text' | 'refusal' | 'reasoning' }
  | { readonly kind: 'redacted-reasoning'; readonly state: OpaqueState }
  | { readonly kind: 'tool-call'; readonly id: string; readonly name: string; readonly state?: OpaqueState }
  | { readonly kind: 'image'; readonly mediaType: string; readonly data: string };

/**
 * What a stream encoder gets: always in the order
 *
 *     start (block-start (delta | citation | logprobs)* state? block-stop)* finish … end
 *
 * with at most one block open per choice, `index` counting the blocks of a choice from 0, one `finish` for each choice, and
 * nothing after `end`. An encoder therefore cannot produce a sequence that its own protocol forbids.
 */
export type CanonicalEvent =
  | { readonly type: 'start'; readonly model: string | undefined; readonly usage: TokenUsage | undefined }
  | { readonly type: 'block-start'; readonly choice: number; readonly index: number; readonly block: BlockStart }
  /** Text, reasoning, refusal or arguments, by the kind of the open block. Never empty. */
  | { readonly type: 'delta'; readonly choice: number; readonly index: number; readonly text: string }
  | { readonly type: 'citation'; readonly choice: number; readonly index: number; readonly citation: Citation }
  | {
      readonly type: 'logprobs';
      readonly choice: number;
      readonly index: number;
      readonly logprobs: readonly TokenLogprob[];
    }
  | { readonly type: 'state'; readonly choice: number; readonly index: number; readonly state: OpaqueState }
  | { readonly type: 'block-stop'; readonly choice: number; readonly index: number }
  | {
      readonly type: 'finish';
      readonly choice: number;
      readonly reason: FinishReason;
      readonly stopSequence: string | undefined;
    }
  | { readonly type: 'end'; readonly usage: TokenUsage | undefined };
