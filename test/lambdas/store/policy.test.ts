import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StoreClient } from '../../../lambdas/store/client.ts';
import {
  catalogPolicyId,
  deletePolicy,
  getPolicy,
  keyPolicyId,
  putPolicy,
  putPolicyIfNewer,
  scanPolicies,
  workspacePolicyId,
} from '../../../lambdas/store/policy.ts';
import { startTestStore, type TestStore } from '../../fixtures/data-plane.ts';

let store: TestStore;

beforeAll(async () => {
  store = await startTestStore();
});

afterAll(() => store.close());

describe('a policy', () => {
  test('comes back as it was written, names and text of any kind included', async () => {
    const id = keyPolicyId(randomUUID());
    const policy = { version: 7, name: 'Zoë\u2028 "quoted" 雪', nested: { list: [1, 2.5, null], empty: {} } };

    await putPolicy(store.store, store.tables.policy, id, policy);

    expect(await getPolicy(store.store, store.tables.policy, id)).toEqual(policy);
  });

  test('is replaced as a whole', async () => {
    const id = workspacePolicyId(randomUUID());
    await putPolicy(store.store, store.tables.policy, id, { version: 1, old: true } as { version: number });

    await putPolicy(store.store, store.tables.policy, id, { version: 2 });

    expect(await getPolicy(store.store, store.tables.policy, id)).toEqual({ version: 2 });
  });

  test('that does not exist is absent, not an error', async () => {
    const policy = await getPolicy(store.store, store.tables.policy, keyPolicyId(randomUUID()));

    expect(policy).toBeUndefined();
  });

  test('is read consistently, or a revocation could be missed', async () => {
    const reads: unknown[] = [];
    const recording: StoreClient = {
      ...store.store,
      getItem: (input) => {
        reads.push(input.ConsistentRead);
        return store.store.getItem(input);
      },
    };

    await getPolicy(recording, store.tables.policy, catalogPolicyId);

    expect(reads).toEqual([true]);
  });

  test('of a key never lies where one of a workspace or the catalog does', () => {
    const ids = [keyPolicyId('a'), workspacePolicyId('a'), catalogPolicyId, keyPolicyId('providers')];

    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('a policy that is published', () => {
  test('goes over an older one and over none, and never over one as new or newer', async () => {
    const id = keyPolicyId(randomUUID());
    const versions: unknown[] = [];
    for (const version of [2, 1, 2, 3]) {
      const policy = { version, attempt: versions.length } as { version: number };
      await putPolicyIfNewer(store.store, store.tables.policy, id, policy);
      versions.push(await getPolicy(store.store, store.tables.policy, id));
    }

    const second = { version: 2, attempt: 0 };
    expect(versions).toEqual([second, second, second, { version: 3, attempt: 3 }]);
  });

  test('is deleted only while it has no newer version than was seen, or whatever it has', async () => {
    const id = keyPolicyId(randomUUID());
    await putPolicy(store.store, store.tables.policy, id, { version: 2 });

    await deletePolicy(store.store, store.tables.policy, id, 1);
    const kept = await getPolicy(store.store, store.tables.policy, id);
    await deletePolicy(store.store, store.tables.policy, id);
    await deletePolicy(store.store, store.tables.policy, id, 2);

    expect(kept).toEqual({ version: 2 });
    expect(await getPolicy(store.store, store.tables.policy, id)).toBeUndefined();
  });

  test('is found by a scan, whatever its id', async () => {
    const ids = [keyPolicyId(randomUUID()), `future#${randomUUID()}`];
    for (const id of ids) await putPolicy(store.store, store.tables.policy, id, { version: 4 });

    const found = [];
    for await (const { id, version, policy } of scanPolicies(store.store, store.tables.policy)) {
      if (ids.includes(id)) found.push({ id, version, policy });
    }

    expect(found.toSorted((one, other) => (one.id < other.id ? -1 : 1))).toEqual(
      ids.toSorted().map((id) => ({ id, version: 4, policy: { version: 4 } })),
    );
  });
});
