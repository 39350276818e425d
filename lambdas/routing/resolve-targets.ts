import { CallerError, GatewayError } from '../http/gateway-error.ts';
import { findCatalogModel } from '../metering/catalog/catalog.ts';
import type { CatalogModel } from '../metering/catalog/model.ts';
import { freePrice, type Price } from '../metering/price.ts';
import { declarationOf, listProviders, providerFor } from '../providers/find-provider.ts';
import type { Provider } from '../providers/provider.ts';
import type {
  CatalogPolicy,
  CredentialReference,
  DeclaredModel,
  RoutePolicy,
  RouteTarget,
  WorkspacePolicy,
} from '../store/policy.ts';
import type { ModelCapabilities } from '../wire/canonical/codec.ts';
import { protocolKind, type ProtocolName } from '../wire/protocol-name.ts';
import type { Target } from './target.ts';

/** What is there to be routed to. */
export interface Destinations {
  readonly workspace: WorkspacePolicy;
  readonly catalog: CatalogPolicy;
}

/** What decides where a request may go. */
export interface RoutingPolicy extends Destinations {
  /** Whether the key may use a model known by any of these names. */
  readonly isAllowed: (names: readonly string[]) => boolean;
  /** In [0, 1): picks the first target of a weighted route. */
  readonly random: () => number;
}

interface Candidate {
  readonly target: RouteTarget;
  readonly route?: RoutePolicy;
}

/**
 * The targets for a list of model names, best first: a route's alias, `provider/model`, or a bare model name that one provider
 * has. Of an organization that asks for zero retention, targets that may keep something are left out.
 *
 * @throws GatewayError 403 `model_not_allowed`, `zero_retention_unavailable`, 404 `model_not_found`, 400 `protocol_not_supported`, `model_not_priced`,
 * `provider_credential_missing`.
 */
export function resolveTargets(names: readonly string[], protocol: ProtocolName, policy: RoutingPolicy): Target[] {
  const targets = names.flatMap((name) => {
    const candidates = candidatesFor(name, policy);
    assertAllowed(name, candidates, policy);
    return candidates
      .filter(({ target }) => isRetentionAccepted(target.provider, policy))
      .map((candidate) => toTarget(candidate, protocol, policy));
  });
  if (targets.length > 0) return targets;
  throw new GatewayError(
    'zero_retention_unavailable',
    403,
    'This organization asks for zero retention, and no provider of this model is known to keep nothing.',
    { param: 'model' },
  );
}

function candidatesFor(name: string, policy: RoutingPolicy): Candidate[] {
  const route = Object.hasOwn(policy.workspace.routes, name) ? policy.workspace.routes[name] : undefined;
  if (route !== undefined) {
    if (route.targets.length === 0) throw modelNotFound('The route has no targets.');
    return orderTargets(route, policy.random).map((target) => ({ target, route }));
  }
  const slash = name.indexOf('/');
  const provider = slash > 0 ? name.slice(0, slash) : '';
  if (providerFor(provider, policy.catalog) !== undefined) {
    return [{ target: { provider, model: name.slice(slash + 1) } }];
  }
  return [{ target: providerOfBareModel(name, policy) }];
}

/** Weighted: one draw decides who is first; the rest keep their order as fallback. */
function orderTargets(route: RoutePolicy, random: () => number): readonly RouteTarget[] {
  if (route.strategy === 'ordered') return route.targets;
  const total = route.targets.reduce((sum, target) => sum + (target.weight ?? 1), 0);
  let draw = random() * total;
  const first = route.targets.find((target) => (draw -= target.weight ?? 1) < 0) ?? route.targets[0];
  return first === undefined ? [] : [first, ...route.targets.filter((target) => target !== first)];
}

/** Only providers that this workspace can use count, so a new vendor row never makes a working name ambiguous. */
function providerOfBareModel(model: string, policy: RoutingPolicy): RouteTarget {
  const having = (providers: readonly Provider[]): Provider[] =>
    providers.filter((provider) => modelFacts(provider, model, policy.catalog, 'exact') !== undefined);
  const accepted = having(usableProviders(policy));
  // A model that only a provider with retention has is there, though it may not be used: that is another answer than "no such".
  const usable = accepted.length > 0 ? accepted : having(reachableProviders(policy));
  const [only] = usable;
  if (only !== undefined && usable.length === 1) return { provider: only.name, model };
  const choices = usable.map((provider) => `"${provider.name}/${model}"`);
  throw modelNotFound(
    choices.length > 1
      ? `Several providers have this model; name one of ${choices.join(', ')}.`
      : 'No such model. GET /v1/models lists the models this key can use.',
  );
}

/** A route's alias is what the operator published: allowing it allows its targets. */
function assertAllowed(name: string, candidates: readonly Candidate[], policy: RoutingPolicy): void {
  for (const { target } of candidates) {
    if (policy.isAllowed([name, `${target.provider}/${target.model}`, target.model])) continue;
    throw new GatewayError('model_not_allowed', 403, 'This API key may not use this model.', { param: 'model' });
  }
}

function toTarget({ target, route }: Candidate, protocol: ProtocolName, policy: RoutingPolicy): Target {
  const provider = providerFor(target.provider, policy.catalog);
  if (provider === undefined) throw modelNotFound('The route names a provider that does not exist.');
  const facts = modelFacts(provider, target.model, policy.catalog, 'any');
  if (facts === undefined) throw modelNotFound(`${provider.displayName} has no such model here.`);
  const spoken = protocolWith(provider, facts, protocol);
  if (spoken === undefined) {
    const message = `This model of ${provider.displayName} cannot be reached through this endpoint.`;
    throw new CallerError('protocol_not_supported', 400, message, { param: 'model' });
  }
  if (facts.price === undefined) {
    throw new GatewayError(
      'model_not_priced',
      400,
      'This model has no price, so its cost could not be limited. The operator can set one, or mark the model free.',
      { param: 'model' },
    );
  }
  return {
    provider,
    model: target.model,
    protocol: spoken,
    capabilities: facts.capabilities,
    // Counting costs nothing anywhere, so nothing is held for it; a model without a price is refused all the same.
    price: protocolKind(protocol) === 'count-tokens' ? freePrice : facts.price,
    credential: credentialFor(provider, policy),
    contextTokens: facts.contextTokens,
    maxOutputTokens: facts.maxOutputTokens,
    timeouts: route?.timeouts ?? {},
    retries: route?.retries ?? 0,
  };
}

/** The client's own protocol where provider and model speak it, else the first of the provider's that it can be translated to. */
function protocolWith(provider: Provider, facts: ModelFacts, client: ProtocolName): ProtocolName | undefined {
  const kind = protocolKind(client);
  const speaks = (name: ProtocolName): boolean =>
    provider.paths[name] !== undefined && (kind === 'count-tokens' || facts.protocols?.includes(name) !== false);
  if (speaks(client)) return client;
  if (!translatedKinds.has(kind)) return undefined;
  return protocolsOf(provider).find((name) => protocolKind(name) === kind && speaks(name));
}

const translatedKinds: ReadonlySet<string> = new Set(['chat', 'embeddings', 'count-tokens']);

function protocolsOf({ paths }: Provider): ProtocolName[] {
  return Object.keys(paths) as ProtocolName[];
}

interface ModelFacts {
  readonly protocols?: readonly ProtocolName[];
  readonly capabilities?: ModelCapabilities | undefined;
  readonly price: Price | undefined;
  readonly contextTokens: number | undefined;
  readonly maxOutputTokens: number | undefined;
}

/**
 * The operator's declaration first, then the built-in catalog. `any` also takes a wildcard, and a built-in provider's model that
 * the catalog does not know (it exists for all we know, but has no price); `exact` takes only a model known by name.
 */
export function modelFacts(
  provider: Provider,
  model: string,
  catalog: CatalogPolicy,
  match: 'exact' | 'any',
): ModelFacts | undefined {
  const declared = declarationOf(provider.name, catalog)?.models;
  const exact = declared?.find((entry) => entry.id === model);
  const known = findCatalogModel(provider.catalog ?? provider.name, model);
  if (exact !== undefined) return declaredFacts(exact, known);
  if (known !== undefined && provider.ownPrices !== true) return known;
  if (match === 'exact') return undefined;
  const wildcard = declared?.find((entry) => entry.id === '*');
  if (wildcard !== undefined) return declaredFacts(wildcard, known);
  return declared === undefined || known !== undefined
    ? { contextTokens: undefined, maxOutputTokens: undefined, ...known, price: undefined }
    : undefined;
}

/** What is declared goes before what the catalog knows, which still tells what the model can and where it answers. */
function declaredFacts(model: DeclaredModel, known: CatalogModel | undefined): ModelFacts {
  return {
    ...known,
    price: model.free === true ? freePrice : model.price,
    contextTokens: model.contextTokens ?? known?.contextTokens,
    maxOutputTokens: model.maxOutputTokens ?? known?.maxOutputTokens,
  };
}

function credentialFor(provider: Provider, policy: RoutingPolicy): CredentialReference | undefined {
  if (provider.auth.kind === 'none') return undefined;
  const reference = findCredential(provider, policy);
  if (reference !== undefined) return reference;
  throw new GatewayError(
    'provider_credential_missing',
    400,
    `No credential for ${provider.displayName} is set for this workspace.`,
    { param: 'model' },
  );
}

function findCredential(provider: Provider, policy: Destinations): CredentialReference | undefined {
  const own = policy.workspace.credentials;
  const platform = policy.catalog.credentials;
  if (Object.hasOwn(own, provider.name)) return own[provider.name];
  return Object.hasOwn(platform, provider.name) ? platform[provider.name] : undefined;
}

/** Providers this workspace can reach and, where its organization asks for zero retention, that keep nothing. */
export function usableProviders(policy: Destinations): Provider[] {
  return reachableProviders(policy).filter((provider) => isRetentionAccepted(provider.name, policy));
}

/**
 * Fails closed: what nobody has marked may keep something. A provider that is not there or lacks its credential passes, to be
 * refused for that.
 */
export function isRetentionAccepted(providerName: string, policy: Destinations): boolean {
  if (policy.workspace.organization.zeroRetention !== true) return true;
  if (declarationOf(providerName, policy.catalog)?.zeroRetention === true) return true;
  const provider = providerFor(providerName, policy.catalog);
  if (provider === undefined) return true;
  if (provider.auth.kind === 'none') return false;
  const credential = findCredential(provider, policy);
  return credential === undefined || credential.zeroRetention === true;
}

/** Providers this workspace has a credential for, and self-declared ones that need none. */
function reachableProviders(policy: Destinations): Provider[] {
  return listProviders(policy.catalog).filter(
    (provider) =>
      hasCredential(provider, policy) ||
      (provider.auth.kind === 'none' && declarationOf(provider.name, policy.catalog) !== undefined),
  );
}

function hasCredential(provider: Provider, policy: Destinations): boolean {
  return findCredential(provider, policy) !== undefined;
}

function modelNotFound(message: string): CallerError {
  return new CallerError('model_not_found', 404, message, { param: 'model' });
}
