import type { TokenUsage } from '../metering/token-usage.ts';
import type { JsonBody } from './json-body.ts';
import type { ProtocolName } from './protocol-name.ts';

/** What the gateway must know of a request to authorize, price and route it. Everything else passes untouched. */
export interface RequestFacts {
  readonly model: string;
  /** Further models to fall back to, in order (the `models` extension). */
  readonly fallbackModels: readonly string[];
  readonly stream: boolean;
  /** Cap on output tokens per choice that the caller asked for. */
  readonly maxOutputTokens: number | undefined;
  /** Below this cap the provider would refuse the request (a thinking budget must fit). */
  readonly minOutputTokens: number;
  /** How many answers are generated, each up to the cap. 0 where the protocol has no output. */
  readonly choices: number;
  /** Whether the caller asked for usage in the stream; if not, what we asked for is hidden again. */
  readonly wantsStreamUsage: boolean;
  /** Whether the body points at content that is fetched elsewhere (URLs, file ids), whose tokens its bytes cannot bound. */
  readonly hasReferences: boolean;
  /** How a stream reaches the caller. Default `sse`; Gemini's clients may ask for one JSON array that grows; audio is `bytes`. */
  readonly streamForm?: 'sse' | 'json-array' | 'bytes';
  /**
   * Of protocols whose answers may tell no tokens, or that are charged by another unit (docs/decisions/0033): the most that the
   * request can take. That is held, and charged where the answer does not tell.
   */
  readonly atMost?: { readonly inputTokens: number; readonly billedUnits: number };
  /** A field by which the caller chose another rate than the catalog's (a faster tier), if there is one. */
  readonly unpricedOption: string | undefined;
}

/** What of a request's URL a protocol reads: Gemini has the model's name in its path. */
export interface RequestCall {
  /** Percent-encoding as received. */
  readonly path: string;
  readonly query: URLSearchParams;
}

export interface UpstreamRequestChanges {
  readonly model: string;
  /** The cap to send; `undefined` leaves the caller's own in place. */
  readonly maxOutputTokens: number | undefined;
  readonly maxTokensField: 'max_tokens' | 'max_completion_tokens';
  /** Whether the vendor can be asked for usage in the stream. Where not, the option is left out altogether. */
  readonly requestStreamUsage: boolean;
}

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'refusal' | 'pause' | 'other';

/** What a finished or broken-off answer told about itself. Never any of its content. */
export interface ResponseFacts {
  readonly usage: TokenUsage | undefined;
  readonly finishReason: FinishReason | undefined;
  /** Seconds of audio, searches and the like, where a vendor charges by them. */
  readonly billedUnits?: number | undefined;
}

/**
 * What is to be done with one event: `forward` as it is; `hide` it; `end`: the protocol's last event, sent only once the request
 * is settled; `error`: the provider reports a failure inside the stream; `replace` it by other bytes.
 */
export type EventVerdict =
  | { readonly kind: 'forward' | 'hide' | 'end' | 'error' }
  | { readonly kind: 'replace'; readonly bytes: Buffer };

export const forward: EventVerdict = { kind: 'forward' };
export const hide: EventVerdict = { kind: 'hide' };
export const end: EventVerdict = { kind: 'end' };
export const failed: EventVerdict = { kind: 'error' };

/** Reads one stream of its protocol, event by event. Parses only the events that can tell something. */
export interface StreamTap {
  /** `text` is one whole event as latin1 (JSON structure and numbers are ASCII in every provider's stream). */
  read(text: string): EventVerdict;
  facts(): ResponseFacts;
  /** Events that carried a piece of the answer; with their size the fallback for usage that never came. */
  contentEvents(): number;
}

/**
 * A wire protocol: what clients speak to us and we speak to providers. Pure: no I/O, no clock, no business rules.
 * Same protocol in and out needs only these; the codecs to and from the canonical model join them with translation.
 */
export interface WireProtocol {
  readonly name: ProtocolName;
  /** Whose error envelope and rate-limit headers the client of this protocol understands. */
  readonly dialect: Dialect;
  /** No provider is asked in this form of the protocol: even one of the same name gets another. */
  readonly alwaysTranslated?: true;
  /** How a body is read that is not JSON. */
  readonly requestForm?: RequestForm;
  /** Media types of whole answers that pass unread; any other must be JSON. */
  readonly plainAnswers?: RegExp;
  /** @throws WireError naming the field. */
  readRequest(body: JsonBody, call: RequestCall): RequestFacts;
  /** The caller's bytes with only what routing decides changed. */
  buildRequest(body: JsonBody, facts: RequestFacts, changes: UpstreamRequestChanges): Buffer;
  /** `undefined` when the value is not a response of this protocol at all. */
  readResponse(value: unknown): ResponseFacts | undefined;
  createStreamTap(options: { hideUsage: boolean; choices?: number }): StreamTap;
}

/** A body in another form than JSON, read into the same shape: `value` has its fields, `members` where each of them lies. */
export interface RequestForm {
  readonly mediaType: string;
  /** @throws WireError */
  parse(bytes: Buffer, contentType: string): JsonBody;
}

/** Families of SDKs that share an error envelope; OpenAI's two APIs differ in what an error inside a stream looks like. */
export type Dialect = 'openai' | 'openai-responses' | 'anthropic' | 'gemini';
