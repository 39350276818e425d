import type { ProtocolName } from '../protocol-name.ts';
import type { Losses } from './losses.ts';
import type { CanonicalRequest } from './request.ts';
import type { CanonicalEvent, CanonicalResponse, Reading } from './response.ts';

/** A protocol as clients speak it to us. Pure functions: no I/O, no clock, no randomness. */
export interface ClientCodec {
  readonly name: ProtocolName;
  /** Where this protocol has options that encoders know by the name that OpenAI's chat gives them. Absent: under that name. */
  readonly optionPaths?: Readonly<Record<string, string>>;
  /**
   * Reads the parsed body of a request; the model's name, and whether it streams, is the pass-through protocol's to read.
   *
   * @throws WireError `invalid_request` naming the JSON path of what is malformed: an unknown kind of part, a tool result without
   * its call, a schema that is no object.
   */
  decodeRequest(fields: Readonly<Record<string, unknown>>, options: { readonly stream: boolean }): CanonicalRequest;
  /** The document a client gets, to be made JSON of. */
  encodeResponse(response: CanonicalResponse, context: AnswerContext): object;
  createStreamEncoder(context: AnswerContext): StreamEncoder;
}

/** A protocol as providers speak it. Pure functions. */
export interface UpstreamCodec {
  readonly name: ProtocolName;
  /**
   * The body for the provider, to be made JSON of. Called twice for each target: before the request is admitted, to see whether
   * the target can take it, and when it is sent.
   *
   * @throws WireError through `losses`.
   */
  encodeRequest(request: CanonicalRequest, target: EncodingTarget, losses: Losses): object;
  /**
   * The lowest cap on output under which `encodeRequest` takes the request: a budget may cut an answer short, but not so far that
   * the provider would refuse it. Absent: 1.
   */
  fewestOutputTokens?(request: CanonicalRequest, target: EncodingTarget): number;
  /** `undefined` when the value is not a response of this protocol at all. */
  decodeResponse(value: unknown): CanonicalResponse | undefined;
  createStreamDecoder(): StreamDecoder;
  readonly streaming: {
    /** What the provider is asked for, and must answer with, where the client wants a stream. */
    readonly contentType: 'text/event-stream' | 'application/vnd.amazon.eventstream';
  };
}

/** One whole event of the provider's stream. */
export interface WireEvent {
  /** The SSE event's name, or the `:event-type` of an AWS event-stream message. */
  readonly name: string | undefined;
  /** The event's data, nearly always JSON. */
  readonly data: string;
  /** An exception of an AWS event stream: `name` is its type, absent where the bytes are no event stream. */
  readonly isError?: true;
}

export interface StreamDecoder {
  /** What the event says. An event that is not JSON where JSON belongs is an `error` reading with `undefined` as its error. */
  decode(event: WireEvent): readonly Reading[];
}

export interface StreamEncoder {
  /** The server-sent events for one canonical event; empty where the protocol has nothing to say. */
  encode(event: CanonicalEvent): string;
}

/** What an answer says beside its content, the same in each of its events. */
export interface AnswerContext {
  /** The request's id, `req_…`: each protocol makes its own id of it, one per completion. */
  readonly requestId: string;
  /** Epoch seconds. */
  readonly createdAt: number;
  /** For answers of providers that do not name their model. */
  readonly model: string;
  /** Whether a stream shall tell its usage; whole answers always do. */
  readonly includeUsage: boolean;
  /** The client's parsed request, for protocols whose answer repeats parts of it (Responses: tools, tool choice, text format). */
  readonly request: Readonly<Record<string, unknown>>;
}

/** Where vendors that speak OpenAI's chat completions differ, beyond what a client could see. */
export interface ChatQuirks {
  /** The member under which a model's own reasoning goes back to it; absent: it is left out. */
  readonly replaysReasoning?: 'reasoning_content' | 'reasoning' | 'reasoning_details';
  /** What is demanded of the ids of tool calls; absent: at most 40 characters. */
  readonly toolCallIds?: 'nine-alphanumerics';
  /** Where the end user's id goes; absent: nowhere. */
  readonly endUserField?: 'user' | 'safety_identifier';
  /** Whether `cache_control` on parts of content is read. */
  readonly acceptsCacheControl?: boolean;
}

/** Where a translated request goes, as far as its body depends on it. */
export interface EncodingTarget extends ChatQuirks {
  /** As the provider takes it. Gemini and Converse have it in the URL. */
  readonly model: string;
  /** The cap to send; `undefined` where neither the caller nor a limit sets one. */
  readonly maxOutputTokens: number | undefined;
  /** The most the model can give, where known: a protocol that demands a cap sends it if nobody set one. */
  readonly modelMaxOutputTokens: number | undefined;
  readonly maxTokensField: 'max_tokens' | 'max_completion_tokens';
  readonly acceptsStreamOptions: boolean;
  /** What the model takes and can, where the catalog says so; absent: everything that the protocol has. */
  readonly capabilities?: ModelCapabilities;
}

export interface ModelCapabilities {
  readonly input?: readonly ('text' | 'image' | 'pdf' | 'audio' | 'video')[];
  readonly tools?: boolean;
  readonly reasoning?: boolean;
  readonly structuredOutput?: boolean;
  /** Anthropic and Gemini: whether reasoning is asked for by effort (newer models) or by a budget of tokens. */
  readonly reasoningBy?: 'effort' | 'budget';
  /** How reasoning is turned off; absent: `disabled` or its like. `between_tools` is a word of some Claude models. */
  readonly reasoningOff?: 'disabled' | 'between_tools' | 'never';
  /** False where temperature, top_p and top_k stay at their defaults, as with newer Claude models. */
  readonly sampling?: boolean;
  /** False where no tool call can be forced: the newest Claude models decide for themselves. */
  readonly forcedToolCalls?: boolean;
}
