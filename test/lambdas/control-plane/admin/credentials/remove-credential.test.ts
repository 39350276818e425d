import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AdminApi, startAdminApi } from '../../../../fixtures/admin-api.ts';
import { atEveryCrash, createCrashingWrites } from '../../../../fixtures/crashing-writes.ts';
import { newestAudit, newWorkspace } from '../new-workspace.ts';
import { createCredentialLab, type CredentialLab, newSecret, pathOf } from './credential-lab.ts';

const crashes = createCrashingWrites();
let api: AdminApi;
let lab: CredentialLab;

beforeAll(async () => {
  api = await startAdminApi({ wrapStore: crashes.wrap });
  lab = createCredentialLab(api);
});

afterAll(() => api.close());

describe('deleteCredential', () => {
  it('leaves nothing in record, policy and vault', async () => {
    const place = await newWorkspace(api);
    await lab.put(place, newSecret());
    await lab.put(place, newSecret());

    const { status } = await api.call('DELETE', pathOf(place));

    expect(status).toBe(204);
    expect(await lab.referenceOf(place)).toBeUndefined();
    expect(await lab.inVault(place)).toEqual([]);
    expect((await api.call('GET', pathOf(place))).status).toBe(404);
    expect((await api.call('DELETE', pathOf(place))).status).toBe(404);
    expect(await newestAudit(api, place.organization, 1)).toMatchObject([
      { action: 'credential.delete', afterDigest: null },
    ]);
  });

  it('gives no version twice, because data planes keep opened secrets by it', async () => {
    const place = await newWorkspace(api);
    await lab.put(place, newSecret());
    await api.call('DELETE', pathOf(place));

    await lab.put(place, newSecret());

    expect(await lab.referenceOf(place)).toMatchObject({ version: 2 });
    expect(await lab.inVault(place)).toEqual(['openai#2']);
  });

  it('refuses to delete what was changed since', async () => {
    const place = await newWorkspace(api);
    const secret = newSecret();
    await lab.put(place, secret);

    const { status } = await api.call('DELETE', pathOf(place), { headers: { 'if-match': '"7"' } });

    expect(status).toBe(412);
    expect(await lab.open(place, await lab.referenceOf(place))).toBe(secret);
  });

  it('works for a provider that is declared no more', async () => {
    const place = await newWorkspace(api);
    const body = { baseUrl: 'https://gone.example.com', models: [{ id: '*', free: true }] };
    await api.call('PUT', '/providers/gone', { body });
    await api.call('PUT', pathOf(place, 'gone'), { body: { secret: newSecret() } });
    await api.call('DELETE', '/providers/gone');

    const { status } = await api.call('DELETE', pathOf(place, 'gone'));

    expect([status, await lab.inVault(place)]).toEqual([204, []]);
  });

  it('is completed by the same call after a crash at any write', async () => {
    const deaths = await atEveryCrash(crashes, {
      prepare: async () => {
        const place = await newWorkspace(api);
        await lab.put(place, newSecret());
        await lab.put(place, newSecret());
        return place;
      },
      act: (place) => api.call('DELETE', pathOf(place)),
      async assess({ status }, place) {
        // 404 where all was done but the answer.
        expect([204, 404]).toContain(status);
        expect([await lab.referenceOf(place), await lab.inVault(place)]).toEqual([undefined, []]);
      },
    });

    expect(deaths).toBeGreaterThanOrEqual(14);
  });

  it('clears what a call left in the vault that died before it made a credential', async () => {
    const place = await newWorkspace(api);
    // Audit entry, version, vault.
    crashes.crashAt(3, true);
    await lab.put(place, newSecret());
    crashes.recover();
    const left = await lab.inVault(place);

    const { status } = await api.call('DELETE', pathOf(place));

    expect([left, status, await lab.inVault(place)]).toEqual([['openai#1'], 204, []]);
  });

  it('ends with a secret that opens or with none, when others store one at the same time', async () => {
    const place = await newWorkspace(api);
    for (let round = 0; round < 5; round += 1) {
      await Promise.all([
        lab.put(place, newSecret()),
        api.call('DELETE', pathOf(place)),
        lab.put(place, newSecret()),
        api.call('DELETE', pathOf(place)),
      ]);

      const reference = await lab.referenceOf(place);
      const { status, body } = await api.call('GET', pathOf(place));
      if (status === 404) expect([reference, await lab.inVault(place)]).toEqual([undefined, []]);
      else expect((await lab.open(place, reference)).slice(-4)).toBe(body.lastFour);
    }
  });
});
