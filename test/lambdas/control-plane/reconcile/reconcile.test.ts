import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ControlPlaneDependencies } from '../../../../lambdas/control-plane/admin/dependencies.ts';
import { publishKey, publishWorkspace } from '../../../../lambdas/control-plane/publication/publish.ts';
import { reconcile } from '../../../../lambdas/control-plane/reconcile/reconcile.ts';
import { getEndpointReport } from '../../../../lambdas/store/control/endpoint-report.ts';
import { getKey, replaceKey } from '../../../../lambdas/store/control/key.ts';
import { getOrganization, replaceOrganization } from '../../../../lambdas/store/control/organization.ts';
import { createRoute } from '../../../../lambdas/store/control/route.ts';
import { replaceWorkspace } from '../../../../lambdas/store/control/workspace.ts';
import { getMeter, setMeterPolicyVersion, settleReservation } from '../../../../lambdas/store/meter.ts';
import {
  type CatalogPolicy,
  catalogPolicyId,
  deletePolicy,
  getPolicy,
  keyPolicyId,
  type KeyPolicy,
  putPolicy,
  workspacePolicyId,
  type WorkspacePolicy,
} from '../../../../lambdas/store/policy.ts';
import { putRequestRecord } from '../../../../lambdas/store/request-record.ts';
import {
  createControlPlane,
  createFullTenant,
  createPublishedTenant,
  requestRecordOf,
  type TenantInControl,
  type TestControlPlane,
} from '../../../fixtures/control-plane.ts';
import { startTestStore, type TestStore } from '../../../fixtures/data-plane.ts';
import { claimOf, hold, take } from '../../../fixtures/meters.ts';

let stores: [TestStore, TestStore];
let plane: TestControlPlane;
let tenant: TenantInControl;
let neighbour: TenantInControl;

// Fresh ones for each test: a reconcile looks at everything there is.
beforeEach(async () => {
  stores = [await startTestStore(), await startTestStore()];
  plane = createControlPlane(stores);
  tenant = await createPublishedTenant(plane.deps);
  neighbour = await createPublishedTenant(plane.deps);
});

afterEach(async () => {
  for (const store of stores) await store.close();
});

const keyId = (): string => keyPolicyId(tenant.key.stored.value.id);
const workspaceId = (): string => workspacePolicyId(tenant.workspace.id);
const placeOf = () => ({ organization: tenant.organization.id, workspace: tenant.workspace.id });
const run = (deps: ControlPlaneDependencies = plane.deps) => reconcile(deps, Date.now());

function policyAt<Policy extends { version: number }>(region: 0 | 1, id: string): Promise<Policy | undefined> {
  const { store, tables } = stores[region];
  return getPolicy<Policy>(store, tables.policy, id);
}

describe('where nothing has drifted', () => {
  test('reports every region as fresh and writes no policy', async () => {
    const before = await stores[0].store.scan({ TableName: stores[0].tables.policy });

    const report = await run();

    expect(report.endpoints).toMatchObject([
      { region: 'region-0', status: 'fresh', items: 4, missing: 0, stale: 0, foreign: 0 },
      { region: 'region-1', status: 'fresh', items: 4, missing: 0, stale: 0, foreign: 0 },
    ]);
    expect(report).toMatchObject({ rotationsEnded: 0, metersSwept: 0, failures: 0 });
    expect(await stores[0].store.scan({ TableName: stores[0].tables.policy })).toEqual(before);
    expect(await getEndpointReport(plane.deps.control, 'region-1')).toEqual(report.endpoints[1]);
  });

  test('does not mind the order of members', async () => {
    const policy = (await policyAt<KeyPolicy>(0, keyId()))!;
    const reversed = Object.fromEntries(Object.entries(policy).toReversed()) as unknown as KeyPolicy;
    await putPolicy(stores[0].store, stores[0].tables.policy, keyId(), reversed);

    expect((await run()).endpoints[0]).toMatchObject({ status: 'fresh' });
  });
});

describe('a region that lacks policies', () => {
  test('gets them, and is fresh the next time', async () => {
    const { store, tables } = stores[1];
    for (const id of [keyId(), workspaceId()]) await deletePolicy(store, tables.policy, id);

    const report = await run();

    expect(report.endpoints).toMatchObject([{ status: 'fresh' }, { status: 'repaired', missing: 2, stale: 0 }]);
    expect(await policyAt(1, keyId())).toEqual(await policyAt(0, keyId()));
    expect(await policyAt(1, workspaceId())).toMatchObject({ organization: { id: tenant.organization.id } });
    expect((await run()).endpoints).toMatchObject([{ status: 'fresh' }, { status: 'fresh' }]);
  });

  test('gets all of them when it has none at all', async () => {
    await publishWorkspace({ ...plane.deps, dataPlanes: [plane.deps.dataPlanes[0]] }, placeOf());
    const fresh = await startTestStore();
    try {
      const [home] = plane.deps.dataPlanes;
      const added = { region: 'region-9', store: fresh.store, tables: fresh.tables };
      const report = await run({ ...plane.deps, dataPlanes: [home, added] });

      expect(report.endpoints).toMatchObject([{ status: 'fresh' }, { status: 'repaired', items: 4, missing: 4 }]);
    } finally {
      await fresh.close();
    }
  });
});

describe('a policy that is not what the records say', () => {
  test('of an older version is replaced, and its meter raised', async () => {
    const { value, version } = tenant.key.stored;
    await replaceKey(plane.deps.control, { ...value, status: 'revoked' }, version);

    const report = await run();

    expect(report.endpoints).toMatchObject([
      { status: 'repaired', stale: 1 },
      { status: 'repaired', stale: 1 },
    ]);
    for (const region of [0, 1] as const) {
      expect(await policyAt(region, keyId())).toMatchObject({ status: 'revoked', version: 2 });
      expect(await stores[region].meter(`key#${value.id}`)).toMatchObject({ policyVersion: 2 });
    }
  });

  test('with other content under the same version is replaced by one with a higher version', async () => {
    const { store, tables } = stores[1];
    const policy = (await policyAt<KeyPolicy>(1, keyId()))!;
    await putPolicy(store, tables.policy, keyId(), { ...policy, limits: { requestsPerMinute: 1e9 } } as KeyPolicy);

    const report = await run();

    expect(report.endpoints).toMatchObject([{ status: 'fresh' }, { status: 'repaired', stale: 1 }]);
    expect(await policyAt<KeyPolicy>(1, keyId())).toEqual({ ...policy, version: 2 });
    expect(await stores[1].meter(keyId())).toMatchObject({ policyVersion: 2 });
    expect((await run()).endpoints[1]).toMatchObject({ status: 'fresh' });
  });

  test('cannot be read at all is replaced, and keeps nothing else from being mended', async () => {
    const { store, tables } = stores[1];
    const broken = [keyId(), workspaceId(), catalogPolicyId];
    for (const id of broken) {
      const Item = { pk: { S: id }, version: { N: '1' }, document: { S: '{"version":1,' } };
      await store.putItem({ TableName: tables.policy, Item });
    }
    await store.putItem({ TableName: tables.policy, Item: { pk: { S: keyPolicyId('torn') } } });

    const report = await run();

    expect(report.endpoints[1]).toMatchObject({ status: 'repaired', stale: 3, foreign: 1 });
    expect(await policyAt(1, keyId())).toMatchObject({ status: 'active' });
    expect(await policyAt(1, workspaceId())).toMatchObject({ workspace: { id: tenant.workspace.id } });
    expect(await policyAt(1, catalogPolicyId)).toMatchObject({ providers: {} });
    expect((await run()).endpoints[1]).toMatchObject({ status: 'fresh' });
  });

  test('of a workspace is replaced, and the organization’s meter raised', async () => {
    const targets = [{ provider: 'openai', model: 'gpt-5-mini' }];
    const route = { name: 'fast', workspace: tenant.workspace.id, strategy: 'ordered', targets } as const;
    await createRoute(plane.deps.control, { ...route, createdAt: '', updatedAt: '' });
    const before = (await policyAt<WorkspacePolicy>(0, workspaceId()))!;

    await run();

    const after = (await policyAt<WorkspacePolicy>(0, workspaceId()))!;
    expect(after.routes).toEqual({ fast: { strategy: 'ordered', targets } });
    expect(after.version).toBeGreaterThan(before.version);
    const meter = await stores[0].meter(`org#${tenant.organization.id}`);
    expect(meter.policyVersion).toBe(after.version);
  });

  test('of the catalog is replaced', async () => {
    const { store, tables } = stores[0];
    const tampered = { version: 3, providers: {}, credentials: { openai: { owner: 'platform' } } };
    await putPolicy(store, tables.policy, catalogPolicyId, tampered);

    const report = await run();

    const catalogs = [await policyAt<CatalogPolicy>(0, catalogPolicyId), await policyAt(1, catalogPolicyId)];
    expect(report.endpoints[0]).toMatchObject({ status: 'repaired', stale: 1, foreign: 0 });
    expect(catalogs[0]).toMatchObject({ providers: {}, credentials: {} });
    expect(catalogs[0]?.version).toBeGreaterThan(3);
  });

  test('is of a lower version again after the control table was restored, and later changes still count', async () => {
    const { store, tables, meters } = stores[0];
    const policy = (await policyAt<KeyPolicy>(0, keyId()))!;
    await putPolicy(store, tables.policy, keyId(), { ...policy, version: 6, name: 'lost' } as KeyPolicy);
    await setMeterPolicyVersion(meters, keyId(), 8);

    await run();
    const stored = (await getKey(plane.deps.control, tenant.workspace.id, tenant.key.stored.value.id))!;
    const revoked = { ...stored.value, status: 'revoked' } as const;
    await publishKey(plane.deps, {
      value: revoked,
      version: (await replaceKey(plane.deps.control, revoked, stored.version))!,
    });

    expect(stored.version).toBeGreaterThanOrEqual(8);
    expect(await policyAt(0, keyId())).toMatchObject({ status: 'revoked', name: 'test' });
    expect((await stores[0].meter(keyId())).policyVersion).toBe(stored.version + 1);
  });

  test('is counted beyond the organization’s own counter when that was restored', async () => {
    await setMeterPolicyVersion(stores[0].meters, `org#${tenant.organization.id}`, 40);

    await run();
    await publishWorkspace(plane.deps, placeOf());

    expect((await stores[0].meter(`org#${tenant.organization.id}`)).policyVersion).toBeGreaterThan(40);
  });
});

describe('a meter that is behind its policy', () => {
  test('of a key is raised', async () => {
    const { value, version } = tenant.key.stored;
    const revoked = { ...value, status: 'revoked' } as const;
    await publishKey(plane.deps, {
      value: revoked,
      version: (await replaceKey(plane.deps.control, revoked, version))!,
    });
    await setMeterPolicyVersion(stores[1].meters, keyId(), 1);

    const report = await run();

    expect(report.endpoints).toMatchObject([{ status: 'fresh' }, { status: 'repaired', stale: 1 }]);
    expect(await stores[1].meter(keyId())).toMatchObject({ policyVersion: 2 });
  });

  test('of an organization is raised to the newest policy of its workspaces', async () => {
    await publishWorkspace(plane.deps, placeOf());
    const { version } = (await policyAt<WorkspacePolicy>(1, workspaceId()))!;
    await setMeterPolicyVersion(stores[1].meters, `org#${tenant.organization.id}`, 1);

    const report = await run();

    expect(report.endpoints).toMatchObject([{ status: 'fresh' }, { status: 'repaired', stale: 1 }]);
    expect(await stores[1].meter(`org#${tenant.organization.id}`)).toMatchObject({ policyVersion: version });
  });
});

describe('a policy without a record', () => {
  test('is deleted and its meter with it, and everybody else’s stays', async () => {
    const { store, tables, meters } = stores[0];
    const policy = (await policyAt<KeyPolicy>(0, keyId()))!;
    const foreign = keyPolicyId('planted');
    await putPolicy(store, tables.policy, foreign, { ...policy, publicId: 'planted' } as KeyPolicy);
    await setMeterPolicyVersion(meters, foreign, 1);
    const workspace = (await policyAt<WorkspacePolicy>(0, workspaceId()))!;
    const planted = workspacePolicyId('ws_planted');
    await putPolicy(store, tables.policy, planted, workspace);

    const report = await run();

    expect(report.endpoints).toMatchObject([{ status: 'repaired', foreign: 2, items: 4 }, { status: 'fresh' }]);
    expect([await policyAt(0, foreign), await policyAt(0, planted)]).toEqual([undefined, undefined]);
    expect(await getMeter(meters, foreign)).toBeUndefined();
    // Processes that have the planted workspace in memory are to read it again.
    const meter = await stores[0].meter(`org#${tenant.organization.id}`);
    expect(meter.policyVersion).toBeGreaterThan(workspace.version);
    expect(await policyAt(0, keyPolicyId(neighbour.key.stored.value.id))).toBeDefined();
  });

  test('of a shape that is not known is counted and left alone', async () => {
    const { store, tables } = stores[0];
    await putPolicy(store, tables.policy, 'future#thing', { version: 1 });

    const report = await run();

    expect(report.endpoints[0]).toMatchObject({ foreign: 1 });
    expect(await policyAt(0, 'future#thing')).toEqual({ version: 1 });
  });

  test('stays where the control table is empty, which no tenant’s end looks like', async () => {
    const empty = await startTestStore();
    try {
      const control = { store: empty.store, table: empty.tables.control };

      await run({ ...plane.deps, control });

      expect(await policyAt(0, keyId())).toBeDefined();
    } finally {
      await empty.close();
    }
  });

  test('is left behind by no request that made a meter after its key was erased', async () => {
    const { meters } = stores[0];
    const stray = `key#${randomUUID()}`;
    await setMeterPolicyVersion(meters, stray, 1);
    const busy = `key#${randomUUID()}`;
    await take(meters, claimOf({ id: busy }), hold(5), Date.now());
    const money = `org#${randomUUID()}`;
    await setMeterPolicyVersion(meters, money, 1);

    await run();

    expect(await getMeter(meters, stray)).toBeUndefined();
    expect(await getMeter(meters, busy)).toBeDefined();
    expect(await getMeter(meters, money)).toBeDefined();
  });
});

describe('what a call that died has left', () => {
  test('of a workspace that is being deleted is erased', async () => {
    const { control } = plane.deps;
    await replaceWorkspace(control, { ...tenant.workspace, status: 'deleting' }, 1);

    await run();

    const { Items } = await stores[0].store.scan({ TableName: stores[0].tables.control });
    expect(JSON.stringify(Items)).not.toContain(tenant.workspace.id);
    expect([await policyAt(0, keyId()), await policyAt(1, workspaceId())]).toEqual([undefined, undefined]);
  });

  test('of an organization is erased, swept after, and forgotten in the end', async () => {
    const full = await createFullTenant(plane.deps);
    const stored = (await getOrganization(plane.deps.control, full.id))!;
    await replaceOrganization(plane.deps.control, { ...stored.value, status: 'deleting' }, stored.version);

    await run();
    const tombstone = (await getOrganization(plane.deps.control, full.id))!;
    await setMeterPolicyVersion(stores[1].meters, `org#${full.id}`, 1);
    const late = requestRecordOf({ organization: full.id });
    await putRequestRecord(stores[1].store, stores[1].tables.requests, late);
    await run();
    const records = await stores[1].store.scan({ TableName: stores[1].tables.requests });
    const swept = await getMeter(stores[1].meters, `org#${full.id}`);
    const kept = await getOrganization(plane.deps.control, full.id);
    await reconcile(plane.deps, Date.now() + 2 * 86_400_000 + 60_000);

    expect(tombstone.value.status).toBe('deleted');
    expect(swept).toBeUndefined();
    expect(records.Items).toEqual([]);
    expect(kept).toBeDefined();
    expect(await getOrganization(plane.deps.control, full.id)).toBeUndefined();
  });

  test('of holds is returned to the meter when their time has ended', async () => {
    const hourAgo = Date.now() - 3_600_000;
    await take(stores[1].meters, claimOf({ id: `org#${tenant.organization.id}` }), hold(50), hourAgo);

    const report = await run();

    expect(report.metersSwept).toBe(1);
    expect(await stores[1].meter(`org#${tenant.organization.id}`)).toMatchObject({ inflight: 0, balanceMicroUsd: 0 });
  });
});

describe('balance adjustments that a meter remembers', () => {
  test('are forgotten after a day, and not before', async () => {
    const full = await createFullTenant(plane.deps);
    const remembered = async (): Promise<string[]> => {
      const Key = { pk: { S: `org#${full.id}` } };
      const { Item } = await stores[0].store.getItem({ TableName: stores[0].tables.meter, Key });
      return Item?.['adjustments']?.SS ?? [];
    };
    const before = await remembered();
    const tenDaysBefore = Date.parse(full.createdAt) + 3_600_000;

    await reconcile(plane.deps, tenDaysBefore);
    const young = await remembered();
    await run();

    expect(before).toHaveLength(1);
    expect(young).toEqual(before);
    expect(await remembered()).toEqual([]);
  });
});

describe('a meter that says another amount than the records', () => {
  test('is reported with its organization, its region and the difference', async () => {
    const hourAgo = Date.now() - 3_600_000;
    const reservation = await take(
      stores[1].meters,
      claimOf({ id: `org#${tenant.organization.id}` }),
      hold(50),
      hourAgo,
    );
    await settleReservation(stores[1].meters, reservation, hold(14), hourAgo);

    const report = await run();

    const drift = { region: 'region-1', organization: tenant.organization.id, driftMicroUsd: 14 };
    expect(report.meterDrifts).toEqual([drift]);
    expect(plane.logs.filter(({ type }) => type === 'drift')).toMatchObject([drift]);
  });
});
