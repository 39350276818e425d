import type { TokenUsage } from '../../../metering/token-usage.ts';
import type { AnswerContext, EncodingTarget } from '../../canonical/codec.ts';
import type { Losses } from '../../canonical/losses.ts';
import type { Untranslated } from '../../canonical/request.ts';
import type { ProtocolName } from '../../protocol-name.ts';

/** Texts to be made vectors of, in no protocol's own words. */
export interface EmbeddingsRequest {
  /** In order, never empty: each becomes one vector. */
  readonly inputs: readonly EmbeddingInput[];
  readonly dimensions?: number;
  readonly task?: EmbeddingTask;
  /** A stable id of the end user, as in `CanonicalRequest`. */
  readonly endUser?: string;
  /** JSON path of each option in the client's body. */
  readonly paths: { readonly dimensions?: string; readonly task?: string };
  /** As in `CanonicalRequest`. */
  readonly untranslated: readonly Untranslated[];
}

export type EmbeddingInput =
  | { readonly kind: 'text'; readonly text: string; readonly title?: string; readonly path: string }
  /** Ids in the vocabulary of the model's own vendor. */
  | { readonly kind: 'tokens'; readonly tokens: readonly number[]; readonly path: string };

/** What the vectors are for: models of most vendors make other ones of a question than of a text that may answer it. */
export type EmbeddingTask =
  | 'query'
  | 'document'
  | 'classification'
  | 'clustering'
  | 'similarity'
  | 'question-answering'
  | 'fact-verification'
  | 'code-query';

export interface EmbeddingsResponse {
  /** As the provider names it; absent where it does not. */
  readonly model?: string;
  /** In the order of the inputs. */
  readonly vectors: readonly (readonly number[])[];
  readonly usage?: TokenUsage;
}

/** How clients ask for embeddings. Pure functions; nothing streams. */
export interface EmbeddingsClientCodec {
  readonly name: ProtocolName;
  /** @throws WireError naming the JSON path of what is malformed. */
  decodeRequest(fields: Readonly<Record<string, unknown>>): EmbeddingsRequest;
  encodeResponse(response: EmbeddingsResponse, context: Pick<AnswerContext, 'model' | 'request'>): object;
}

/** How providers are asked. Pure functions. */
export interface EmbeddingsUpstreamCodec {
  readonly name: ProtocolName;
  /** @throws WireError through `losses`. */
  encodeRequest(request: EmbeddingsRequest, target: Pick<EncodingTarget, 'model'>, losses: Losses): object;
  /** `undefined` when the value is no answer of this protocol to so many inputs. */
  decodeResponse(value: unknown, expected: ExpectedAnswer): EmbeddingsResponse | undefined;
}

export interface ExpectedAnswer {
  readonly inputs: number;
  /** What Bedrock says in the header `x-amzn-bedrock-input-token-count`, where somebody has read it. */
  readonly inputTokens?: number;
}
