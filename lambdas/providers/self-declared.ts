import type { ProviderDeclaration } from '../store/policy.ts';
import type { ProtocolName } from '../wire/protocol-name.ts';
import { anthropicVersion } from './anthropic.ts';
import { bedrockRegion } from './bedrock.ts';
import { conventionalPath } from './conventional-paths.ts';
import { findKnownHost, type KnownHost } from './known-hosts.ts';
import type { Provider, ProviderAuth, ProviderPath } from './provider.ts';

/**
 * A provider that the operator declared. The control plane validated the declaration when it was stored.
 *
 * `baseUrl` is what an SDK would be given. A host of a vendor we know brings that vendor's paths, quirks and catalog with it
 * (docs/decisions/0032-providers-by-host.md); any other is taken at its word and has the paths that SDKs append.
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
  const declaredUrl = declaration.baseUrl.replace(/\/+$/, '');
  const known = findKnownHost(declaredUrl);
  const baseUrl = known?.baseUrl ?? declaredUrl;
  const paths: Partial<Record<ProtocolName, ProviderPath>> = {};
  for (const protocol of declaration.protocols) {
    const path = known?.paths[protocol] ?? conventionalPath(protocol, baseUrl);
    if (path !== undefined) paths[protocol] = path;
  }
  const speaksMessages = paths['anthropic-messages'] !== undefined || paths['anthropic-count-tokens'] !== undefined;
  return {
    name,
    displayName: name,
    baseUrl,
    paths,
    auth: toProviderAuth(declaration.auth, baseUrl),
    credentialEnvironment: [],
    ...(speaksMessages && anthropicHeaders),
    ...(known !== undefined && sharedWith(known)),
    documentation: known?.vendor.documentation ?? baseUrl,
  };
}

const anthropicHeaders: Pick<Provider, 'headers' | 'forwardedHeaders' | 'anthropicBetas'> = {
  headers: anthropicVersion,
  forwardedHeaders: ['anthropic-version', 'anthropic-beta'],
  anthropicBetas: 'all',
};

/** What is true of a vendor wherever its service stands; members that it leaves out keep their defaults. */
function sharedWith({ vendor, ownPrices }: KnownHost): Partial<Provider> {
  const { name, maxTokensField, acceptsStreamOptions, chatQuirks } = vendor;
  return {
    catalog: name,
    ...(ownPrices && { ownPrices }),
    ...(maxTokensField !== undefined && { maxTokensField }),
    ...(acceptsStreamOptions !== undefined && { acceptsStreamOptions }),
    ...(chatQuirks !== undefined && { chatQuirks }),
  };
}

/** A header or query parameter left unnamed takes the name that most servers of that kind expect. */
function toProviderAuth({ kind, name }: ProviderDeclaration['auth'], baseUrl: string): ProviderAuth {
  if (kind === 'header') return { kind, name: name ?? 'x-api-key' };
  if (kind === 'query') return { kind, name: name ?? 'key' };
  if (kind !== 'sigv4') return { kind };
  const scope = signingScope(baseUrl, name);
  return { kind, scope, ...(scope?.service === 'bedrock' && { acceptsKeys: true }) };
}

/** Bedrock's host says where it is; for any other, `name` is `service/region`. */
function signingScope(baseUrl: string, name: string | undefined): { service: string; region: string } | undefined {
  const region = bedrockRegion(URL.parse(baseUrl)?.hostname ?? '');
  if (region !== undefined) return { service: 'bedrock', region };
  const [, service, place] = /^([\w-]+)\/([\w-]+)$/.exec(name ?? '') ?? [];
  return service === undefined || place === undefined ? undefined : { service, region: place };
}
