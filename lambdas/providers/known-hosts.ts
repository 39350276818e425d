import { anthropic } from './anthropic.ts';
import { bedrock, bedrockPaths, bedrockRegion } from './bedrock.ts';
import { geminiPaths, google } from './google.ts';
import { openai, openaiPaths } from './openai.ts';
import type { Provider, ProviderPath } from './provider.ts';
import { builtInProviders } from './registry.ts';

/** Where a declared base URL leads, if its host is one we know. */
export interface KnownHost {
  /** The built-in provider whose quirks and catalog it shares. */
  readonly vendor: Provider;
  /** Replaces the declared one; the paths below are relative to it. */
  readonly baseUrl: string;
  /** Protocols not listed here are found by convention. */
  readonly paths: Provider['paths'];
  /** The service charges other rates than the vendor does. */
  readonly ownPrices?: true;
}

interface HostedVendor extends Pick<KnownHost, 'ownPrices'> {
  readonly isHost: (hostname: string) => boolean;
  readonly vendor: Provider;
  /** Paths of a base URL that all mean the root of the service. With any other, the operator knows better than we do. */
  readonly root: RegExp;
  /** From the root of the service. */
  readonly paths: Provider['paths'];
}

/**
 * Vendors' services at hosts that only an operator knows: a resource, a project or a region is part of the name.
 *
 * https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle
 * https://learn.microsoft.com/azure/ai-foundry/foundry-models/how-to/use-foundry-models-claude
 * https://docs.aws.amazon.com/general/latest/gr/bedrock.html
 */
const hostedVendors: readonly HostedVendor[] = [
  {
    isHost: (name) => /^[a-z0-9-]+\.(openai|services\.ai|cognitiveservices)\.azure\.com$/.test(name),
    vendor: openai,
    root: /^(\/openai(\/v1)?|\/anthropic(\/v1)?)?$/,
    paths: { ...prefixed('/openai/v1', openaiPaths), ...prefixed('/anthropic', anthropic.paths) },
    // A deployment has any name its owner chose, and data zones and regions cost more than the global service.
    ownPrices: true,
  },
  {
    isHost: (name) => bedrockRegion(name) !== undefined,
    vendor: bedrock,
    root: /^(\/openai\/v1)?$/,
    paths: { ...bedrockPaths, ...prefixed('/openai/v1', openaiPaths) },
  },
  {
    isHost: (name) => name === 'generativelanguage.googleapis.com',
    vendor: google,
    root: /^(\/v1beta(\/openai)?)?$/,
    paths: { ...google.paths, ...prefixed('/v1beta/openai', openaiPaths) },
  },
];

/** Global, of a region, or of several regions. */
const vertexHost = /^(?:([a-z0-9-]+-)?aiplatform|aiplatform\.([a-z]+)\.rep)\.googleapis\.com$/;

/** `undefined` for a host that is nobody's we know. Decided by the whole host name, never by a part of it. */
export function findKnownHost(declaredUrl: string): KnownHost | undefined {
  const url = URL.parse(declaredUrl);
  if (url === null) return undefined;
  const path = url.pathname.replace(/\/+$/, '');
  if (vertexHost.test(url.hostname)) return vertexAt(url, path);
  const hosted = hostedVendors.find(({ isHost }) => isHost(url.hostname));
  return hosted === undefined ? builtInAt(url, path) : hostedAt(url, path, hosted);
}

function hostedAt(url: URL, path: string, { vendor, root, paths, ownPrices }: HostedVendor): KnownHost {
  const place = root.test(path) ? { baseUrl: url.origin, paths } : { baseUrl: url.origin + path, paths: {} };
  return { vendor, ...place, ...(ownPrices && { ownPrices }) };
}

/** The vendor's public API, declared for its prices or its retention: what its row says still holds. */
function builtInAt(url: URL, path: string): KnownHost | undefined {
  for (const vendor of builtInProviders.values()) {
    if (vendor.auth.kind === 'none' || vendor.baseUrl.includes('{')) continue;
    const own = new URL(vendor.baseUrl);
    if (own.host !== url.host) continue;
    const isItsBase = own.pathname.replace(/\/$/, '') === path;
    return { vendor, baseUrl: url.origin + path, paths: isItsBase ? vendor.paths : {} };
  }
  return undefined;
}

/**
 * Vertex AI has Gemini's protocol below a project and place, or below the version alone with an API key. Regional endpoints cost
 * more than the global one.
 *
 * https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference
 * https://cloud.google.com/vertex-ai/generative-ai/pricing
 */
function vertexAt(url: URL, path: string): KnownHost {
  const version = /^\/v1(beta1)?(\/|$)/.test(path) ? '' : '/v1';
  const publisher = path.endsWith('/publishers/google') ? '' : '/publishers/google';
  // Its embeddings are asked for by `:predict`, which is another protocol.
  const { 'gemini-embeddings': _, ...paths } = geminiPaths(version + publisher);
  const isGlobal = url.hostname === 'aiplatform.googleapis.com';
  return { vendor: google, baseUrl: url.origin + path, paths, ...(!isGlobal && { ownPrices: true }) };
}

function prefixed(prefix: string, paths: Provider['paths']): Provider['paths'] {
  const put = (path: ProviderPath): ProviderPath =>
    typeof path === 'string' ? prefix + path : { whole: prefix + path.whole, streamed: prefix + path.streamed };
  return Object.fromEntries(Object.entries(paths).map(([protocol, path]) => [protocol, put(path)]));
}
