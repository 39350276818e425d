import type { GatewayRequest, GatewayResponse } from '../http/gateway-request.ts';
import { jsonResponse } from '../http/json-response.ts';
import { listCatalogModels } from '../metering/catalog/catalog.ts';
import { isRetentionAccepted, usableProviders } from '../routing/resolve-targets.ts';
import type { CatalogPolicy } from '../store/policy.ts';
import { authenticate } from './authenticate.ts';
import { authorize, isModelAllowed } from './authorize.ts';
import type { Dependencies } from './dependencies.ts';

/**
 * `GET /v1/models`: what this key can use, in OpenAI's form. Aliases of routes, and every priced model of a provider that the
 * workspace has a credential for. Under zero retention only what keeps nothing.
 */
export async function serveModels(request: GatewayRequest, deps: Dependencies): Promise<GatewayResponse> {
  const caller = await authenticate(request, deps, { key: 'fresh', workspace: 'fresh' });
  authorize(caller, request, deps.region);
  const catalog = await deps.policies.catalog('fresh');
  const workspace = caller.workspace.policy;
  const routes = Object.entries(workspace.routes)
    .filter(([, { targets }]) => targets.some(({ provider }) => isRetentionAccepted(provider, { workspace, catalog })))
    .map(([alias]) => ({ id: alias, owner: 'gatehouse', names: [alias] }));
  const models = usableProviders({ workspace, catalog }).flatMap(({ name }) =>
    modelIds(name, catalog).map((id) => ({ id: `${name}/${id}`, owner: name, names: [`${name}/${id}`, id] })),
  );
  const data = [...routes, ...models]
    .filter(({ names }) => isModelAllowed(caller.key.policy.models, names))
    .map(({ id, owner }) => ({ id, object: 'model', created: 0, owned_by: owner }));
  return jsonResponse(200, { object: 'list', data });
}

function modelIds(provider: string, catalog: CatalogPolicy): string[] {
  const declared = Object.hasOwn(catalog.providers, provider) ? (catalog.providers[provider]?.models ?? []) : [];
  const known = listCatalogModels(provider).map(({ id }) => id);
  return [...new Set([...declared.map(({ id }) => id).filter((id) => id !== '*'), ...known])];
}
