import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CredentialReference } from '../../../lambdas/store/policy.ts';
import { deleteSealedCredential, getSealedCredential, putSealedCredential } from '../../../lambdas/store/vault.ts';
import { startTestStore, type TestStore } from '../../fixtures/data-plane.ts';

let store: TestStore;

beforeAll(async () => {
  store = await startTestStore();
});

afterAll(() => store.close());

const reference: CredentialReference = { owner: 'workspace', credential: 'main', version: 1 };

function contextOf(workspace: string) {
  return { app: 'gatehouse', organization: 'o', workspace, provider: 'openai', credential: 'main' } as const;
}

async function put(workspace: string, at: CredentialReference, sealed = randomBytes(300)): Promise<Buffer> {
  const credential = { sealed, context: contextOf(workspace), lastFour: 'abcd' };
  await putSealedCredential(store.store, store.tables.vault, at, credential);
  return sealed;
}

const get = (workspace: string, at: CredentialReference) =>
  getSealedCredential(store.store, store.tables.vault, workspace, at);

describe('a sealed credential', () => {
  test('comes back byte for byte, with the context it was sealed under', async () => {
    const workspace = randomUUID();
    const sealed = await put(workspace, reference);

    const found = await get(workspace, reference);

    expect(found).toEqual({ sealed, context: contextOf(workspace) });
  });

  test('is not found by another workspace, version or owner', async () => {
    const workspace = randomUUID();
    await put(workspace, reference);

    const found = [
      await get(randomUUID(), reference),
      await get(workspace, { ...reference, version: 2 }),
      await get(workspace, { ...reference, owner: 'platform' }),
    ];

    expect(found).toEqual([undefined, undefined, undefined]);
  });

  test('of the platform is found from every workspace', async () => {
    const platform: CredentialReference = { owner: 'platform', credential: randomUUID(), version: 1 };
    const sealed = await put('platform', platform);

    const found = await get(randomUUID(), platform);

    expect(found?.sealed).toEqual(sealed);
  });

  test('keeps its older versions, which requests under way may still name', async () => {
    const workspace = randomUUID();
    const first = await put(workspace, reference);
    const second = await put(workspace, { ...reference, version: 2 });

    const found = [await get(workspace, reference), await get(workspace, { ...reference, version: 2 })];

    expect(found.map((credential) => credential?.sealed)).toEqual([first, second]);
  });

  test('is deleted by its version, and nothing else is', async () => {
    const workspace = randomUUID();
    await put(workspace, reference);
    const second = await put(workspace, { ...reference, version: 2 });

    for (const version of [1, 3]) {
      await deleteSealedCredential(store.store, store.tables.vault, workspace, { ...reference, version });
    }

    expect(await get(workspace, reference)).toBeUndefined();
    expect((await get(workspace, { ...reference, version: 2 }))?.sealed).toEqual(second);
  });
});
