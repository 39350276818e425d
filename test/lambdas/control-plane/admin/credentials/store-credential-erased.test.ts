import { afterAll, beforeAll, expect, it } from 'vitest';
import { workspacePlace } from '../../../../../lambdas/control-plane/admin/credentials/credential-place.ts';
import { readProviderSecret } from '../../../../../lambdas/control-plane/admin/credentials/provider-secret.ts';
import { sealForEveryRegion } from '../../../../../lambdas/control-plane/admin/credentials/sealed-everywhere.ts';
import { storeCredential } from '../../../../../lambdas/control-plane/admin/credentials/store-credential.ts';
import type { ControlPlaneDependencies } from '../../../../../lambdas/control-plane/admin/dependencies.ts';
import { eraseWorkspace } from '../../../../../lambdas/control-plane/erase/erase-workspace.ts';
import { type StoreClient, StoreError } from '../../../../../lambdas/store/client.ts';
import { createControlPlane, createPublishedTenant, type TenantInControl } from '../../../../fixtures/control-plane.ts';
import { startTestStore, type TestStore } from '../../../../fixtures/data-plane.ts';

/* A credential that is stored while its workspace is erased: an erasure is no use if a secret survives it. */

let stores: [TestStore, TestStore];

beforeAll(async () => {
  stores = [await startTestStore(), await startTestStore()];
});

afterAll(async () => {
  for (const store of stores) await store.close();
});

const erase = (deps: ControlPlaneDependencies, { organization, workspace }: TenantInControl) =>
  eraseWorkspace(deps, { organization: organization.id, workspace: workspace.id }, Date.now() + 60_000);

async function storeSecret(deps: ControlPlaneDependencies, tenant: TenantInControl, audit: () => Promise<void>) {
  const place = workspacePlace(
    { organization: { value: tenant.organization }, workspace: { value: tenant.workspace } },
    'openai',
  );
  const sealed = await sealForEveryRegion(deps, place, readProviderSecret('sk-of-the-tenant', place.owner));
  return storeCredential({ deps, ifMatch: undefined, now: Date.now(), audit }, place, sealed, false);
}

async function leftOf({ workspace }: TenantInControl): Promise<string[]> {
  const left = stores.map(async ({ store: client, tables }) => {
    const items = await Promise.all(
      [tables.vault, tables.control].map(async (TableName) => (await client.scan({ TableName })).Items ?? []),
    );
    return items.flat().map((item) => JSON.stringify(item));
  });
  return (await Promise.all(left)).flat().filter((item) => item.includes(workspace.id));
}

it('leaves no secret where the erasure looked for secrets before, and ended after it was stored', async () => {
  const [lookedForSecrets, stored] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  // The name is released once all secrets are deleted that there were.
  const erasing = (client: StoreClient): StoreClient => ({
    ...client,
    async deleteItem(input) {
      if (input.Key?.['sk']?.S?.startsWith('name#') === true) {
        lookedForSecrets.resolve();
        await stored.promise;
      }
      return client.deleteItem(input);
    },
  });
  let erasure: Promise<unknown> | undefined;
  // Publication begins by drawing a version from the organization.
  const storing = (client: StoreClient): StoreClient => ({
    ...client,
    async updateItem(input) {
      if (erasure !== undefined && input.Key?.['pk']?.S === 'organizations') {
        stored.resolve();
        await erasure;
      }
      return client.updateItem(input);
    },
  });
  const tenant = await createPublishedTenant(createControlPlane(stores).deps);

  const late = storeSecret(createControlPlane(stores, { wrap: storing }).deps, tenant, async () => {
    erasure = erase(createControlPlane(stores, { wrap: erasing }).deps, tenant);
    await lookedForSecrets.promise;
  });

  await expect(late).rejects.toMatchObject({ code: 'being_deleted' });
  expect(await leftOf(tenant)).toEqual([]);
});

it('leaves no secret where a region refused it and the workspace was erased meanwhile', async () => {
  const [home, far] = stores;
  const refusing = (client: StoreClient): StoreClient => ({
    ...client,
    putItem: async (input) => {
      if (client === far.store && input.TableName === far.tables.vault)
        throw new StoreError('unavailable', 'no answer');
      return client.putItem(input);
    },
  });
  const tenant = await createPublishedTenant(createControlPlane(stores).deps);

  const late = storeSecret(createControlPlane([home, far], { wrap: refusing }).deps, tenant, async () => {
    await erase(createControlPlane(stores).deps, tenant);
  });

  await expect(late).rejects.toMatchObject({ code: 'store_unavailable' });
  expect(await leftOf(tenant)).toEqual([]);
});
