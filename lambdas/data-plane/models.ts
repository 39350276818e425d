import { CallerError } from '../http/gateway-error.ts';
import type { GatewayRequest, GatewayResponse } from '../http/gateway-request.ts';
import { jsonResponse } from '../http/json-response.ts';
import { listCatalogModels } from '../metering/catalog/catalog.ts';
import { providerFor } from '../providers/find-provider.ts';
import { isRetentionAccepted, modelFacts, usableProviders } from '../routing/resolve-targets.ts';
import type { CatalogPolicy, RouteTarget } from '../store/policy.ts';
import type { ListedModel } from '../wire/model-list.ts';
import type { ProtocolName } from '../wire/protocol-name.ts';
import { authenticate, type Caller } from './authenticate.ts';
import { authorize, isModelAllowed } from './authorize.ts';
import type { Dependencies } from './dependencies.ts';
import { dialectOf } from './dialect-of.ts';

/**
 * `GET /v1/models` and `GET /v1/models/{model}`: what this key can use, as OpenAI, Anthropic or Gemini say it, after whose client
 * asks. Aliases of routes, and every priced model of a provider that the workspace has a credential for. Under zero retention only
 * what keeps nothing.
 */
export async function serveModels(request: GatewayRequest, deps: Dependencies): Promise<GatewayResponse> {
  const caller = await authenticate(request, deps, { key: 'fresh', workspace: 'fresh' });
  authorize(caller, request, deps.region);
  const models = listModels(caller, await deps.policies.catalog('fresh'));
  const { renderModel, renderModels } = await import('../wire/further-protocols.ts');
  const dialect = dialectOf(request);
  const name = request.path.split('/models/', 2)[1];
  if (name === undefined) return jsonResponse(200, renderModels(models, dialect));
  const model = renderModel(models, name, dialect);
  if (model !== undefined) return jsonResponse(200, model);
  throw new CallerError('model_not_found', 404, 'No such model, or not for this API key.', { param: 'model' });
}

function listModels({ key, workspace: { policy: workspace } }: Caller, catalog: CatalogPolicy): ListedModel[] {
  const destinations = { workspace, catalog };
  const offer = (id: string, owner: string, target: RouteTarget | undefined): ListedModel => {
    const provider = target && providerFor(target.provider, catalog);
    const facts = provider && modelFacts(provider, target.model, catalog, 'any');
    const protocols = facts?.protocols ?? (Object.keys(provider?.paths ?? {}) as ProtocolName[]);
    return { ...facts, id, owner, protocols, names: [id] };
  };
  const routes = Object.entries(workspace.routes)
    .filter(([, { targets }]) => targets.some(({ provider }) => isRetentionAccepted(provider, destinations)))
    .map(([alias, { targets }]) => offer(alias, 'gatehouse', targets[0]));
  const models = usableProviders(destinations).flatMap(({ name: provider }) =>
    modelIds(provider, catalog).map((model) => {
      const offered = offer(`${provider}/${model}`, provider, { provider, model });
      return { ...offered, names: [offered.id, model] };
    }),
  );
  return [...routes, ...models].filter(({ names }) => isModelAllowed(key.policy.models, names));
}

function modelIds(provider: string, catalog: CatalogPolicy): string[] {
  const declared = Object.hasOwn(catalog.providers, provider) ? (catalog.providers[provider]?.models ?? []) : [];
  const known = listCatalogModels(provider).map(({ id }) => id);
  return [...new Set([...declared.map(({ id }) => id).filter((id) => id !== '*'), ...known])];
}
