import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { endRotation } from '../../../../lambdas/control-plane/reconcile/end-rotation.ts';
import { reconcile } from '../../../../lambdas/control-plane/reconcile/reconcile.ts';
import { createCredential, deleteCredential, getCredential } from '../../../../lambdas/store/control/credential.ts';
import { drawSecretVersion, withdrawSecretVersions } from '../../../../lambdas/store/control/secret-versions.ts';
import { recordServedVersion } from '../../../../lambdas/store/credential-use.ts';
import {
  catalogPolicyId,
  type CatalogPolicy,
  getPolicy,
  workspacePolicyId,
  type WorkspacePolicy,
} from '../../../../lambdas/store/policy.ts';
import { getSealedCredential, putSealedCredential } from '../../../../lambdas/store/vault.ts';
import {
  createControlPlane,
  createPublishedTenant,
  storeCredential,
  type TenantInControl,
} from '../../../fixtures/control-plane.ts';
import { createCrashingWrites } from '../../../fixtures/crashing-writes.ts';
import { startTestStore, type TestStore } from '../../../fixtures/data-plane.ts';

let stores: [TestStore, TestStore];

beforeAll(async () => {
  stores = [await startTestStore(), await startTestStore()];
});

afterAll(async () => {
  for (const store of stores) await store.close();
});

const ownerOf = ({ workspace }: TenantInControl) => ({ kind: 'workspace', workspace: workspace.id }) as const;
const placeOf = (tenant: TenantInControl) => ({ ...ownerOf(tenant), organization: tenant.organization.id });

async function serve(tenant: TenantInControl, version: number, region: 0 | 1 = 1): Promise<void> {
  const { store, tables } = stores[region];
  const place = { owner: 'workspace', workspace: tenant.workspace.id, provider: 'openai' } as const;
  await recordServedVersion({ store, table: tables.usage }, place, version);
}

/** Versions that every vault has; fails where two vaults differ. */
async function sealedVersions({ workspace }: TenantInControl, upTo = 6): Promise<number[]> {
  const found = await Promise.all(
    stores.map(async ({ store, tables }) => {
      const versions: number[] = [];
      for (let version = 1; version <= upTo; version += 1) {
        const reference = { owner: 'workspace', credential: 'openai', version } as const;
        if ((await getSealedCredential(store, tables.vault, workspace.id, reference)) !== undefined) {
          versions.push(version);
        }
      }
      return versions;
    }),
  );
  expect(found[0]).toEqual(found[1]);
  return found[0] ?? [];
}

async function referenceOf({ workspace }: TenantInControl): Promise<unknown> {
  const { store, tables } = stores[1];
  const policy = await getPolicy<WorkspacePolicy>(store, tables.policy, workspacePolicyId(workspace.id));
  return policy?.credentials['openai'];
}

describe('a rotation', () => {
  test('goes on while only the old secret has served', async () => {
    const { deps } = createControlPlane(stores);
    const tenant = await createPublishedTenant(deps);
    await storeCredential(deps, tenant.workspace, 'openai', 2);
    await serve(tenant, 1);

    const ended = await endRotation(deps, placeOf(tenant), 'openai');

    expect(ended).toBe(false);
    expect(await sealedVersions(tenant)).toEqual([1, 2]);
    const record = await getCredential(deps.control, ownerOf(tenant), 'openai');
    expect(record?.value).toMatchObject({ previousSecretVersion: 1, secretVersion: 2 });
  });

  test('ends when the new one has served in any region: record, policy, and then the old secret', async () => {
    const { deps } = createControlPlane(stores);
    const tenant = await createPublishedTenant(deps);
    await storeCredential(deps, tenant.workspace, 'openai', 2);
    await serve(tenant, 2);

    const ended = await endRotation(deps, placeOf(tenant), 'openai');

    expect(ended).toBe(true);
    expect(await sealedVersions(tenant)).toEqual([2]);
    expect(await referenceOf(tenant)).toEqual({ owner: 'workspace', credential: 'openai', version: 2 });
    const record = await getCredential(deps.control, ownerOf(tenant), 'openai');
    expect(record?.value.previousSecretVersion).toBeUndefined();
    expect(record?.value).toMatchObject({ secretVersion: 2, oldestSecretVersion: 2 });
    expect(await endRotation(deps, placeOf(tenant), 'openai')).toBe(false);
  });

  test('deletes versions that are older than the one to fall back to even before it ends', async () => {
    const { deps } = createControlPlane(stores);
    const tenant = await createPublishedTenant(deps);
    await storeCredential(deps, tenant.workspace, 'openai', 4);

    await endRotation(deps, placeOf(tenant), 'openai');

    expect(await sealedVersions(tenant)).toEqual([3, 4]);
  });

  test('keeps the secrets while a region still refers to them', async () => {
    const { deps } = createControlPlane(stores);
    const tenant = await createPublishedTenant(deps);
    await storeCredential(deps, tenant.workspace, 'openai', 2);
    await serve(tenant, 2);
    const [home, away] = deps.dataPlanes as unknown as [(typeof deps.dataPlanes)[0], (typeof deps.dataPlanes)[0]];
    const putItem = async (): Promise<never> => {
      throw new Error('no way');
    };
    const broken = { ...deps, dataPlanes: [home, { ...away, store: { ...away.store, putItem } }] as const };

    await expect(endRotation(broken, placeOf(tenant), 'openai')).rejects.toMatchObject({
      code: 'publication_incomplete',
    });
    const during = await sealedVersions(tenant);
    await endRotation(deps, placeOf(tenant), 'openai');

    expect(during).toEqual([1, 2]);
    expect(await sealedVersions(tenant)).toEqual([2]);
  });

  test('that dies at any of its writes is ended by the next run', { timeout: 60_000 }, async () => {
    const crashes = createCrashingWrites();
    const { deps } = createControlPlane(stores, { wrap: crashes.wrap });
    let deaths = 0;
    for (; ; deaths += 1) {
      const tenant = await createPublishedTenant(deps);
      await storeCredential(deps, tenant.workspace, 'openai', 2);
      await serve(tenant, 2);
      crashes.crashAt(1 + Math.floor(deaths / 2), deaths % 2 === 1);
      await endRotation(deps, placeOf(tenant), 'openai').catch(() => undefined);
      if (!crashes.recover()) break;

      await endRotation(deps, placeOf(tenant), 'openai');

      expect(await sealedVersions(tenant)).toEqual([2]);
      expect(await referenceOf(tenant)).toEqual({ owner: 'workspace', credential: 'openai', version: 2 });
    }
    expect(deaths).toBeGreaterThan(12);
  });
});

describe('secrets of a credential that was deleted', () => {
  test('are deleted as far as they were withdrawn, and not one that is being put there', async () => {
    const { deps } = createControlPlane(stores);
    const tenant = await createPublishedTenant(deps);
    await storeCredential(deps, tenant.workspace, 'openai', 2);
    const secret = { owner: ownerOf(tenant), provider: 'openai' };
    await withdrawSecretVersions(deps.control, secret, undefined);
    await deleteCredential(deps.control, secret.owner, 'openai');
    const reference = { owner: 'workspace', credential: 'openai', version: 2 } as const;
    const { store, tables } = stores[0];
    const sealed = (await getSealedCredential(store, tables.vault, tenant.workspace.id, reference))!;
    const version = await drawSecretVersion(deps.control, secret, undefined);
    for (const { store: vault } of stores) {
      await putSealedCredential(vault, tables.vault, { ...reference, version }, { ...sealed, lastFour: '' });
    }

    await endRotation(deps, placeOf(tenant), 'openai');

    expect(await sealedVersions(tenant)).toEqual([3]);
  });
});

test('a reconcile ends rotations of workspaces and of the platform', async () => {
  const { deps } = createControlPlane(stores);
  const tenant = await createPublishedTenant(deps);
  await storeCredential(deps, tenant.workspace, 'openai', 2);
  await serve(tenant, 2, 0);
  await createCredential(
    deps.control,
    { kind: 'platform' },
    {
      provider: 'mistral',
      kind: 'api-key',
      lastFour: '',
      zeroRetention: false,
      secretVersion: 2,
      previousSecretVersion: 1,
      oldestSecretVersion: 1,
      createdAt: '',
    },
  );
  const { store, tables } = stores[0];
  const place = { owner: 'platform', workspace: '', provider: 'mistral' } as const;
  await recordServedVersion({ store, table: tables.usage }, place, 2);

  await reconcile(deps, Date.now());

  expect(await sealedVersions(tenant)).toEqual([2]);
  const catalog = await getPolicy<CatalogPolicy>(store, tables.policy, catalogPolicyId);
  expect(catalog?.credentials).toEqual({ mistral: { owner: 'platform', credential: 'mistral', version: 2 } });
});
