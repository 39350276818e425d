import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  catalogPolicyId,
  type CatalogPolicy,
  getPolicy,
  type ProviderDeclaration,
} from '../../../../../lambdas/store/policy.ts';
import { type AdminAnswer, type AdminApi, startAdminApi } from '../../../../fixtures/admin-api.ts';
import { atEveryCrash, createCrashingWrites } from '../../../../fixtures/crashing-writes.ts';
import { newestAudit } from '../new-workspace.ts';

const crashes = createCrashingWrites();
let api: AdminApi;

beforeAll(async () => {
  api = await startAdminApi({ wrapStore: crashes.wrap });
});

afterAll(() => api.close());

const declaration = { baseUrl: 'https://llm.example.com/v1', models: [{ id: '*', free: true }] };
const newName = (): string => `p-${randomUUID()}`;
const put = (name: string, body: object = declaration, headers: Record<string, string> = {}): Promise<AdminAnswer> =>
  api.call('PUT', `/providers/${name}`, { body, headers });

async function published(name: string): Promise<ProviderDeclaration | undefined> {
  const { store, tables } = api.testStore;
  return (await getPolicy<CatalogPolicy>(store, tables.policy, catalogPolicyId))?.providers[name];
}

describe('putProvider', () => {
  it('declares a provider with defaults, and publishes what it was given', async () => {
    const name = newName();

    const { status, body, headers } = await put(name);

    const completed = { ...declaration, protocols: ['openai-chat', 'openai-embeddings'], auth: { kind: 'bearer' } };
    expect([status, headers.get('etag')]).toEqual([200, '"1"']);
    expect(body).toEqual({ name, ...completed, createdAt: expect.any(String), updatedAt: body.createdAt });
    expect(await published(name)).toEqual(completed);
    expect((await api.call('GET', `/providers/${name}`)).body).toEqual(body);
  });

  it('replaces a declaration and keeps when it was made', async () => {
    const name = newName();
    const { body: first } = await put(name);

    const { body, headers } = await put(name, { ...declaration, zeroRetention: true }, { 'if-match': '"1"' });

    expect(headers.get('etag')).toBe('"2"');
    expect(body).toMatchObject({ zeroRetention: true, createdAt: first.createdAt });
    expect(await published(name)).toMatchObject({ zeroRetention: true });
    const audit = await newestAudit(api, 'platform', 2);
    expect(audit.map(({ action }) => action)).toEqual(['provider.create', 'provider.update']);
    expect(audit[1]?.beforeDigest).toBe(audit[0]?.afterDigest);
  });

  it('changes nothing when it is told the same again', async () => {
    const name = newName();
    const first = await put(name);

    const second = await put(name);

    expect(second.body).toEqual(first.body);
    expect(second.headers.get('etag')).toBe('"1"');
  });

  it('refuses to replace what was changed since, or is not there', async () => {
    const name = newName();
    const absent = await put(name, declaration, { 'if-match': '"1"' });
    await put(name);
    await put(name, { ...declaration, baseUrl: 'https://theirs.example.com' });

    const stale = await put(name, { ...declaration, baseUrl: 'https://mine.example.com' }, { 'if-match': '"1"' });

    expect([absent.status, stale.status, stale.body.code]).toEqual([412, 412, 'etag_mismatch']);
    expect((await published(name))?.baseUrl).toBe('https://theirs.example.com');
  });

  it.each([
    ['a private address', { baseUrl: 'https://192.168.1.1/v1' }, 'body.baseUrl'],
    ['the metadata service', { baseUrl: 'https://169.254.169.254' }, 'body.baseUrl'],
    ['plain http', { baseUrl: 'http://llm.example.com' }, 'body.baseUrl'],
    ['something that is no URL', { baseUrl: 'llm' }, 'body.baseUrl'],
    ['a header that is not its own', { auth: { kind: 'header', name: 'host' } }, 'body.auth.name'],
    [
      'a model listed twice',
      {
        models: [
          { id: 'a', free: true },
          { id: 'a', free: true },
        ],
      },
      'body.models.1.id',
    ],
    ['a model without a price', { models: [{ id: 'a' }] }, 'body.models.0'],
    ['an unknown member', { colour: 'red' }, 'body.colour'],
  ])('refuses %s and names it', async (_name, changes, field) => {
    const name = newName();

    const { status, body } = await put(name, { ...declaration, ...changes });

    expect([status, body.errors[0].field]).toEqual([400, field]);
    expect(await published(name)).toBeUndefined();
  });

  it('refuses more than one policy can hold, so that others can still be published', async () => {
    const models = Array.from({ length: 750 }, (_, index) => ({ id: `${index}-${'m'.repeat(240)}`, free: true }));
    const names = [newName(), newName()] as const;
    const first = await put(names[0], { ...declaration, models });

    const second = await put(names[1], { ...declaration, models });
    const again = await put(names[0], { ...declaration, models, zeroRetention: true });
    await api.call('DELETE', `/providers/${names[0]}`);

    expect([first.status, second.status, again.status]).toEqual([200, 400, 200]);
    expect(second.body.errors[0].field).toBe('body.models');
  });

  it('allows private addresses where the operator does', async () => {
    const permissive = await startAdminApi({ allowPrivateProviders: true, testStore: api.testStore });

    const { status } = await permissive.call('PUT', `/providers/${newName()}`, {
      body: { ...declaration, baseUrl: 'http://127.0.0.1:11434/v1' },
    });
    await permissive.close();

    expect(status).toBe(200);
  });

  it('is completed by the same call, ETag included, after a crash at any write', async () => {
    const deaths = await atEveryCrash(crashes, {
      prepare: async () => {
        const name = newName();
        await put(name);
        return name;
      },
      act: (name) => put(name, { ...declaration, zeroRetention: true }, { 'if-match': '"1"' }),
      async assess({ status, headers }, name) {
        expect([status, headers.get('etag')]).toEqual([200, '"2"']);
        expect(await published(name)).toMatchObject({ zeroRetention: true });
      },
    });

    expect(deaths).toBeGreaterThanOrEqual(8);
  });
});

describe('listProviders', () => {
  it('pages through all declarations', async () => {
    const names = [newName(), newName()];
    for (const name of names) await put(name);

    const listed: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const { body }: AdminAnswer = await api.call('GET', `/providers?limit=1${cursor && `&cursor=${cursor}`}`);
      listed.push(...body.data.map(({ name }: { name: string }) => name));
      cursor = body.nextCursor;
    }

    expect(listed).toEqual(listed.toSorted());
    expect(listed).toEqual(expect.arrayContaining(names));
  });
});

describe('deleteProvider', () => {
  it('withdraws the declaration', async () => {
    const name = newName();
    await put(name);

    const { status } = await api.call('DELETE', `/providers/${name}`);

    expect([status, await published(name)]).toEqual([204, undefined]);
    expect((await api.call('GET', `/providers/${name}`)).status).toBe(404);
    expect((await api.call('DELETE', `/providers/${name}`)).status).toBe(404);
    expect(await newestAudit(api, 'platform', 1)).toMatchObject([
      { action: 'provider.delete', target: `provider/${name}`, afterDigest: null },
    ]);
  });

  it('refuses to withdraw what was changed since', async () => {
    const name = newName();
    await put(name);

    const { status } = await api.call('DELETE', `/providers/${name}`, { headers: { 'if-match': '"3"' } });

    expect(status).toBe(412);
    expect(await published(name)).toBeDefined();
  });

  it('is completed by the same call after a crash at any write', async () => {
    const deaths = await atEveryCrash(crashes, {
      prepare: async () => {
        const name = newName();
        await put(name);
        return name;
      },
      act: (name) => api.call('DELETE', `/providers/${name}`),
      async assess({ status }, name) {
        // 404 where all was done but the answer.
        expect([204, 404]).toContain(status);
        expect(await published(name)).toBeUndefined();
      },
    });

    expect(deaths).toBeGreaterThanOrEqual(8);
  });
});
