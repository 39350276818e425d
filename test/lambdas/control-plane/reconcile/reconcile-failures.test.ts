import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ControlPlaneDependencies } from '../../../../lambdas/control-plane/admin/dependencies.ts';
import { publishKey, publishWorkspace } from '../../../../lambdas/control-plane/publication/publish.ts';
import { reconcile } from '../../../../lambdas/control-plane/reconcile/reconcile.ts';
import { type StoreClient, StoreError } from '../../../../lambdas/store/client.ts';
import { getKey, replaceKey } from '../../../../lambdas/store/control/key.ts';
import { deletePolicy, getPolicy, keyPolicyId, type KeyPolicy } from '../../../../lambdas/store/policy.ts';
import {
  createControlPlane,
  createPublishedTenant,
  type TenantInControl,
  type TestControlPlane,
} from '../../../fixtures/control-plane.ts';
import { startTestStore, type TestStore } from '../../../fixtures/data-plane.ts';

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
const placeOf = () => ({ organization: tenant.organization.id, workspace: tenant.workspace.id });
const run = (deps: ControlPlaneDependencies = plane.deps) => reconcile(deps, Date.now());

function policyAt<Policy extends { version: number }>(region: 0 | 1, id: string): Promise<Policy | undefined> {
  const { store, tables } = stores[region];
  return getPolicy<Policy>(store, tables.policy, id);
}

/** A store that does not answer about one table, or about one item of it. */
function withoutAnswer(store: StoreClient, table: string, partitionKey?: string): StoreClient {
  const check = (input: { TableName: string | undefined; Item?: Record<string, { S?: string }> }): void => {
    const concerned = partitionKey === undefined || input.Item?.['pk']?.S === partitionKey;
    if (input.TableName === table && concerned) throw new StoreError('rejected', 'refused');
  };
  return {
    ...store,
    async scan(input) {
      if (partitionKey === undefined) check(input);
      return store.scan(input);
    },
    async putItem(input) {
      check(input as never);
      return store.putItem(input);
    },
  };
}

describe('a failure', () => {
  test('of one region leaves it reported as unreachable, and the others mended', async () => {
    const { deps } = plane;
    const [home, away] = deps.dataPlanes as unknown as [(typeof deps.dataPlanes)[0], (typeof deps.dataPlanes)[0]];
    await deletePolicy(home.store, home.tables.policy, keyId());
    const broken = { ...away, store: withoutAnswer(away.store, away.tables.policy) };

    const report = await run({ ...deps, dataPlanes: [home, broken] });

    expect(report.endpoints).toMatchObject([
      { region: 'region-0', status: 'repaired', missing: 1 },
      { region: 'region-1', status: 'unreachable', items: 0 },
    ]);
    expect(report.failures).toBe(1);
    expect(await policyAt(0, keyId())).toBeDefined();
    expect(plane.logs).toMatchObject([{ type: 'fault', kind: 'unexpected-error', error: 'StoreError' }]);
  });

  test('of one tenant does not keep the next from being mended', async () => {
    const { deps } = plane;
    const [home] = deps.dataPlanes;
    const others = keyPolicyId(neighbour.key.stored.value.id);
    for (const id of [keyId(), others]) await deletePolicy(home.store, home.tables.policy, id);
    const broken = { ...home, store: withoutAnswer(home.store, home.tables.policy, keyId()) };

    const report = await run({ ...deps, dataPlanes: [broken] });

    expect(report.endpoints).toMatchObject([{ status: 'unreachable', missing: 2 }]);
    expect(await policyAt(0, keyId())).toBeUndefined();
    expect(await policyAt(0, others)).toBeDefined();
    expect((await run()).endpoints[0]).toMatchObject({ status: 'repaired', missing: 1 });
  });
});

describe('beside admin calls', () => {
  test('never brings an older policy back', { timeout: 60_000 }, async () => {
    const { deps } = plane;
    const { id } = tenant.key.stored.value;
    const admin = { changing: true };
    const change = async (): Promise<void> => {
      for (let index = 0; index < 40; index += 1) {
        const { value, version } = (await getKey(deps.control, tenant.workspace.id, id))!;
        const changed = { ...value, name: `change ${index}` };
        const next = await replaceKey(deps.control, changed, version);
        if (next === undefined) continue;
        await publishKey(deps, { value: changed, version: next });
        await publishWorkspace(deps, placeOf());
        expect((await policyAt<KeyPolicy>(1, keyId()))?.name).toBe(changed.name);
      }
      admin.changing = false;
    };
    const mend = async (): Promise<void> => {
      while (admin.changing) expect((await run()).failures).toBe(0);
    };

    await Promise.all([change(), mend(), mend()]);

    expect((await run()).endpoints).toMatchObject([{ status: 'fresh' }, { status: 'fresh' }]);
  });
});
