import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type CredentialPlace,
  deleteCredentialUses,
  getServedVersion,
  recordServedVersion,
} from '../../../lambdas/store/credential-use.ts';
import type { UsageStore } from '../../../lambdas/store/usage-rollup.ts';
import { startTestStore, type TestStore } from '../../fixtures/data-plane.ts';

let store: TestStore;
let usage: UsageStore;

beforeAll(async () => {
  store = await startTestStore();
  usage = { store: store.store, table: store.tables.usage };
});

afterAll(() => store.close());

const ownPlace = (): CredentialPlace => ({ owner: 'workspace', workspace: randomUUID(), provider: 'openai' });

test('there is no served version before the first use', async () => {
  expect(await getServedVersion(usage, ownPlace())).toBeUndefined();
});

test('the served version is the highest, in whatever order uses come', async () => {
  const place = ownPlace();

  for (const version of [2, 10, 9]) await recordServedVersion(usage, place, version);

  expect(await getServedVersion(usage, place)).toBe(10);
});

test("a credential of the platform is one for all workspaces, and not a workspace's own", async () => {
  const provider = randomUUID();
  await recordServedVersion(usage, { owner: 'platform', workspace: 'one', provider }, 3);

  const places: CredentialPlace[] = [
    { owner: 'platform', workspace: 'two', provider },
    { owner: 'workspace', workspace: 'one', provider },
    { owner: 'workspace', workspace: 'platform', provider },
  ];
  const found = await Promise.all(places.map((place) => getServedVersion(usage, place)));

  expect(found).toEqual([3, undefined, undefined]);
});

test("deleting a workspace's uses leaves those of others", async () => {
  const [gone, other] = [ownPlace(), ownPlace()];
  const second = { ...gone, provider: 'anthropic' };
  for (const place of [gone, second, other]) await recordServedVersion(usage, place, 1);

  await deleteCredentialUses(usage, gone.workspace);

  const found = await Promise.all([gone, second, other].map((place) => getServedVersion(usage, place)));
  expect(found).toEqual([undefined, undefined, 1]);
});

test('a fault of the store is not taken for a lower version', async () => {
  const missing = { ...usage, table: 'missing' };

  await expect(recordServedVersion(missing, ownPlace(), 1)).rejects.toMatchObject({ kind: 'rejected' });
});
