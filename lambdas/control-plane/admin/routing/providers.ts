import {
  createProvider,
  deleteProvider,
  getProvider,
  iterateProviders,
  listProviders,
  type ProviderRecord,
  replaceProvider,
} from '../../../store/control/provider.ts';
import { catalogPolicyId, type CatalogPolicy, getPolicy } from '../../../store/policy.ts';
import type { ResponseOf } from '../../contract/operation.ts';
import type { Operations } from '../../contract/operations.ts';
import { publishCatalog } from '../../publication/publish.ts';
import { changeRecord } from '../change.ts';
import type { Context, Handlers } from '../context.ts';
import { deleteRecord } from '../delete-record.ts';
import type { ControlPlaneDependencies } from '../dependencies.ts';
import { invalidRequest, notFound } from '../problem.ts';
import { readPage } from '../read-page.ts';
import { declarationFaults } from './declaration-faults.ts';
import { fitsOnePolicy } from './policy-size.ts';

type Ids = 'putProvider' | 'listProviders' | 'getProvider' | 'deleteProvider';

export const providerHandlers: Handlers<Ids> = {
  async putProvider(context) {
    const { deps, parameters, body } = context;
    const name = parameters.provider;
    const faults = declarationFaults(body, { allowPrivate: deps.allowPrivateProviders });
    if (faults.length > 0) {
      throw invalidRequest(...faults.map(({ field, message }) => ({ field: `body.${field}`, message })));
    }
    await assertCatalogFits(context);
    const stored = await changeRecord<ProviderRecord>(context, {
      read: () => getProvider(deps.control, name),
      build: () => ({ name, ...body }),
      create: (record) => createProvider(deps.control, record),
      replace: (record, version) => replaceProvider(deps.control, record, version),
      describe: (before, after) => ({
        action: before === undefined ? 'provider.create' : 'provider.update',
        target: `provider/${name}`,
        ...(before !== undefined && { before: viewProvider(before) }),
        after: viewProvider(after),
      }),
    });
    await publishCatalog(deps);
    return { body: viewProvider(stored.value), version: stored.version };
  },

  async listProviders({ deps, query }) {
    const { items, nextCursor } = await readPage((page) => listProviders(deps.control, page), query);
    return { body: { data: items.map(({ value }) => viewProvider(value)), nextCursor } };
  },

  async getProvider({ deps, parameters }) {
    const stored = await getProvider(deps.control, parameters.provider);
    if (stored === undefined) throw notFound();
    return { body: viewProvider(stored.value), version: stored.version };
  },

  async deleteProvider(context) {
    const { deps, parameters } = context;
    const name = parameters.provider;
    await deleteRecord<ProviderRecord>(context, {
      read: () => getProvider(deps.control, name),
      remove: (version) => deleteProvider(deps.control, name, version),
      isInForce: () => isInForce(deps, name),
      describe: (before) => ({ action: 'provider.delete', target: `provider/${name}`, before: viewProvider(before) }),
    });
    await publishCatalog(deps);
    return { body: undefined };
  },
};

/** Whether a data plane's catalog still has the declaration. */
async function isInForce({ dataPlanes }: ControlPlaneDependencies, name: string): Promise<boolean> {
  const catalogs = await Promise.all(
    dataPlanes.map(({ store, tables }) => getPolicy<CatalogPolicy>(store, tables.policy, catalogPolicyId)),
  );
  return catalogs.some((catalog) => catalog !== undefined && Object.hasOwn(catalog.providers, name));
}

type ProviderView = ResponseOf<Operations['getProvider']>;

/** A record is what the API shows; the contract's lists are not read-only. */
function viewProvider(record: ProviderRecord): ProviderView {
  return structuredClone(record) as ProviderView;
}

/** @throws Problem 400. */
async function assertCatalogFits({ deps, parameters, body }: Context<'putProvider'>): Promise<void> {
  const records: object[] = [body];
  for await (const { value } of iterateProviders(deps.control)) {
    if (value.name !== parameters.provider) records.push(value);
  }
  if (fitsOnePolicy(records)) return;
  const message = 'must be fewer: all declarations together are more than one policy holds. "*" stands for every model';
  throw invalidRequest({ field: 'body.models', message });
}
