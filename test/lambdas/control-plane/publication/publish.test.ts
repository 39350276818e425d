import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ControlPlaneDependencies } from '../../../../lambdas/control-plane/admin/dependencies.ts';
import { eraseOrganization } from '../../../../lambdas/control-plane/erase/erase-organization.ts';
import { eraseWorkspace } from '../../../../lambdas/control-plane/erase/erase-workspace.ts';
import {
  compileKeyPolicy,
  compileWorkspacePolicy,
} from '../../../../lambdas/control-plane/publication/compile-policy.ts';
import {
  publishCatalog,
  publishKey,
  publishOrganization,
  publishWorkspace,
} from '../../../../lambdas/control-plane/publication/publish.ts';
import { readWorkspaceSources } from '../../../../lambdas/control-plane/publication/workspace-sources.ts';
import { type StoreClient, StoreError } from '../../../../lambdas/store/client.ts';
import { getKey, type KeyRecord, replaceKey } from '../../../../lambdas/store/control/key.ts';
import { getOrganization, replaceOrganization } from '../../../../lambdas/store/control/organization.ts';
import { createProvider } from '../../../../lambdas/store/control/provider.ts';
import { createRoute } from '../../../../lambdas/store/control/route.ts';
import type { Stored } from '../../../../lambdas/store/document.ts';
import {
  type CatalogPolicy,
  catalogPolicyId,
  getPolicy,
  keyPolicyId,
  type KeyPolicy,
  workspacePolicyId,
  type WorkspacePolicy,
} from '../../../../lambdas/store/policy.ts';
import {
  createControlPlane,
  createKeyRecord,
  createPublishedTenant,
  createWorkspaceRecord,
  dumpTables,
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

/** What each data plane has under this id. */
function policiesOf<Policy extends { version: number }>(id: string): Promise<(Policy | undefined)[]> {
  return Promise.all(stores.map(({ store, tables }) => getPolicy<Policy>(store, tables.policy, id)));
}

const placeOf = ({ organization, workspace }: TenantInControl) => ({
  organization: organization.id,
  workspace: workspace.id,
});

async function changeKey(
  { control }: ControlPlaneDependencies,
  key: KeyRecord,
  change: Partial<KeyRecord>,
): Promise<Stored<KeyRecord>> {
  for (;;) {
    const stored = await getKey(control, key.workspace, key.id);
    if (stored === undefined) throw new Error('there is no such key');
    const value = { ...stored.value, ...change };
    const version = await replaceKey(control, value, stored.version);
    if (version !== undefined) return { value, version };
  }
}

async function addRoute({ control }: ControlPlaneDependencies, workspace: string, name: string): Promise<void> {
  const targets = [{ provider: 'openai', model: 'gpt-5-mini' }];
  await createRoute(control, { name, workspace, strategy: 'ordered', targets, createdAt: '', updatedAt: '' });
}

describe('a publication', () => {
  test('brings key, workspace and organization into force in every region, policy and meter', async () => {
    const { deps } = createControlPlane(stores);

    const { organization, workspace, key } = await createPublishedTenant(deps);

    const policy = compileKeyPolicy(key.stored);
    expect(await policiesOf(keyPolicyId(key.stored.value.id))).toEqual([policy, policy]);
    const workspaces = await policiesOf<WorkspacePolicy>(workspacePolicyId(workspace.id));
    expect(workspaces.map((found) => found?.organization.id)).toEqual([organization.id, organization.id]);
    for (const store of stores) {
      expect(await store.meter(`key#${key.stored.value.id}`)).toMatchObject({ policyVersion: 1 });
      expect(await store.meter(`org#${organization.id}`)).toMatchObject({ policyVersion: workspaces[0]?.version });
    }
  });

  test('of an older version leaves the newer one in force', async () => {
    const { deps } = createControlPlane(stores);
    const { key } = await createPublishedTenant(deps);
    const newer = await changeKey(deps, key.stored.value, { status: 'revoked' });
    await publishKey(deps, newer);

    await publishKey(deps, key.stored);

    const found = await policiesOf<KeyPolicy>(keyPolicyId(key.stored.value.id));
    expect(found.map((policy) => [policy?.version, policy?.status])).toEqual([
      [2, 'revoked'],
      [2, 'revoked'],
    ]);
    expect(await stores[1].meter(`key#${key.stored.value.id}`)).toMatchObject({ policyVersion: 2 });
  });

  test('of an organization reaches every workspace of it and nobody else', async () => {
    const { deps } = createControlPlane(stores);
    const tenant = await createPublishedTenant(deps);
    const other = await createPublishedTenant(deps);
    const second = await createWorkspaceRecord(deps, tenant.organization.id);
    const before = await policiesOf(workspacePolicyId(other.workspace.id));
    const stored = (await getOrganization(deps.control, tenant.organization.id))!;
    await replaceOrganization(deps.control, { ...stored.value, retentionDays: 7 }, stored.version);

    await publishOrganization(deps, tenant.organization.id);

    for (const { id } of [tenant.workspace, second]) {
      const found = await policiesOf<WorkspacePolicy>(workspacePolicyId(id));
      expect(found.map((policy) => policy?.organization.retentionDays)).toEqual([7, 7]);
    }
    expect(await policiesOf(workspacePolicyId(other.workspace.id))).toEqual(before);
  });

  test('of the catalog has the declared providers', async () => {
    const { deps } = createControlPlane(stores);
    const name = `lab-${randomUUID()}`;
    const declaration = { baseUrl: 'https://models.example.com', protocols: [], auth: { kind: 'none' }, models: [] };
    await createProvider(deps.control, { name, ...declaration, createdAt: '', updatedAt: '' } as never);

    await publishCatalog(deps);

    const found = await policiesOf<CatalogPolicy>(catalogPolicyId);
    expect(found.map((policy) => policy?.providers[name])).toEqual([declaration, declaration]);
  });
});

describe('publications at the same time', () => {
  test('of one key end with the policy of its last change', async () => {
    const { deps } = createControlPlane(stores);
    const { key } = await createPublishedTenant(deps);
    const callers = Array.from({ length: 30 }, async (_, index) => {
      const changed = await changeKey(deps, key.stored.value, { name: `change ${index}` });
      await publishKey(deps, changed);
    });

    await Promise.all(callers);

    const last = (await getKey(deps.control, key.stored.value.workspace, key.stored.value.id))!;
    expect(last.version).toBe(31);
    expect(await policiesOf(keyPolicyId(last.value.id))).toEqual([compileKeyPolicy(last), compileKeyPolicy(last)]);
    for (const store of stores) expect(await store.meter(`key#${last.value.id}`)).toMatchObject({ policyVersion: 31 });
  });

  test('of one workspace, by itself and by its organization, end with every change in it', async () => {
    const { deps } = createControlPlane(stores);
    const tenant = await createPublishedTenant(deps);
    const place = placeOf(tenant);
    const callers = Array.from({ length: 30 }, async (_, index) => {
      await addRoute(deps, place.workspace, `route-${index}`);
      await (index % 3 === 0 ? publishOrganization(deps, place.organization) : publishWorkspace(deps, place));
      // In force when the call returns, and from then on.
      const found = await policiesOf<WorkspacePolicy>(workspacePolicyId(place.workspace));
      expect(found.map((policy) => policy?.routes[`route-${index}`])).not.toContain(undefined);
    });

    await Promise.all(callers);

    const sources = (await readWorkspaceSources(deps.control, place))!;
    const found = await policiesOf<WorkspacePolicy>(workspacePolicyId(place.workspace));
    expect(Object.keys(sources.routes)).toHaveLength(30);
    for (const [index, policy] of found.entries()) {
      expect(policy).toEqual(compileWorkspacePolicy(sources, policy?.version ?? 0));
      const meter = await stores[index]?.meter(`org#${place.organization}`);
      expect(meter?.policyVersion).toBeGreaterThanOrEqual(policy?.version ?? Infinity);
    }
  });
});

describe('a publication that is overtaken while it reads', () => {
  test('does not undo the change of the one that overtook it', async () => {
    const { deps } = createControlPlane(stores);
    const tenant = await createPublishedTenant(deps);
    const place = placeOf(tenant);
    let overtaken = false;
    const query: StoreClient['query'] = async (input) => {
      const answer = await deps.control.store.query(input);
      if (!overtaken && input.ExpressionAttributeValues?.[':prefix']?.S === 'route#') {
        overtaken = true;
        await addRoute(deps, place.workspace, 'overtaking');
        await publishWorkspace(deps, place);
      }
      return answer;
    };
    const slow = { ...deps, control: { ...deps.control, store: { ...deps.control.store, query } } };

    await publishWorkspace(slow, place);

    const found = await policiesOf<WorkspacePolicy>(workspacePolicyId(place.workspace));
    expect(overtaken).toBe(true);
    expect(found.map((policy) => Object.keys(policy?.routes ?? {}))).toEqual([['overtaking'], ['overtaking']]);
  });
});

/** A store whose policy table does not answer. */
function withoutPolicies(store: StoreClient, table: string): StoreClient {
  return {
    ...store,
    async putItem(input) {
      if (input.TableName === table) throw new StoreError('unavailable', 'no answer');
      return store.putItem(input);
    },
  };
}

describe('a region that does not answer', () => {
  test('is named, while the others have the change; the same call completes it', async () => {
    const { deps } = createControlPlane(stores);
    const { key } = await createPublishedTenant(deps);
    const [home, away] = deps.dataPlanes as unknown as [(typeof deps.dataPlanes)[0], (typeof deps.dataPlanes)[0]];
    const broken = { ...away, store: withoutPolicies(away.store, away.tables.policy) };
    const revoked = await changeKey(deps, key.stored.value, { status: 'revoked' });
    const statuses = async () =>
      (await policiesOf<KeyPolicy>(keyPolicyId(key.stored.value.id))).map((policy) => policy?.status);

    const failed = publishKey({ ...deps, dataPlanes: [home, broken] }, revoked);
    await expect(failed).rejects.toMatchObject({
      code: 'publication_incomplete',
      status: 503,
      detail: expect.stringContaining('Not reached: region-1.') as string,
    });
    const during = await statuses();
    await publishKey(deps, revoked);

    expect(during).toEqual(['revoked', 'active']);
    expect(await statuses()).toEqual(['revoked', 'revoked']);
  });
});

describe('a region that cannot be reached', () => {
  test('does not keep a workspace’s change out of force in the others', async () => {
    const { deps } = createControlPlane(stores);
    const tenant = await createPublishedTenant(deps);
    const [home, away] = deps.dataPlanes as unknown as [(typeof deps.dataPlanes)[0], (typeof deps.dataPlanes)[0]];
    const broken = { ...away, store: withoutPolicies(away.store, away.tables.policy) };
    await addRoute(deps, tenant.workspace.id, 'new');

    const publishing = publishWorkspace({ ...deps, dataPlanes: [broken, home] }, placeOf(tenant));

    await expect(publishing).rejects.toMatchObject({ code: 'publication_incomplete' });
    const [policy] = await policiesOf<WorkspacePolicy>(workspacePolicyId(tenant.workspace.id));
    expect(policy?.routes['new']).toBeDefined();
    expect(await stores[0].meter(`org#${tenant.organization.id}`)).toMatchObject({ policyVersion: policy?.version });
  });
});

describe('a publication that comes after an erasure', () => {
  test('of a key leaves nothing behind and says that it is being deleted', async () => {
    const { deps } = createControlPlane(stores);
    const { organization, workspace } = await createPublishedTenant(deps);
    await eraseWorkspace(deps, { organization: organization.id, workspace: workspace.id }, Date.now() + 60_000);
    const before = await dumpTables(stores);
    const late = await createKeyRecord(deps, workspace);

    await expect(publishKey(deps, late.stored)).rejects.toMatchObject({ code: 'being_deleted', status: 409 });

    expect(await dumpTables(stores)).toEqual(before);
  });

  test('of a workspace takes away what was written into it', async () => {
    const { deps } = createControlPlane(stores);
    const tenant = await createPublishedTenant(deps);
    await eraseWorkspace(deps, placeOf(tenant), Date.now() + 60_000);
    await addRoute(deps, tenant.workspace.id, 'late');
    await createKeyRecord(deps, tenant.workspace);

    await expect(publishWorkspace(deps, placeOf(tenant))).rejects.toMatchObject({ code: 'being_deleted' });

    expect(JSON.stringify(await dumpTables(stores))).not.toContain(tenant.workspace.id);
  });

  test('of an organization, or of a workspace of it, makes no meter that stays', async () => {
    const { deps } = createControlPlane(stores);
    const tenant = await createPublishedTenant(deps);
    const { organization } = tenant;
    await eraseOrganization(deps, organization.id, Date.now() + 60_000);
    const before = await dumpTables(stores);

    await expect(publishWorkspace(deps, placeOf(tenant))).rejects.toMatchObject({ code: 'being_deleted' });
    expect(
      JSON.stringify((await dumpTables(stores)).filter((item) => (item as { table: string }).table === 'meter')),
    ).not.toContain(organization.id);
    await expect(publishOrganization(deps, organization.id)).rejects.toMatchObject({ code: 'being_deleted' });

    const meters = (await dumpTables(stores)).filter((item) => (item as { table: string }).table === 'meter');
    expect(meters).toEqual(before.filter((item) => (item as { table: string }).table === 'meter'));
  });

  test('at the same moment never brings a policy back', async () => {
    const { deps } = createControlPlane(stores);
    for (let round = 0; round < 15; round += 1) {
      const tenant = await createPublishedTenant(deps);
      const changed = await changeKey(deps, tenant.key.stored.value, { name: 'changed' });

      await Promise.allSettled([
        publishKey(deps, changed),
        eraseWorkspace(deps, placeOf(tenant), Date.now() + 60_000),
        publishWorkspace(deps, placeOf(tenant)),
        publishKey(deps, changed),
      ]);

      expect(await policiesOf(keyPolicyId(changed.value.id))).toEqual([undefined, undefined]);
      expect(await policiesOf(workspacePolicyId(tenant.workspace.id))).toEqual([undefined, undefined]);
    }
  });
});

describe('a publication that dies', { timeout: 60_000 }, () => {
  const crashes = createCrashingWrites();

  /** Lets it die at each of its writes, before and after it was done, and repeats it. */
  async function atEveryWrite(
    prepare: (deps: ControlPlaneDependencies) => Promise<() => Promise<unknown>>,
    assess: () => Promise<void>,
  ): Promise<number> {
    const { deps } = createControlPlane(stores, { wrap: crashes.wrap });
    for (let deaths = 0; ; deaths += 1) {
      const act = await prepare(deps);
      crashes.crashAt(1 + Math.floor(deaths / 2), deaths % 2 === 1);
      await act().catch(() => undefined);
      if (!crashes.recover()) return deaths;
      await act();
      await assess();
    }
  }

  test('is completed by the same call, of a key', async () => {
    let tenant: TenantInControl;
    const deaths = await atEveryWrite(
      async (deps) => {
        tenant = await createPublishedTenant(deps);
        const revoked = await changeKey(deps, tenant.key.stored.value, { status: 'revoked' });
        return () => publishKey(deps, revoked);
      },
      async () => {
        const { id } = tenant.key.stored.value;
        const found = await policiesOf<KeyPolicy>(keyPolicyId(id));
        expect(found.map((policy) => policy?.status)).toEqual(['revoked', 'revoked']);
        for (const store of stores) expect(await store.meter(`key#${id}`)).toMatchObject({ policyVersion: 2 });
      },
    );

    // A policy and a meter in each of two regions.
    expect(deaths).toBe(8);
  });

  test('is completed by the same call, of an organization', async () => {
    let tenant: TenantInControl;
    const deaths = await atEveryWrite(
      async (deps) => {
        tenant = await createPublishedTenant(deps);
        const stored = (await getOrganization(deps.control, tenant.organization.id))!;
        await replaceOrganization(deps.control, { ...stored.value, retentionDays: 7 }, stored.version);
        return () => publishOrganization(deps, tenant.organization.id);
      },
      async () => {
        const found = await policiesOf<WorkspacePolicy>(workspacePolicyId(tenant.workspace.id));
        expect(found.map((policy) => policy?.organization.retentionDays)).toEqual([7, 7]);
        for (const [index, store] of stores.entries()) {
          const meter = await store.meter(`org#${tenant.organization.id}`);
          expect(meter.policyVersion).toBe(found[index]?.version);
        }
      },
    );

    // The counter as well.
    expect(deaths).toBe(10);
  });
});
