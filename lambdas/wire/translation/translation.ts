import type { AnswerReader } from '../answer-reader.ts';
import type { AnswerContext, EncodingTarget } from '../canonical/codec.ts';
import type { InputSize } from '../input-size.ts';
import type { ProtocolName } from '../protocol-name.ts';
import { protocolKind } from '../protocol-name.ts';
import type { ResponseFacts } from '../protocol.ts';
import { createChatTranslation } from './chat.ts';
import { createCountTokensTranslation } from './count-tokens.ts';
import { createEmbeddingsTranslation } from './embeddings.ts';

export { stripStates } from './strip-states.ts';

/** One caller's request, to be said in other protocols. */
export interface TranslationSource {
  readonly client: ProtocolName;
  /** The parsed body. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly stream: boolean;
  /** Whether options that a target does not have are left out rather than refused. */
  readonly dropUnsupported: boolean;
  readonly context: Omit<AnswerContext, 'model' | 'request'>;
}

export interface TranslationTarget extends EncodingTarget {
  readonly protocol: ProtocolName;
  /** Names the provider in messages. */
  readonly displayName: string;
}

export interface TranslatedRequest {
  /** To be made JSON of. */
  readonly value: object;
  /** JSON paths of options that were left out. */
  readonly dropped: readonly string[];
  /** What admission needs to know of it. */
  measure(): TranslatedSize;
}

export interface TranslatedSize extends InputSize {
  /** Under a lower cap on output the target would not take the request. */
  readonly minOutputTokens: number;
}

export interface Translation {
  /** @throws WireError where the target's protocol or model cannot take the request. */
  encode(target: TranslationTarget): TranslatedRequest;
  /** How the answer of this target is read. */
  answer(target: TranslationTarget): AnswerTranslation;
}

export interface AnswerTranslation {
  /** What the provider must answer with where a stream was asked for. */
  readonly streamContentType: string;
  createReader(): AnswerReader;
  /**
   * `undefined` when the value is no answer of the provider's protocol. `inputTokens`: told beside the body, for providers that do
   * not tell it inside.
   */
  readWhole(value: unknown, inputTokens?: number): { readonly body: Buffer; readonly facts: ResponseFacts } | undefined;
}

/**
 * Everything that turns one protocol into another: the entry of `translation.cjs`, which the proxy loads when the first request
 * needs it (docs/decisions/0029). Pure.
 *
 * @throws WireError where the request is malformed.
 */
export function createTranslation(source: TranslationSource): Translation {
  switch (protocolKind(source.client)) {
    case 'chat':
      return createChatTranslation(source);
    case 'embeddings':
      return createEmbeddingsTranslation(source);
    case 'count-tokens':
      return createCountTokensTranslation(source);
    default:
      throw new TypeError(`${source.client} is not translated`);
  }
}
