import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eraseWorkspace } from '../../../../../lambdas/control-plane/erase/erase-workspace.ts';
import { getLocation } from '../../../../../lambdas/store/control/location.ts';
import { getWorkspace, replaceWorkspace } from '../../../../../lambdas/store/control/workspace.ts';
import { getPolicy, workspacePolicyId, type WorkspacePolicy } from '../../../../../lambdas/store/policy.ts';
import { type AdminAnswer, type AdminApi, startAdminApi } from '../../../../fixtures/admin-api.ts';
import { atEveryCrash, createCrashingWrites } from '../../../../fixtures/crashing-writes.ts';

const crashes = createCrashingWrites();
/** The API's clock, ahead of the real one by what tests let pass. */
let ahead = 0;
let api: AdminApi;
let organization: string;

beforeAll(async () => {
  api = await startAdminApi({ wrapStore: crashes.wrap, now: () => Date.now() + ahead });
});

beforeEach(async () => {
  organization = (await api.call('POST', '/organizations', { body: { name: randomUUID() } })).body.id;
});

afterAll(() => api.close());

const create = (body: object, headers: Record<string, string> = {}): Promise<AdminAnswer> =>
  api.call('POST', `/organizations/${organization}/workspaces`, { body, headers });
const created = async (body: object = {}): Promise<string> => (await create({ name: randomUUID(), ...body })).body.id;
const policyOf = (id: string) =>
  getPolicy<WorkspacePolicy>(api.testStore.store, api.testStore.tables.policy, workspacePolicyId(id));

async function trail(): Promise<string[]> {
  const { body } = await api.call('GET', `/organizations/${organization}/audit-events?order=oldest`);
  return body.data.map(({ action, target }: { action: string; target: string }) => `${action} ${target}`);
}

it('shows a workspace whose name would not be taken any more', async () => {
  const id = await created();
  const { value, version } = (await getWorkspace(api.deps.control, organization, id))!;
  await replaceWorkspace(api.deps.control, { ...value, name: 'Ac\u200bme' }, version);

  expect((await api.call('GET', `/workspaces/${id}`)).body.name).toBe('Ac\u200bme');
  expect((await api.call('GET', `/organizations/${organization}/workspaces`)).status).toBe(200);
});

describe('createWorkspace', () => {
  it('creates one and publishes its policy in the same call', async () => {
    const limits = { requestsPerMinute: 3 };

    const { status, body, headers } = await create({ name: 'Lab', limits });

    expect([status, headers.get('etag')]).toEqual([201, '"1"']);
    expect(body).toEqual({
      id: expect.stringMatching(/^ws_[A-Za-z0-9]{16}$/),
      organization,
      name: 'Lab',
      limits,
      createdAt: expect.any(String),
      updatedAt: body.createdAt,
    });
    expect((await api.call('GET', `/workspaces/${body.id}`)).body).toEqual(body);
    expect((await policyOf(body.id))?.workspace).toEqual({ id: body.id, limits });
    expect(await trail()).toContain(`workspace.create workspace/${body.id}`);
  });

  it('refuses a name that another workspace of the organization has', async () => {
    await create({ name: 'Lab' });

    const { status, body } = await create({ name: 'LAB' });

    expect([status, body.code, body.errors[0].field]).toEqual([409, 'name_taken', 'body.name']);
    expect(await trail()).toHaveLength(2);
  });

  it('leaves the name free in other organizations', async () => {
    await create({ name: 'Lab' });
    organization = (await api.call('POST', '/organizations', { body: { name: randomUUID() } })).body.id;

    expect((await create({ name: 'Lab' })).status).toBe(201);
  });

  it('is completed by the same call after a crash at any write', async () => {
    const deaths = await atEveryCrash(crashes, {
      prepare: async () => ({ name: randomUUID(), key: randomUUID() }),
      act: ({ name, key }) => create({ name }, { 'idempotency-key': key }),
      pause: () => (ahead += 31_000),
      async assess({ status, body }, { name }) {
        expect([status, body.name]).toEqual([201, name]);
        expect((await api.call('GET', `/workspaces/${body.id}`)).body).toEqual(body);
        expect((await policyOf(body.id))?.workspace.id).toBe(body.id);
        expect((await create({ name })).body.code).toBe('name_taken');
        expect(await trail()).toContain(`workspace.create workspace/${body.id}`);
      },
    });

    expect(deaths).toBeGreaterThan(10);
  });

  it('refuses to repeat a call whose workspace is being deleted meanwhile', async () => {
    const key = { 'idempotency-key': randomUUID() };
    // The last write before the answer is remembered is the meter's, then the answer's.
    crashes.crashAt(7, true);
    await create({ name: 'Lab' }, key);
    crashes.recover();
    const { body: list } = await api.call('GET', `/organizations/${organization}/workspaces`);
    const stored = await getWorkspace(api.deps.control, organization, list.data[0].id);
    await replaceWorkspace(api.deps.control, { ...stored!.value, status: 'deleting' }, stored!.version);
    ahead += 31_000;

    const { status, body } = await create({ name: 'Lab' }, key);

    expect([status, body.code]).toEqual([409, 'being_deleted']);
  });
});

describe('listWorkspaces', () => {
  it('lists those of the organization, page by page, without those being deleted', async () => {
    const ids = [await created(), await created(), await created()].toSorted();
    const gone = await created();
    const stored = await getWorkspace(api.deps.control, organization, gone);
    await replaceWorkspace(api.deps.control, { ...stored!.value, status: 'deleting' }, stored!.version);

    const path = `/organizations/${organization}/workspaces?limit=2`;
    const first = await api.call('GET', path);
    const second = await api.call('GET', `${path}&cursor=${first.body.nextCursor}`);

    expect(first.body.data).toHaveLength(2);
    expect([...first.body.data, ...second.body.data].map(({ id }) => id)).toEqual(ids);
    expect(second.body.nextCursor).toBeNull();
  });

  it('refuses a cursor that is of another list', async () => {
    const cursor = Buffer.from(JSON.stringify('member#mem_1')).toString('base64url');

    const { status, body } = await api.call('GET', `/organizations/${organization}/workspaces?cursor=${cursor}`);

    expect([status, body.errors?.[0]?.field]).toEqual([400, 'query.cursor']);
  });
});

describe('updateWorkspace', () => {
  const patch = (id: string, body: object, headers: Record<string, string> = {}) =>
    api.call('PATCH', `/workspaces/${id}`, { body, headers });

  it('changes what is named, removes what is null, and publishes that', async () => {
    const id = await created({ limits: { requestsPerMinute: 3 } });
    const budget = { amountMicroUsd: 7, period: 'total' };

    const { status, body, headers } = await patch(id, { limits: null, budget });

    expect([status, headers.get('etag')]).toEqual([200, '"2"']);
    expect(body).toMatchObject({ budget });
    expect(body).not.toHaveProperty('limits');
    expect((await policyOf(id))?.workspace).toEqual({ id, budget });
    expect(await trail()).toContain(`workspace.update workspace/${id}`);
  });

  it('gives the old name back when it is renamed, and refuses one that is taken', async () => {
    const id = await created({ name: 'one' });
    await created({ name: 'two' });

    expect((await patch(id, { name: 'Two' })).body.code).toBe('name_taken');
    expect((await patch(id, { name: 'three' })).status).toBe(200);
    expect((await create({ name: 'one' })).status).toBe(201);
    expect((await create({ name: 'three' })).body.code).toBe('name_taken');
  });

  it('refuses an outdated If-Match with 412, and changes nothing', async () => {
    const id = await created();
    await patch(id, { name: 'newer' });

    const { status, body } = await patch(id, { name: 'older' }, { 'if-match': '"1"' });

    expect([status, body.code]).toEqual([412, 'etag_mismatch']);
    expect((await api.call('GET', `/workspaces/${id}`)).body.name).toBe('newer');
  });

  it('lets one of two changes bound to the same ETag through', async () => {
    const id = await created();

    const answers = await Promise.all([
      patch(id, { limits: { requestsPerDay: 1 } }, { 'if-match': '"1"' }),
      patch(id, { limits: { requestsPerDay: 2 } }, { 'if-match': '"1"' }),
    ]);

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 412]));
  });

  it('is completed by the same call after a crash at any write', async () => {
    const deaths = await atEveryCrash(crashes, {
      prepare: () => created(),
      act: (id) => patch(id, { name: `new ${id}`, limits: { requestsPerDay: 9 } }),
      async assess({ status, body }, id) {
        expect([status, body.name]).toEqual([200, `new ${id}`]);
        expect((await policyOf(id))?.workspace.limits).toEqual({ requestsPerDay: 9 });
        expect((await create({ name: `new ${id}` })).body.code).toBe('name_taken');
      },
    });

    expect(deaths).toBeGreaterThan(10);
  });
});

describe('deleteWorkspace', () => {
  const remove = (id: string, headers: Record<string, string> = {}) =>
    api.call('DELETE', `/workspaces/${id}`, { headers });

  it('deletes it with its policy, and gives its name back', async () => {
    const id = await created({ name: 'Lab' });

    const { status, body } = await remove(id);

    expect([status, body]).toEqual([204, undefined]);
    expect((await api.call('GET', `/workspaces/${id}`)).status).toBe(404);
    expect((await remove(id)).status).toBe(404);
    expect(await policyOf(id)).toBeUndefined();
    expect((await create({ name: 'Lab' })).status).toBe(201);
    expect(await trail()).toContain(`workspace.delete workspace/${id}`);
  });

  it('refuses an outdated If-Match with 412, and deletes nothing', async () => {
    const id = await created();
    await api.call('PATCH', `/workspaces/${id}`, { body: { name: 'newer' } });

    expect((await remove(id, { 'if-match': '"1"' })).status).toBe(412);
    expect((await api.call('GET', `/workspaces/${id}`)).status).toBe(200);
    expect(await trail()).not.toContain(`workspace.delete workspace/${id}`);
  });

  it('is completed by the same call after a crash at any write', async () => {
    const deaths = await atEveryCrash(crashes, {
      prepare: () => created(),
      act: (id) => remove(id),
      async assess({ status }, id) {
        expect([204, 404]).toContain(status);
        // 404: it died when callers could not find it any more; what is left of the record is erased by reconcile, like this.
        if (status === 404) await eraseWorkspace(api.deps, { organization, workspace: id }, Date.now() + 5000);
        expect(await policyOf(id)).toBeUndefined();
        expect(await getWorkspace(api.deps.control, organization, id)).toBeUndefined();
        expect(await getLocation(api.deps.control, 'workspace', id)).toBeUndefined();
      },
    });

    expect(deaths).toBeGreaterThan(8);
  });
});
