import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { StoreClient } from '../../../../../lambdas/store/client.ts';
import {
  createMember,
  getMember,
  listOrganizationsOfMember,
  memberIdOf,
} from '../../../../../lambdas/store/control/member.ts';
import { type AdminAnswer, type AdminApi, startAdminApi } from '../../../../fixtures/admin-api.ts';
import { atEveryCrash, createCrashingWrites } from '../../../../fixtures/crashing-writes.ts';

const crashes = createCrashingWrites();
/** Something that comes in between just before the next deletion reaches the store. */
let beforeDeletion: (() => Promise<unknown>) | undefined;
/** The API's clock, ahead of the real one by what tests let pass. */
let ahead = 0;
let api: AdminApi;
let organization: string;

beforeAll(async () => {
  const wrapStore = (store: StoreClient): StoreClient => ({
    ...crashes.wrap(store),
    async deleteItem(input) {
      const first = beforeDeletion;
      beforeDeletion = undefined;
      await first?.();
      return crashes.wrap(store).deleteItem(input);
    },
  });
  api = await startAdminApi({ wrapStore, now: () => Date.now() + ahead });
});

beforeEach(async () => {
  organization = (await api.call('POST', '/organizations', { body: { name: randomUUID() } })).body.id;
});

afterAll(() => api.close());

type Options = Parameters<AdminApi['call']>[2];

const members = () => `/organizations/${organization}/members`;
const create = (body: object, options: Options = {}): Promise<AdminAnswer> =>
  api.call('POST', members(), { body, ...options });
const patch = (id: string, role: string, options: Options = {}) =>
  api.call('PATCH', `${members()}/${id}`, { body: { role }, ...options });
const remove = (id: string, options: Options = {}) => api.call('DELETE', `${members()}/${id}`, options);

/** Adds somebody by e-mail; gives the member's id and a token to call as that member. */
async function join(role: string): Promise<{ id: string; token: string }> {
  const email = `${randomUUID()}@example.com`;
  const { body } = await create({ email, role });
  return { id: body.id, token: await api.tokenFor({ email, subject: email }) };
}

async function trail(): Promise<string[]> {
  const { body } = await api.call('GET', `/organizations/${organization}/audit-events?order=oldest`);
  return body.data.map(({ action, target }: { action: string; target: string }) => `${action} ${target}`);
}

describe('createMember', () => {
  it('adds somebody by e-mail, who may call from then on', async () => {
    const email = `Ada-${randomUUID()}@Example.com`;

    const { status, body, headers } = await create({ email, role: 'auditor' });

    expect([status, headers.get('etag')]).toEqual([201, '"1"']);
    expect(body).toEqual({
      id: memberIdOf({ kind: 'email', value: email.toLowerCase() }),
      organization,
      email: email.toLowerCase(),
      role: 'auditor',
      createdAt: expect.any(String),
      updatedAt: body.createdAt,
    });
    const token = await api.tokenFor({ email });
    expect((await api.call('GET', `/organizations/${organization}`, { token })).status).toBe(200);
    expect(await trail()).toContain(`member.create member/${body.id}`);
  });

  it('adds a service by its subject', async () => {
    const subject = 'https://idp.example.com#robot';

    const { status, body } = await create({ subject, role: 'member' });

    expect(status).toBe(201);
    expect(body).toMatchObject({ subject, role: 'member' });
    expect(body).not.toHaveProperty('email');
  });

  it('refuses somebody who is a member already', async () => {
    const email = `${randomUUID()}@example.com`;
    await create({ email, role: 'member' });

    const { status, body } = await create({ email: email.toUpperCase(), role: 'auditor' });

    expect([status, body.code, body.errors[0].field]).toEqual([409, 'already_exists', 'body.email']);
    expect(await trail()).toHaveLength(2);
  });

  it.each(['owner', 'admin'])('lets an admin not name an %s, but a member', async (role) => {
    const { token } = await join('admin');

    const refused = await create({ email: 'new@example.com', role }, { token });

    expect([refused.status, refused.body.code]).toEqual([403, 'permission_denied']);
    expect((await create({ email: 'new@example.com', role: 'member' }, { token })).status).toBe(201);
  });

  it('is completed by the same call after a crash at any write', async () => {
    const deaths = await atEveryCrash(crashes, {
      prepare: async () => ({ email: `${randomUUID()}@example.com`, key: randomUUID() }),
      act: ({ email, key }) => create({ email, role: 'member' }, { headers: { 'idempotency-key': key } }),
      pause: () => (ahead += 31_000),
      async assess({ status, body }, { email }) {
        expect([status, body.email]).toEqual([201, email]);
        expect((await api.call('GET', `${members()}/${body.id}`)).body).toEqual(body);
        expect(await listOrganizationsOfMember(api.deps.control, body.id)).toEqual([organization]);
        expect(await trail()).toContain(`member.create member/${body.id}`);
        expect((await create({ email, role: 'member' })).body.code).toBe('already_exists');
      },
    });

    expect(deaths).toBeGreaterThan(6);
  });
});

describe('listMembers and getMember', () => {
  it('show those of the organization, page by page', async () => {
    const ids = [(await join('owner')).id, (await join('member')).id, (await join('auditor')).id];

    const first = await api.call('GET', `${members()}?limit=2`);
    const second = await api.call('GET', `${members()}?limit=2&cursor=${first.body.nextCursor}`);

    const listed = [...first.body.data, ...second.body.data];
    expect(listed.map(({ id }) => id)).toEqual(ids.toSorted());
    expect(second.body.nextCursor).toBeNull();
    expect((await api.call('GET', `${members()}/${listed[0].id}`)).body).toEqual(listed[0]);
  });

  it('know nothing of members of other organizations', async () => {
    const { id } = await join('member');
    organization = (await api.call('POST', '/organizations', { body: { name: randomUUID() } })).body.id;

    expect((await api.call('GET', `${members()}/${id}`)).status).toBe(404);
  });
});

describe('updateMember', () => {
  it('changes the role from the next request on', async () => {
    const { id, token } = await join('member');

    const { status, body, headers } = await patch(id, 'auditor');

    expect([status, headers.get('etag'), body.role]).toEqual([200, '"2"', 'auditor']);
    expect((await api.call('GET', members(), { token })).status).toBe(200);
    expect(await trail()).toContain(`member.update member/${id}`);
  });

  it('answers a role that is held already without making a new version', async () => {
    const { id } = await join('member');

    expect((await patch(id, 'member')).headers.get('etag')).toBe('"1"');
    expect(await trail()).toHaveLength(2);
  });

  it('lets an admin neither make an owner nor change one', async () => {
    const [admin, member, owner] = [await join('admin'), await join('member'), await join('owner')];

    expect((await patch(member.id, 'owner', { token: admin.token })).status).toBe(403);
    expect((await patch(owner.id, 'member', { token: admin.token })).status).toBe(403);
    expect((await patch(admin.id, 'owner', { token: admin.token })).status).toBe(403);
    expect((await patch(member.id, 'auditor', { token: admin.token })).status).toBe(200);
  });

  it('keeps the last owner, unless the operator changes it', async () => {
    const { id, token } = await join('owner');

    const refused = await patch(id, 'admin', { token });

    expect([refused.status, refused.body.code]).toEqual([409, 'conflict']);
    expect(refused.body.detail).toContain('owner');
    expect((await patch(id, 'admin')).status).toBe(200);
  });

  it('lets one of two owners step down', async () => {
    const [one] = [await join('owner'), await join('owner')];

    expect((await patch(one.id, 'admin', { token: one.token })).status).toBe(200);
  });

  it('refuses an outdated If-Match with 412', async () => {
    const { id } = await join('member');
    await patch(id, 'auditor');

    const { status, body } = await patch(id, 'admin', { headers: { 'if-match': '"1"' } });

    expect([status, body.code]).toEqual([412, 'etag_mismatch']);
    expect((await api.call('GET', `${members()}/${id}`)).body.role).toBe('auditor');
  });

  it('knows no member that is not there', async () => {
    expect((await patch('mem_0', 'member')).status).toBe(404);
  });

  it('is completed by the same call after a crash at any write', async () => {
    const deaths = await atEveryCrash(crashes, {
      prepare: async () => (await join('member')).id,
      act: (id) => patch(id, 'auditor'),
      async assess({ status, body }, id) {
        expect([status, body.role]).toEqual([200, 'auditor']);
        expect(await trail()).toContain(`member.update member/${id}`);
      },
    });

    expect(deaths).toBe(4);
  });
});

describe('getMember', () => {
  it('shows a member whose identity would not be taken any more', async () => {
    const identity = { kind: 'subject', value: 'https://idp.example.com#Zoë' } as const;
    const id = memberIdOf(identity);
    const at = new Date().toISOString();
    await createMember(api.deps.control, { id, organization, identity, role: 'auditor', createdAt: at, updatedAt: at });

    expect((await api.call('GET', `${members()}/${id}`)).body).toMatchObject({ id, subject: identity.value });
    expect((await api.call('GET', members())).status).toBe(200);
  });
});

describe('deleteMember', () => {
  it('ends what the member may do with the next request', async () => {
    const { id, token } = await join('member');

    const { status, body } = await remove(id);

    expect([status, body]).toEqual([204, undefined]);
    expect((await api.call('GET', `/organizations/${organization}`, { token })).status).toBe(404);
    expect((await api.call('GET', '/organizations', { token })).body.data).toEqual([]);
    expect((await remove(id)).status).toBe(404);
    expect(await trail()).toContain(`member.delete member/${id}`);
  });

  it('removes nobody who is made an owner at the very moment it finds no such member', async () => {
    const admin = await join('admin');
    const email = `${randomUUID()}@example.com`;
    const id = memberIdOf({ kind: 'email', value: email });
    beforeDeletion = () => create({ email, role: 'owner' });

    const { status } = await remove(id, { token: admin.token });

    expect(status).toBe(403);
    expect((await api.call('GET', `${members()}/${id}`)).body).toMatchObject({ role: 'owner' });
    expect(await listOrganizationsOfMember(api.deps.control, id)).toEqual([organization]);
  });

  it('answers 404 for what cannot be the id of a member, however long it is', async () => {
    const id = 'x'.repeat(2000);

    expect((await remove(id)).body.code).toBe('not_found');
    expect((await api.call('GET', `${members()}/${id}`)).body.code).toBe('not_found');
  });

  it('lets an admin remove members, but no owner or admin', async () => {
    const [admin, other, owner, member] = [
      await join('admin'),
      await join('admin'),
      await join('owner'),
      await join('member'),
    ];

    expect((await remove(other.id, { token: admin.token })).status).toBe(403);
    expect((await remove(owner.id, { token: admin.token })).status).toBe(403);
    expect((await remove(member.id, { token: admin.token })).status).toBe(204);
  });

  it('keeps the last owner, unless the operator removes it', async () => {
    const { id, token } = await join('owner');

    const refused = await remove(id, { token });

    expect([refused.status, refused.body.code]).toEqual([409, 'conflict']);
    expect((await remove(id)).status).toBe(204);
  });

  it('refuses an outdated If-Match with 412', async () => {
    const { id } = await join('member');
    await patch(id, 'auditor');

    expect((await remove(id, { headers: { 'if-match': '"1"' } })).status).toBe(412);
    expect((await remove(id, { headers: { 'if-match': '"2"' } })).status).toBe(204);
  });

  it('is completed by the same call after a crash at any write', async () => {
    const deaths = await atEveryCrash(crashes, {
      prepare: async () => (await join('member')).id,
      act: (id) => remove(id),
      async assess({ status }, id) {
        // 404: the member was gone already when it died.
        expect([204, 404]).toContain(status);
        expect(await getMember(api.deps.control, organization, id)).toBeUndefined();
        expect(await listOrganizationsOfMember(api.deps.control, id)).toEqual([]);
        expect(await trail()).toContain(`member.delete member/${id}`);
      },
    });

    expect(deaths).toBe(6);
  });
});
