import type { OpaqueState } from './opaque.ts';

/**
 * What a client asks of a model, in no protocol's own words. Decoders build it, encoders read it; both are pure.
 *
 * `path` on an element is where it stood in the client's body, such as `messages[2].content[0]`, so that an encoder that cannot
 * express it can name the very field. It carries no meaning beside that.
 */
export interface CanonicalRequest {
  readonly stream: boolean;
  /** In order. Instructions stand where the client put them; most protocols take them only before everything else. */
  readonly messages: readonly Message[];
  readonly tools: readonly Tool[];
  readonly toolChoice?: ToolChoice;
  /** Whether the model may call several tools at once; absent: the provider's default (all: yes). */
  readonly parallelToolCalls?: boolean;
  readonly outputFormat?: OutputFormat;
  readonly reasoning?: ReasoningOptions;
  readonly sampling: SamplingOptions;
  /** The client's own cap on output tokens; what is sent is in `EncodingTarget.maxOutputTokens`. */
  readonly maxOutputTokens?: number;
  /** The client's own name for it. */
  readonly maxOutputTokensPath?: string;
  /** A stable id of the end user for the provider's abuse detection; left out where the target takes none. */
  readonly endUser?: string;
  /**
   * Members of the client's request that change the answer and have no canonical form. Nothing of them is passed on, so the
   * request is refused with the first one's path, unless the caller asked for dropping. Members that only describe the caller
   * (`metadata`, `store: false`, cache keys) are not listed: leaving them out changes no answer.
   */
  readonly untranslated: readonly Untranslated[];
}

export interface Untranslated {
  /** JSON path in the client's body. */
  readonly path: string;
  /** Completes "… cannot be translated: "; absent where the protocol alone says enough. */
  readonly reason?: string;
}

export type Message =
  | { readonly role: 'system'; readonly content: readonly TextPart[]; readonly path?: string }
  | { readonly role: 'user'; readonly content: readonly UserPart[]; readonly path?: string }
  | { readonly role: 'assistant'; readonly content: readonly AssistantPart[]; readonly path?: string };

/** Tool results are the user's turn, as in Anthropic, Gemini and Converse; OpenAI's tool messages become one part each. */
export type UserPart = TextPart | ImagePart | DocumentPart | AudioPart | VideoPart | ToolResultPart;

export type AssistantPart =
  | TextPart
  | RefusalPart
  | ReasoningPart
  | RedactedReasoningPart
  | ToolCallPart
  /** An image that a model made. */
  | ImagePart;

export interface TextPart {
  readonly type: 'text';
  readonly text: string;
  readonly cache?: CacheMarker;
  readonly citations?: readonly Citation[];
  /** Gemini signs parts of text too. */
  readonly state?: OpaqueState;
  readonly path?: string;
}

export interface RefusalPart {
  readonly type: 'refusal';
  readonly text: string;
  readonly path?: string;
}

/** What the model thought, as far as it is shown; `state` is the vendor's proof of it, without which it cannot be sent back. */
export interface ReasoningPart {
  readonly type: 'reasoning';
  readonly text: string;
  readonly state?: OpaqueState;
  readonly path?: string;
}

/** Reasoning that is not shown at all. */
export interface RedactedReasoningPart {
  readonly type: 'redacted-reasoning';
  readonly state: OpaqueState;
  readonly path?: string;
}

export interface ToolCallPart {
  readonly type: 'tool-call';
  /** Never empty. Without the state that `encodeToolCallId` hides in what the client sees. */
  readonly id: string;
  readonly name: string;
  /** JSON text of an object, as the model wrote it; `{}` where it wrote nothing. */
  readonly arguments: string;
  /** Gemini's thought signature, which must come back with the call. */
  readonly state?: OpaqueState;
  readonly cache?: CacheMarker;
  readonly path?: string;
}

export interface ToolResultPart {
  readonly type: 'tool-result';
  readonly callId: string;
  /** The called tool's name, looked up in the conversation by the decoder; Gemini wants it. */
  readonly name: string;
  readonly content: readonly (TextPart | ImagePart | DocumentPart)[];
  readonly isError?: boolean;
  readonly cache?: CacheMarker;
  readonly path?: string;
}

export interface ImagePart {
  readonly type: 'image';
  readonly source: MediaSource;
  /** OpenAI's hint on the resolution; left out where the target has none. */
  readonly detail?: 'low' | 'high' | 'auto' | 'original';
  readonly cache?: CacheMarker;
  readonly path?: string;
}

export interface DocumentPart {
  readonly type: 'document';
  readonly source: MediaSource | { readonly kind: 'text'; readonly text: string };
  readonly fileName?: string;
  readonly title?: string;
  readonly context?: string;
  /** Anthropic and Converse: whether answers shall cite it. */
  readonly citations?: boolean;
  readonly cache?: CacheMarker;
  readonly path?: string;
}

export interface AudioPart {
  readonly type: 'audio';
  readonly source: MediaSource;
  readonly path?: string;
}

export interface VideoPart {
  readonly type: 'video';
  readonly source: MediaSource;
  readonly path?: string;
}

/** Where content is. Gatehouse never fetches a URL; the provider does, where it can. */
export type MediaSource =
  /** Standard base64 without a data URL's prefix. */
  | { readonly kind: 'base64'; readonly mediaType: string; readonly data: string }
  | { readonly kind: 'url'; readonly url: string; readonly mediaType?: string }
  /** An id in the provider's own file store: means nothing to any other provider. */
  | { readonly kind: 'file'; readonly id: string };

export interface CacheMarker {
  /** Lifetime; absent: the provider's default (five minutes at Anthropic). */
  readonly ttl?: '5m' | '1h';
}

/** Where a statement comes from. Offsets count UTF-16 units of the text block that carries the citation. */
export interface Citation {
  readonly kind: 'url' | 'document' | 'page' | 'char' | 'block' | 'search-result';
  readonly citedText?: string;
  readonly title?: string;
  readonly url?: string;
  readonly documentIndex?: number;
  /** Of the source: characters, pages (1-based) or blocks, by `kind`. `end` is exclusive. */
  readonly start?: number;
  readonly end?: number;
  /** Of the answer's own text, where the protocol says so (OpenAI annotations, Gemini grounding supports). */
  readonly textStart?: number;
  readonly textEnd?: number;
}

export interface Tool {
  readonly name: string;
  readonly description?: string;
  /** JSON Schema of the arguments, as the client wrote it; absent: a tool without arguments. */
  readonly parameters?: JsonSchema;
  /** Arguments must match the schema exactly (OpenAI, Anthropic). */
  readonly strict?: boolean;
  readonly cache?: CacheMarker;
  readonly path?: string;
}

export type JsonSchema = Readonly<Record<string, unknown>>;

export type ToolChoice =
  | { readonly kind: 'auto' | 'none' | 'required' }
  | { readonly kind: 'tool'; readonly name: string }
  /** Must call one of these (Gemini `allowedFunctionNames`, OpenAI `allowed_tools`). */
  | { readonly kind: 'one-of'; readonly names: readonly string[]; readonly required: boolean };

export type OutputFormat =
  | { readonly kind: 'json'; readonly path?: string }
  | {
      readonly kind: 'json-schema';
      readonly schema: JsonSchema;
      readonly name?: string;
      readonly description?: string;
      readonly strict?: boolean;
      readonly path?: string;
    };

export interface ReasoningOptions {
  /** `none` asks for no reasoning at all. */
  readonly effort?: 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max';
  /** Tokens it may take (Anthropic, Gemini). With neither this nor an effort the model decides. */
  readonly budgetTokens?: number;
  /** Whether the client wants to read it: a summary (OpenAI), thoughts (Gemini). Anthropic shows it unless told otherwise. */
  readonly visible?: boolean;
  readonly path?: string;
}

export interface SamplingOptions {
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly frequencyPenalty?: number;
  readonly presencePenalty?: number;
  readonly seed?: number;
  /** Never empty strings; an empty list counts as absent. */
  readonly stopSequences?: readonly string[];
  /** Number of alternatives for each token; 0 for the chosen one alone. */
  readonly logprobs?: number;
  /** Number of answers (`n`, `candidateCount`); absent: 1. */
  readonly choices?: number;
  /** JSON path of each member above in the client's body, by the member's name here. */
  readonly paths?: Readonly<Record<string, string>>;
}
