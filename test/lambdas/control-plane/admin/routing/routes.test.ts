import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listCatalogModels } from '../../../../../lambdas/metering/catalog/catalog.ts';
import {
  getPolicy,
  type RoutePolicy,
  workspacePolicyId,
  type WorkspacePolicy,
} from '../../../../../lambdas/store/policy.ts';
import { type AdminAnswer, type AdminApi, startAdminApi } from '../../../../fixtures/admin-api.ts';
import { atEveryCrash, createCrashingWrites } from '../../../../fixtures/crashing-writes.ts';
import { newestAudit, newWorkspace } from '../new-workspace.ts';

const crashes = createCrashingWrites();
let api: AdminApi;
let organization: string;
let workspace: string;

beforeAll(async () => {
  api = await startAdminApi({ wrapStore: crashes.wrap });
  ({ organization, workspace } = await newWorkspace(api));
  const price = { inputPerMillion: 1, outputPerMillion: 1 };
  const declared = { baseUrl: 'https://lab.example.com', auth: { kind: 'none' } };
  await api.call('PUT', '/providers/lab', { body: { ...declared, models: [{ id: 'known', price }] } });
  await api.call('PUT', '/providers/any', { body: { ...declared, models: [{ id: '*', free: true }] } });
});

afterAll(() => api.close());

const known = { targets: [{ provider: 'lab', model: 'known' }] };
const newName = (): string => `r-${randomUUID()}`;
const put = (name: string, body: object = known, headers: Record<string, string> = {}): Promise<AdminAnswer> =>
  api.call('PUT', `/workspaces/${workspace}/routes/${name}`, { body, headers });

function policy(): Promise<WorkspacePolicy | undefined> {
  const { store, tables } = api.testStore;
  return getPolicy<WorkspacePolicy>(store, tables.policy, workspacePolicyId(workspace));
}

const published = async (name: string): Promise<RoutePolicy | undefined> => (await policy())?.routes[name];

describe('putRoute', () => {
  it('makes a route with defaults, and publishes it at once', async () => {
    const name = newName();

    const { status, body, headers } = await put(name);

    expect([status, headers.get('etag')]).toEqual([200, '"1"']);
    expect(body).toEqual({
      name,
      workspace,
      strategy: 'ordered',
      ...known,
      createdAt: expect.any(String),
      updatedAt: body.createdAt,
    });
    expect(await published(name)).toEqual({ strategy: 'ordered', ...known });
    expect((await api.call('GET', `/workspaces/${workspace}/routes/${name}`)).body).toEqual(body);
    expect(await newestAudit(api, organization, 1)).toMatchObject([
      { action: 'route.create', target: `route/${workspace}/${name}`, beforeDigest: null },
    ]);
  });

  it('takes models of the built-in catalog, declared ones and any name where a declaration has "*"', async () => {
    const [model] = listCatalogModels('openai');
    const targets = [
      { provider: 'openai', model: model?.id, weight: 0 },
      { provider: 'lab', model: 'known', weight: 3 },
      { provider: 'any', model: 'whatever' },
    ];
    const name = newName();

    const { status } = await put(name, { strategy: 'weighted', targets, timeouts: { totalMs: 5000 }, retries: 2 });

    expect(status).toBe(200);
    expect(await published(name)).toEqual({ strategy: 'weighted', targets, timeouts: { totalMs: 5000 }, retries: 2 });
  });

  it.each([
    [
      'a provider that is not there',
      { targets: [{ provider: 'nowhere', model: 'm' }] },
      'body.targets.0.provider',
      'PUT /providers',
    ],
    [
      'a model that its provider is not declared with',
      { targets: [...known.targets, { provider: 'lab', model: 'other' }] },
      'body.targets.1.model',
      'declared with',
    ],
    [
      'a model that nobody knows a price of',
      { targets: [{ provider: 'openai', model: 'gpt-unheard-of' }] },
      'body.targets.0.model',
      'price',
    ],
    [
      'weights that are all 0',
      { strategy: 'weighted', targets: [{ provider: 'lab', model: 'known', weight: 0 }] },
      'body.targets',
      'above 0',
    ],
    ['no target', { targets: [] }, 'body.targets', ''],
    ['an unknown member', { ...known, colour: 'red' }, 'body.colour', ''],
  ])('refuses %s, names it and says what would be right', async (_name, body, field, hint) => {
    const name = newName();

    const answer = await put(name, body);

    expect([answer.status, answer.body.errors[0].field]).toEqual([400, field]);
    expect(answer.body.errors[0].message).toContain(hint);
    expect(await published(name)).toBeUndefined();
  });

  it('follows the declaration that takes the place of a built-in provider', async () => {
    const own = { baseUrl: 'https://proxy.example.com', models: [{ id: 'house-model', free: true }] };
    await api.call('PUT', '/providers/groq', { body: own });

    const { status } = await put(newName(), { targets: [{ provider: 'groq', model: 'house-model' }] });
    await api.call('DELETE', '/providers/groq');
    const after = await put(newName(), { targets: [{ provider: 'groq', model: 'house-model' }] });

    expect([status, after.status]).toEqual([200, 400]);
  });

  it('refuses a change of what was changed since', async () => {
    const name = newName();
    await put(name);
    await put(name, { ...known, retries: 1 });

    const { status, body } = await put(name, { ...known, retries: 2 }, { 'if-match': '"1"' });

    expect([status, body.code]).toEqual([412, 'etag_mismatch']);
    expect((await published(name))?.retries).toBe(1);
  });

  it('refuses more routes than one policy can hold', async () => {
    const own = await newWorkspace(api);
    const targets = Array.from({ length: 20 }, (_, index) => ({
      provider: 'any',
      model: `${index}${'m'.repeat(250)}`,
    }));
    const statuses: number[] = [];
    for (let index = 0; !statuses.includes(400) && index < 100; index += 1) {
      const { status } = await api.call('PUT', `/workspaces/${own.workspace}/routes/r${index}`, { body: { targets } });
      statuses.push(status);
    }

    const other = await api.call('POST', `/workspaces/${own.workspace}/keys`, { body: { name: 'k' } });

    expect([statuses.at(0), statuses.at(-1)]).toEqual([200, 400]);
    expect(other.status).toBe(201);
  });

  it('is completed by the same call, ETag included, after a crash at any write', async () => {
    const deaths = await atEveryCrash(crashes, {
      prepare: async () => {
        const name = newName();
        await put(name);
        return name;
      },
      act: (name) => put(name, { ...known, retries: 3 }, { 'if-match': '"1"' }),
      async assess({ status, headers }, name) {
        expect([status, headers.get('etag')]).toEqual([200, '"2"']);
        const { policyVersion } = await api.testStore.meter(`org#${organization}`);
        expect((await policy())?.routes[name]?.retries).toBe(3);
        expect((await policy())?.version).toBe(policyVersion);
      },
    });

    expect(deaths).toBeGreaterThanOrEqual(10);
  });
});

describe('listRoutes', () => {
  it('lists those of the workspace, page by page', async () => {
    const own = await newWorkspace(api);
    const path = `/workspaces/${own.workspace}/routes`;
    for (const name of ['b', 'a']) await api.call('PUT', `${path}/${name}`, { body: known });

    const first = (await api.call('GET', `${path}?limit=1`)).body;
    const second = (await api.call('GET', `${path}?limit=1&cursor=${first.nextCursor}`)).body;

    const names = [...first.data, ...second.data].map(({ name }: { name: string }) => name);
    expect([names, second.nextCursor]).toEqual([['a', 'b'], null]);
  });
});

describe('deleteRoute', () => {
  const remove = (name: string, headers: Record<string, string> = {}): Promise<AdminAnswer> =>
    api.call('DELETE', `/workspaces/${workspace}/routes/${name}`, { headers });

  it('takes the route out of force', async () => {
    const name = newName();
    await put(name);

    const { status } = await remove(name);

    expect([status, await published(name)]).toEqual([204, undefined]);
    expect((await remove(name)).status).toBe(404);
    expect((await api.call('GET', `/workspaces/${workspace}/routes/${name}`)).status).toBe(404);
    expect(await newestAudit(api, organization, 1)).toMatchObject([{ action: 'route.delete', afterDigest: null }]);
  });

  it('refuses to delete what was changed since', async () => {
    const name = newName();
    await put(name);

    const { status } = await remove(name, { 'if-match': '"2"' });

    expect([status, await published(name)]).toEqual([412, { strategy: 'ordered', ...known }]);
  });

  it('is completed by the same call after a crash at any write', async () => {
    const deaths = await atEveryCrash(crashes, {
      prepare: async () => {
        const name = newName();
        await put(name);
        return name;
      },
      act: (name) => remove(name),
      async assess({ status }, name) {
        // 404 where all was done but the answer.
        expect([204, 404]).toContain(status);
        expect((await policy())?.routes).not.toHaveProperty(name);
        expect((await api.testStore.meter(`org#${organization}`)).policyVersion).toBe((await policy())?.version);
      },
    });

    expect(deaths).toBeGreaterThanOrEqual(10);
  });
});
