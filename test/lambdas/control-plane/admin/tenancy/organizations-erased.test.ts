import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMember } from '../../../../../lambdas/store/control/member.ts';
import { getOrganization } from '../../../../../lambdas/store/control/organization.ts';
import { type AdminApi, startAdminApi } from '../../../../fixtures/admin-api.ts';
import { atEveryCrash, createCrashingWrites } from '../../../../fixtures/crashing-writes.ts';

const crashes = createCrashingWrites();
let api: AdminApi;

beforeAll(async () => {
  api = await startAdminApi({ wrapStore: crashes.wrap });
});

afterAll(() => api.close());

async function created(name: string = randomUUID()): Promise<string> {
  return (await api.call('POST', '/organizations', { body: { name } })).body.id;
}

describe('deleteOrganization', () => {
  const remove = (id: string, headers: Record<string, string> = {}) =>
    api.call('DELETE', `/organizations/${id}`, { headers });

  it('erases everything but the audit trail', async () => {
    const name = `Gone ${randomUUID()}`;
    const id = await created(name);
    const email = `${randomUUID()}@example.com`;
    await api.call('POST', `/organizations/${id}/members`, { body: { email, role: 'owner' } });
    await api.call('POST', `/organizations/${id}/workspaces`, { body: { name: 'Lab' } });

    const { status, body } = await remove(id);

    expect([status, body]).toEqual([204, undefined]);
    expect((await api.call('GET', `/organizations/${id}`)).status).toBe(404);
    const rest = await api.dump('control', 'policy', 'meter', 'requests', 'vault', 'usage');
    expect(rest).not.toContain(email);
    expect(rest.toLowerCase()).not.toContain(name.toLowerCase());
    const trail = await api.call('GET', `/platform/audit-events?organization=${id}&order=oldest`);
    expect(trail.body.data.map(({ action }: { action: string }) => action)).toContain('organization.delete');
    expect((await api.call('POST', '/organizations', { body: { name } })).status).toBe(201);
  });

  it('leaves nothing behind where the call that made it comes once more', async () => {
    const name = `Again ${randomUUID()}`;
    const create = () =>
      api.call('POST', '/organizations', {
        body: { name },
        headers: { 'idempotency-key': `make ${name}`.replaceAll(' ', '-') },
      });
    const id: string = (await create()).body.id;
    await remove(id);
    const trail = await api.dump('audit');

    const { status, body } = await create();

    expect([status, body.code]).toEqual([409, 'being_deleted']);
    expect(await api.dump('audit')).toBe(trail);
    expect((await api.dump('control')).toLowerCase()).not.toContain(name.toLowerCase());
    expect((await api.call('POST', '/organizations', { body: { name } })).status).toBe(201);
  });

  it('gives back the old name, too, where a change of name had died', async () => {
    const [old, newer] = [`Old ${randomUUID()}`, `New ${randomUUID()}`];
    const id = await created(old);
    // Writes of a rename: the new name, the audit entry, the record, and then the old name is given back.
    crashes.crashAt(4, false);
    await api.call('PATCH', `/organizations/${id}`, { body: { name: newer } });
    expect(crashes.recover()).toBe(true);

    const { status } = await remove(id);

    expect(status).toBe(204);
    const left = (await api.dump('control')).toLowerCase();
    expect([left.includes(old.toLowerCase()), left.includes(newer.toLowerCase())]).toEqual([false, false]);
  });

  it('answers 404 once it is gone', async () => {
    const id = await created();
    await remove(id);

    expect((await remove(id)).status).toBe(404);
  });

  it('refuses an outdated If-Match with 412, and deletes nothing', async () => {
    const id = await created();
    await api.call('PATCH', `/organizations/${id}`, { body: { retentionDays: 2 } });

    expect((await remove(id, { 'if-match': '"1"' })).status).toBe(412);
    expect((await api.call('GET', `/organizations/${id}`)).status).toBe(200);
    expect((await remove(id, { 'if-match': '"2"' })).status).toBe(204);
  });

  it('answers 202 while a request is under way, and 204 to the same call afterwards', async () => {
    const id = await created();
    const end = Math.ceil(Date.now() / 300_000) * 300 + 600;
    const meter = { TableName: api.testStore.tables.meter, Key: { pk: { S: `org#${id}` } } };
    await api.testStore.store.updateItem({
      ...meter,
      UpdateExpression: 'SET #inflight = :one, #count = :one, #hold = :one',
      ExpressionAttributeNames: { '#inflight': 'inflight', '#count': `count_${end}`, '#hold': `hold_${end}` },
      ExpressionAttributeValues: { ':one': { N: '1' } },
    });

    const busy = await remove(id, { 'if-match': '"1"' });

    expect([busy.status, busy.body]).toEqual([202, undefined]);
    expect((await api.call('GET', `/organizations/${id}`)).status).toBe(404);
    await api.testStore.store.updateItem({
      ...meter,
      UpdateExpression: 'SET #inflight = :none REMOVE #count, #hold',
      ExpressionAttributeNames: { '#inflight': 'inflight', '#count': `count_${end}`, '#hold': `hold_${end}` },
      ExpressionAttributeValues: { ':none': { N: '0' } },
    });
    expect((await remove(id, { 'if-match': '"1"' })).status).toBe(204);
  });

  it('is completed by the same call after a crash at any write', async () => {
    const deaths = await atEveryCrash(crashes, {
      prepare: async () => {
        const id = await created();
        await createMember(api.deps.control, {
          id: 'mem_1',
          organization: id,
          identity: { kind: 'email', value: `${id}@example.com` },
          role: 'owner',
          createdAt: '',
          updatedAt: '',
        });
        return id;
      },
      act: (id) => remove(id),
      async assess({ status }, id) {
        // 404: it died after its last write.
        expect([204, 404]).toContain(status);
        expect((await getOrganization(api.deps.control, id))?.value).toMatchObject({ status: 'deleted', name: '' });
        expect(await api.dump('control')).not.toContain(`${id}@example.com`);
      },
    });

    expect(deaths).toBeGreaterThan(8);
  });
});
