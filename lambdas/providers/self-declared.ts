import type { ProviderDeclaration } from '../store/policy.ts';
import type { ProtocolName } from '../wire/protocol-name.ts';
import { anthropicVersion } from './anthropic.ts';
import type { Provider, ProviderAuth } from './provider.ts';

/**
 * A provider that the operator declared. The control plane validated the declaration when it was stored.
 *
 * `baseUrl` is what an SDK would be given. OpenAI's SDK takes one that usually ends in `/v1` and appends `/chat/completions`;
 * Anthropic's takes one that does not and appends `/v1/messages`. So `/v1` is added for the Messages API unless it is there
 * already, and a server that speaks both is declared with it. A protocol whose path no such convention fixes (`gemini`,
 * `bedrock-converse`) gets none, and a request for it is refused as not supported.
 *
 * @example
 * buildSelfDeclaredProvider('lab', { baseUrl: 'https://llm.example.com/v1', protocols: ['openai-chat'],
 *   auth: { kind: 'bearer' }, models: [{ id: '*', free: true }] })
 */
export function buildSelfDeclaredProvider(name: string, declaration: ProviderDeclaration): Provider {
  const known = built.get(declaration);
  if (known?.name === name) return known;
  const provider = build(name, declaration);
  built.set(declaration, provider);
  return provider;
}

/** Declarations are immutable and live as long as the policy they came with; every request of that time needs the same one. */
const built = new WeakMap<ProviderDeclaration, Provider>();

function build(name: string, declaration: ProviderDeclaration): Provider {
  const baseUrl = declaration.baseUrl.replace(/\/+$/, '');
  const paths: Partial<Record<ProtocolName, string>> = {};
  for (const protocol of declaration.protocols) {
    const path = pathFor(protocol, baseUrl);
    if (path !== undefined) paths[protocol] = path;
  }
  return {
    name,
    displayName: name,
    baseUrl,
    paths,
    auth: toProviderAuth(declaration.auth, baseUrl),
    credentialEnvironment: [],
    ...(paths['anthropic-messages'] !== undefined && anthropicHeaders),
    documentation: baseUrl,
  };
}

const anthropicHeaders = {
  headers: anthropicVersion,
  forwardedHeaders: ['anthropic-version', 'anthropic-beta'],
};

/** Where the OpenAI SDK finds each of its endpoints below the base URL it was given. */
const openaiPaths: Partial<Readonly<Record<ProtocolName, string>>> = {
  'openai-chat': '/chat/completions',
  'openai-responses': '/responses',
  'openai-embeddings': '/embeddings',
};

function pathFor(protocol: ProtocolName, baseUrl: string): string | undefined {
  if (protocol !== 'anthropic-messages') return openaiPaths[protocol];
  return baseUrl.endsWith('/v1') ? '/messages' : '/v1/messages';
}

/** A header or query parameter left unnamed takes the name that most servers of that kind expect. */
function toProviderAuth({ kind, name }: ProviderDeclaration['auth'], baseUrl: string): ProviderAuth {
  if (kind === 'header') return { kind, name: name ?? 'x-api-key' };
  if (kind === 'query') return { kind, name: name ?? 'key' };
  if (kind === 'sigv4') return { kind, scope: signingScope(baseUrl, name) };
  return { kind };
}

/** Bedrock's host says where it is; for any other, `name` is `service/region`. */
function signingScope(baseUrl: string, name: string | undefined): { service: string; region: string } | undefined {
  const region = /^https?:\/\/bedrock-runtime\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?(?:[/:]|$)/i.exec(baseUrl)?.[1];
  if (region !== undefined) return { service: 'bedrock', region: region.toLowerCase() };
  const [, service, place] = /^([\w-]+)\/([\w-]+)$/.exec(name ?? '') ?? [];
  return service === undefined || place === undefined ? undefined : { service, region: place };
}
