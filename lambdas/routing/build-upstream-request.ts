import type { JsonBody } from '../wire/json-body.ts';
import type { RequestFacts, WireProtocol } from '../wire/protocol.ts';
import { authenticateRequest } from './provider-access/authenticate-request.ts';
import type { ProviderAccess } from './provider-access/provider-access.ts';
import type { Target } from './target.ts';
import type { UpstreamRequest } from './upstream.ts';

/** The caller's request as far as any target needs it. */
export interface OutgoingRequest {
  readonly protocol: WireProtocol;
  readonly facts: RequestFacts;
  readonly body: JsonBody;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The cap on output tokens per choice that admission reserved for; `undefined` leaves the caller's own. */
  readonly maxOutputTokens: number | undefined;
  /** The `via` chain of the request that came in, ours added. */
  readonly via: string;
}

/**
 * What goes to the provider: the caller's bytes with model, cap and usage option changed, our credential, and of the caller's
 * headers only those the provider's row lets through.
 */
export function buildUpstreamRequest(
  request: OutgoingRequest,
  target: Target,
  access: ProviderAccess | undefined,
): Pick<UpstreamRequest, 'url' | 'headers' | 'body'> {
  const { provider } = target;
  const url = new URL(provider.baseUrl + (provider.paths[request.protocol.name] ?? ''));
  const headers: Record<string, string> = {
    ...provider.headers,
    'content-type': 'application/json',
    accept: request.facts.stream ? 'text/event-stream' : 'application/json',
    // A compressed stream would have to be unpacked to be read, and arrives in larger pieces.
    'accept-encoding': 'identity',
    'user-agent': 'gatehouse',
    via: request.via,
  };
  for (const name of provider.forwardedHeaders ?? []) {
    const value = request.headers[name];
    if (value !== undefined) headers[name] = value;
  }
  const body = request.protocol.buildRequest(request.body, request.facts, {
    model: target.model,
    maxOutputTokens: capFor(request, target),
    maxTokensField: provider.maxTokensField ?? 'max_tokens',
    requestStreamUsage: provider.acceptsStreamOptions !== false,
  });
  const built = { url, headers, body };
  if (access !== undefined) authenticateRequest(built, provider, access);
  return built;
}

function capFor(request: OutgoingRequest, target: Target): number | undefined {
  if (request.maxOutputTokens === undefined) return undefined;
  return Math.min(request.maxOutputTokens, target.maxOutputTokens ?? Infinity);
}
