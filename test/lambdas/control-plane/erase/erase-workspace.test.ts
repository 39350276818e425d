import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eraseWorkspace } from '../../../../lambdas/control-plane/erase/erase-workspace.ts';
import { putLocation } from '../../../../lambdas/store/control/location.ts';
import { getWorkspace, replaceWorkspace } from '../../../../lambdas/store/control/workspace.ts';
import { settleReservation } from '../../../../lambdas/store/meter.ts';
import {
  createControlPlane,
  createPublishedTenant,
  createWorkspaceRecord,
  dumpTables,
  fillWorkspace,
} from '../../../fixtures/control-plane.ts';
import { createCrashingWrites } from '../../../fixtures/crashing-writes.ts';
import { startTestStore, type TestStore } from '../../../fixtures/data-plane.ts';
import { claimOf, hold, take } from '../../../fixtures/meters.ts';

let stores: [TestStore, TestStore];

beforeAll(async () => {
  stores = [await startTestStore(), await startTestStore()];
});

afterAll(async () => {
  for (const store of stores) await store.close();
});

const soon = (): number => Date.now() + 60_000;

/** Ids of everything that is in a table, but for requests and sums: those are the organization's. */
async function itemIds(): Promise<string[]> {
  const items = (await dumpTables(stores)) as { store: number; table: string; pk: { S: string }; sk?: { S: string } }[];
  return items
    .filter(({ table, pk }) => table !== 'requests' && !(table === 'usage' && pk.S.startsWith('org#')))
    .map(({ store, table, pk, sk }) => [store, table, pk.S, sk?.S].join(' '));
}

describe('erasing a workspace', () => {
  test('leaves nothing of it but its requests, and the organization’s other workspace as it was', async () => {
    const { deps } = createControlPlane(stores);
    const { organization } = await createPublishedTenant(deps);
    await fillWorkspace(deps, await createWorkspaceRecord(deps, organization.id));
    const before = await itemIds();
    const workspace = await createWorkspaceRecord(deps, organization.id);
    await fillWorkspace(deps, workspace);

    const erasure = await eraseWorkspace(deps, { organization: organization.id, workspace: workspace.id }, soon());

    expect(erasure).toBe('erased');
    expect(await itemIds()).toEqual(before);
  });

  test('is refused where it belongs to another organization, which keeps all of it', async () => {
    const { deps } = createControlPlane(stores);
    const mine = await createPublishedTenant(deps);
    const theirs = await createPublishedTenant(deps);
    const before = await dumpTables(stores);

    const erasing = eraseWorkspace(
      deps,
      { organization: mine.organization.id, workspace: theirs.workspace.id },
      soon(),
    );

    await expect(erasing).rejects.toMatchObject({ code: 'not_found', status: 404 });
    expect(await dumpTables(stores)).toEqual(before);
  });

  test('waits for a request under way, out of force already', async () => {
    const { deps } = createControlPlane(stores);
    const { organization, workspace, key } = await createPublishedTenant(deps);
    const place = { organization: organization.id, workspace: workspace.id };
    const { meters } = stores[1];
    const reservation = await take(meters, claimOf({ id: `key#${key.stored.value.id}` }), hold(9), Date.now());

    const during = await eraseWorkspace(deps, place, soon());
    const policies = await stores[1].store.scan({ TableName: stores[1].tables.policy });
    await settleReservation(meters, reservation, hold(9), Date.now());
    const after = await eraseWorkspace(deps, place, soon());

    expect([during, after]).toEqual(['busy', 'erased']);
    expect(JSON.stringify(policies.Items)).not.toContain(workspace.id);
    expect(JSON.stringify(await dumpTables(stores))).not.toContain(workspace.id);
  });

  test('takes the place of a change that is made at the same time', async () => {
    const { deps } = createControlPlane(stores);
    const { organization, workspace } = await createPublishedTenant(deps);
    const place = { organization: organization.id, workspace: workspace.id };
    const renaming = async () => {
      const { value, version } = (await getWorkspace(deps.control, organization.id, workspace.id))!;
      await replaceWorkspace(deps.control, { ...value, name: 'renamed' }, version);
    };

    await Promise.all([renaming(), eraseWorkspace(deps, place, soon())]);

    expect(await getWorkspace(deps.control, organization.id, workspace.id)).toBeUndefined();
  });

  test('that never came to be takes away its location', async () => {
    const { deps } = createControlPlane(stores);
    const { organization } = await createPublishedTenant(deps);
    const place = { organization: organization.id, workspace: 'ws_half_made' };
    await putLocation(deps.control, 'workspace', place.workspace, place);

    expect(await eraseWorkspace(deps, place, soon())).toBe('erased');
    expect(JSON.stringify(await dumpTables(stores))).not.toContain(place.workspace);
  });

  test('that dies at any of its writes is completed by the same call', { timeout: 120_000 }, async () => {
    const crashes = createCrashingWrites();
    const { deps } = createControlPlane(stores, { wrap: crashes.wrap });
    const { organization } = await createPublishedTenant(deps);
    const before = await itemIds();
    const unfinished: unknown[] = [];
    let deaths = 0;
    for (; ; deaths += 1) {
      const workspace = await createWorkspaceRecord(deps, organization.id);
      await fillWorkspace(deps, workspace);
      const place = { organization: organization.id, workspace: workspace.id };
      crashes.crashAt(deaths + 1, deaths % 2 === 1);
      await eraseWorkspace(deps, place, soon()).catch(() => undefined);
      if (!crashes.recover()) break;
      const outcome = await eraseWorkspace(deps, place, soon());
      if (outcome !== 'erased') unfinished.push({ deaths, outcome });
    }

    expect(deaths).toBeGreaterThan(30);
    expect(unfinished).toEqual([]);
    const organizationMeters = (id: string) => !/ meter (org|budget)#/.test(id);
    expect((await itemIds()).filter(organizationMeters)).toEqual(before.filter(organizationMeters));
  });
});
