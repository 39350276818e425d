import type { ChatQuirks } from '../wire/canonical/codec.ts';
import type { ProtocolName } from '../wire/protocol-name.ts';

/** How a provider wants its credential. `name` is the header's or query parameter's name. */
export type ProviderAuth =
  | { readonly kind: 'bearer' }
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'query'; readonly name: string }
  /**
   * Every request is signed for an AWS service. `undefined` where nobody said for which: then none can be sent. The region
   * `{region}` is that of the URL's host. `acceptsKeys`: an API key goes as a bearer token instead.
   */
  | {
      readonly kind: 'sigv4';
      readonly scope: { readonly service: string; readonly region: string } | undefined;
      readonly acceptsKeys?: true;
    }
  | { readonly kind: 'none' };

/** `{model}` stands for the model's name, percent-encoded. Two where streamed answers have a path of their own. */
export type ProviderPath = string | { readonly whole: string; readonly streamed: string };

/**
 * A vendor, as data. Everything here is pure: no I/O, clock or environment. A vendor with real quirks overrides a member with a
 * function in a file of its own; an OpenAI-compatible vendor is a row in `openai-compatible.ts`.
 */
export interface Provider {
  /** Stable id, used in model names (`openai/gpt-5`), records and URLs. */
  readonly name: string;
  /** Human name for messages. */
  readonly displayName: string;
  /** Without a trailing slash; protocol paths are appended. `{region}` stands for the AWS region of the data plane. */
  readonly baseUrl: string;
  /**
   * Path under `baseUrl` for each protocol the vendor speaks. A client whose own protocol is listed gets it, byte for byte;
   * every other client is translated to the first one of the same kind.
   */
  readonly paths: Partial<Readonly<Record<ProtocolName, ProviderPath>>>;
  readonly auth: ProviderAuth;
  /** Environment variables that usually hold this vendor's key; the local runner registers the provider when one is set. */
  readonly credentialEnvironment: readonly string[];
  /** Headers sent with every request, such as a version pin. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Client headers that may reach this vendor. Everything else stops at the gateway. */
  readonly forwardedHeaders?: readonly string[];
  /** Which names of the client's `anthropic-beta` may pass, where that header is forwarded. Absent: none. */
  readonly anthropicBetas?: readonly string[] | 'all';
  /** The field that caps output where the client named none (`openai-chat` only). Default `max_tokens`. */
  readonly maxTokensField?: 'max_tokens' | 'max_completion_tokens';
  /** Whether the vendor understands `stream_options.include_usage` (`openai-chat` only). Default true. */
  readonly acceptsStreamOptions?: boolean;
  /** Of translated requests (`openai-chat` only). */
  readonly chatQuirks?: ChatQuirks;
  /** The built-in provider whose catalog of models and prices this one shares. Default: the one of its own name. */
  readonly catalog?: string;
  /** It has prices of its own: that catalog tells what its models can, not what they cost here. */
  readonly ownPrices?: true;
  /** Vendor's page that a quirk above follows. */
  readonly documentation: string;
}
