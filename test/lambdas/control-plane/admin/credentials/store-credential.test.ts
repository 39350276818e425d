import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { platformPlace } from '../../../../../lambdas/control-plane/admin/credentials/credential-place.ts';
import { readProviderSecret } from '../../../../../lambdas/control-plane/admin/credentials/provider-secret.ts';
import { removeCredential } from '../../../../../lambdas/control-plane/admin/credentials/remove-credential.ts';
import {
  type SealedSecret,
  sealForEveryRegion,
} from '../../../../../lambdas/control-plane/admin/credentials/sealed-everywhere.ts';
import { storeCredential } from '../../../../../lambdas/control-plane/admin/credentials/store-credential.ts';
import type { ControlPlaneDependencies } from '../../../../../lambdas/control-plane/admin/dependencies.ts';
import { openSecret } from '../../../../../lambdas/crypto/envelope.ts';
import { KeyWrapperError } from '../../../../../lambdas/crypto/key-wrapper-error.ts';
import type { KeyGenerator } from '../../../../../lambdas/crypto/key-wrapper.ts';
import { createLocalKeyWrapper } from '../../../../../lambdas/crypto/local-key-wrapper.ts';
import type { StoreClient } from '../../../../../lambdas/store/client.ts';
import { getCredential } from '../../../../../lambdas/store/control/credential.ts';
import { getSealedCredential } from '../../../../../lambdas/store/vault.ts';
import { createCrashingWrites } from '../../../../fixtures/crashing-writes.ts';
import { startTestStore, type TestStore } from '../../../../fixtures/data-plane.ts';

/*
 * Two regions, each with a store and a vault key of its own.
 */

const regions = ['eu-west-1', 'us-east-1'] as const;
const wrappers = regions.map((_, index) => createLocalKeyWrapper(Buffer.alloc(32, index + 1)));
const farAway = createCrashingWrites();
/** What somebody else does just before the next item whose sort key begins so is put at home. */
let meanwhile: { readonly sortKey: string; act(): Promise<unknown> } | undefined;
let stores: [TestStore, TestStore];
let deps: ControlPlaneDependencies;

beforeAll(async () => {
  stores = await Promise.all([startTestStore(), startTestStore()]);
  const [{ store: plain, tables }, far] = stores;
  const putItem: StoreClient['putItem'] = async (input) => {
    const due = meanwhile;
    if (due !== undefined && input.Item?.['sk']?.S?.startsWith(due.sortKey) === true) {
      meanwhile = undefined;
      await due.act();
    }
    return plain.putItem(input);
  };
  const home = { store: { ...plain, putItem }, tables };
  deps = {
    control: { store: home.store, table: home.tables.control },
    audit: { store: home.store, table: home.tables.audit },
    dataPlanes: [
      { region: regions[0], store: home.store, tables: home.tables },
      { region: regions[1], store: farAway.wrap(far.store), tables: far.tables },
    ],
    keyGenerators: new Map(regions.map((region, index) => [region, wrappers[index]!.generator])),
    allowPrivateProviders: false,
    logger: { fault() {}, admin() {}, drift() {} },
    now: Date.now,
  };
});

afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()));
});

const seal = (provider: string, secret: string): Promise<SealedSecret> =>
  sealForEveryRegion(deps, platformPlace(provider), readProviderSecret(secret, { kind: 'platform' }));

const contextOf = (ifMatch?: number) => ({ deps, ifMatch, now: Date.now(), audit: async () => {} });
const store = (provider: string, secret: SealedSecret, ifMatch?: number) =>
  storeCredential(contextOf(ifMatch), platformPlace(provider), secret, false);

async function openIn(index: 0 | 1, provider: string, version: number, unwrapper = wrappers[index]!.unwrapper) {
  const reference = { owner: 'platform', credential: provider, version } as const;
  const { store: client, tables } = stores[index];
  const found = await getSealedCredential(client, tables.vault, 'any', reference);
  return found && (await openSecret(found.sealed, found.context, unwrapper)).reveal();
}

describe('storeCredential', () => {
  it('seals for each region under that region’s own key', async () => {
    const provider = randomUUID();

    await store(provider, await seal(provider, 'secret-of-both'));

    expect(await openIn(0, provider, 1)).toBe('secret-of-both');
    expect(await openIn(1, provider, 1)).toBe('secret-of-both');
    await expect(openIn(1, provider, 1, wrappers[0]!.unwrapper)).rejects.toThrow('refused');
  });

  it('changes nothing while one region cannot be reached, and names it', async () => {
    const provider = randomUUID();
    await store(provider, await seal(provider, 'first-secret'));

    farAway.crashAt(1, false);
    const refused = store(provider, await seal(provider, 'second-secret'));
    await expect(refused).rejects.toMatchObject({
      code: 'store_unavailable',
      status: 503,
      detail: expect.stringContaining('us-east-1'),
    });
    farAway.recover();

    const stored = await getCredential(deps.control, { kind: 'platform' }, provider);
    expect(stored).toMatchObject({ version: 1, value: { secretVersion: 1 } });
  });

  it('takes a secret out of the vaults again that came too late to be used', async () => {
    const provider = randomUUID();
    await store(provider, await seal(provider, 'first-secret'));
    const theirs = await seal(provider, 'their-secret');

    meanwhile = { sortKey: `${provider}#2`, act: () => store(provider, theirs) };
    const mine = store(provider, await seal(provider, 'my-secret-1'), 1);

    await expect(mine).rejects.toMatchObject({ code: 'etag_mismatch' });
    expect([await openIn(0, provider, 2), await openIn(1, provider, 2)]).toEqual([undefined, undefined]);
    expect(await openIn(0, provider, 3)).toBe('their-secret');
  });

  it('stores a secret anew that a deletion took out of the vaults before there was a record of it', async () => {
    const provider = randomUUID();

    meanwhile = {
      sortKey: `credential#${provider}`,
      act: () => removeCredential(contextOf(), platformPlace(provider)),
    };
    const { value } = await store(provider, await seal(provider, 'secret-of-both'));

    expect(value.secretVersion).toBe(2);
    expect([await openIn(0, provider, 2), await openIn(1, provider, 2)]).toEqual(['secret-of-both', 'secret-of-both']);
  });

  it('says so when the key service does not answer', async () => {
    const generator: KeyGenerator = {
      async generateDataKey() {
        throw new KeyWrapperError('unavailable', 'no answer');
      },
    };
    const keyGenerators = new Map(regions.map((region) => [region, generator]));

    const sealed = sealForEveryRegion(
      { ...deps, keyGenerators },
      platformPlace('openai'),
      readProviderSecret('secret-1', { kind: 'platform' }),
    );

    await expect(sealed).rejects.toMatchObject({ code: 'store_unavailable', status: 503 });
  });
});
