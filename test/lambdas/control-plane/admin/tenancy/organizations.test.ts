import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { getOrganization, replaceOrganization } from '../../../../../lambdas/store/control/organization.ts';
import { type AdminAnswer, type AdminApi, startAdminApi } from '../../../../fixtures/admin-api.ts';
import { atEveryCrash, createCrashingWrites } from '../../../../fixtures/crashing-writes.ts';

const crashes = createCrashingWrites();
/** The API's clock, ahead of the real one by what tests let pass. */
let ahead = 0;
let api: AdminApi;

beforeAll(async () => {
  api = await startAdminApi({ wrapStore: crashes.wrap, now: () => Date.now() + ahead });
});

afterAll(() => api.close());

const create = (body: object, headers: Record<string, string> = {}): Promise<AdminAnswer> =>
  api.call('POST', '/organizations', { body, headers });

async function created(body: object = {}): Promise<string> {
  const { status, body: answer } = await create({ name: randomUUID(), ...body });
  expect(status).toBe(201);
  return answer.id;
}

const ownerOf = (organization: string): Promise<string> => api.join(organization, 'owner');

/** Actions in the organization's chain, oldest first. */
async function trail(organization: string): Promise<{ action: string; beforeDigest: unknown; afterDigest: unknown }[]> {
  const { body } = await api.call('GET', `/platform/audit-events?organization=${organization}&order=oldest`);
  return body.data;
}

describe('createOrganization', () => {
  it('creates one with defaults, under an id of its own', async () => {
    const name = `Acme ${randomUUID()}`;

    const { status, body, headers } = await create({ name });

    expect(status).toBe(201);
    expect(headers.get('etag')).toBe('"1"');
    expect(body).toEqual({
      id: expect.stringMatching(/^org_[A-Za-z0-9]{16}$/),
      name,
      billing: 'postpaid',
      retentionDays: 90,
      zeroRetention: false,
      status: 'active',
      createdAt: expect.any(String),
      updatedAt: body.createdAt,
    });
  });

  it('keeps every setting it is given', async () => {
    const settings = {
      name: randomUUID(),
      billing: 'prepaid',
      retentionDays: 7,
      zeroRetention: true,
      regions: ['local'],
      limits: { requestsPerMinute: 10 },
      budget: { amountMicroUsd: 5, period: 'month' },
    };

    const { body } = await create(settings);

    expect(body).toMatchObject(settings);
    const read = await api.call('GET', `/organizations/${body.id}`);
    expect(read.body).toEqual({ ...body, balanceMicroUsd: 0 });
  });

  it('begins the audit trail of the new organization', async () => {
    const id = await created();

    expect(await trail(id)).toMatchObject([
      { action: 'organization.create', target: `organization/${id}`, beforeDigest: null, sequence: 1 },
    ]);
  });

  it('makes the meter that admission needs', async () => {
    const id = await created();

    expect((await api.testStore.meter(`org#${id}`)).policyVersion).toBeGreaterThan(0);
  });

  it('refuses a name that another organization has, however it is written', async () => {
    const name = `Taken ${randomUUID()}`;
    await created({ name });

    const { status, body } = await create({ name: name.toUpperCase() });

    expect(status).toBe(409);
    expect(body.code).toBe('name_taken');
    expect(body.errors[0].field).toBe('body.name');
  });

  it('lets one of many who want the same name at once have it', async () => {
    const name = randomUUID();

    const answers = await Promise.all(Array.from({ length: 8 }, () => create({ name })));

    expect(answers.map(({ status }) => status)).toEqual(expect.arrayContaining([201, 409]));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  });

  it('refuses a region without data plane and says which there are', async () => {
    const { status, body } = await create({ name: randomUUID(), regions: ['local', 'eu-west-1'] });

    expect(status).toBe(400);
    expect(body.errors).toEqual([{ field: 'body.regions.1', message: expect.stringContaining('local') }]);
  });

  it('is completed by the same call after a crash at any write', async () => {
    const deaths = await atEveryCrash(crashes, {
      prepare: async () => ({ name: randomUUID(), key: randomUUID() }),
      act: ({ name, key }) => create({ name }, { 'idempotency-key': key }),
      pause: () => (ahead += 31_000),
      async assess({ status, body }, { name }) {
        expect([status, body.name]).toEqual([201, name]);
        expect((await api.call('GET', `/organizations/${body.id}`)).body).toEqual(body);
        expect((await create({ name })).body.code).toBe('name_taken');
        expect((await api.testStore.meter(`org#${body.id}`)).policyVersion).toBeGreaterThan(0);
        expect((await trail(body.id))[0]?.action).toBe('organization.create');
      },
    });

    expect(deaths).toBeGreaterThan(8);
  });

  it('refuses a repeated call that asks for something else than the one that died', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const { body } = await create({ name: randomUUID() }, headers);
    const place = { pk: { S: `org#${body.id}` }, sk: { S: '' } };
    const { Items = [] } = await api.testStore.store.query({
      TableName: api.testStore.tables.control,
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
      ExpressionAttributeValues: { ':pk': place.pk, ':prefix': { S: 'idempotency#' } },
    });
    for (const { sk } of Items) {
      await api.testStore.store.deleteItem({
        TableName: api.testStore.tables.control,
        Key: { pk: place.pk, sk: sk ?? place.sk },
      });
    }

    const again = await create({ name: randomUUID() }, headers);

    expect(Items).toHaveLength(1);
    expect([again.status, again.body.code]).toEqual([422, 'idempotency_key_reused']);
  });
});

describe('listOrganizations', () => {
  it('shows the operator all of them, page by page, in the order of their ids', async () => {
    const ids = [await created(), await created(), await created()];

    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const { body }: AdminAnswer = await api.call('GET', `/organizations?limit=2${cursor ? `&cursor=${cursor}` : ''}`);
      expect(body.data.length).toBeLessThanOrEqual(2);
      expect(body.data).not.toHaveLength(0);
      seen.push(...body.data.map(({ id }: { id: string }) => id));
      cursor = body.nextCursor;
    } while (cursor !== null);

    expect(seen).toEqual([...new Set(seen)].toSorted());
    expect(seen).toEqual(expect.arrayContaining(ids));
  });

  it('shows others what they are members of, and nothing else, page by page', async () => {
    const [one, two] = [await created(), await created()];
    await created();
    const email = `${randomUUID()}@example.com`;
    for (const organization of [one, two]) {
      await api.call('POST', `/organizations/${organization}/members`, { body: { email, role: 'auditor' } });
    }
    const token = await api.tokenFor({ email });

    const first = await api.call('GET', '/organizations?limit=1', { token });
    const second = await api.call('GET', `/organizations?limit=1&cursor=${first.body.nextCursor}`, { token });

    expect([...first.body.data, ...second.body.data].map(({ id }) => id)).toEqual([one, two].toSorted());
    expect(second.body.nextCursor).toBeNull();
  });

  it('shows a stranger none', async () => {
    const { body } = await api.call('GET', '/organizations', { token: await api.tokenFor({ subject: randomUUID() }) });

    expect(body).toEqual({ data: [], nextCursor: null });
  });

  it('leaves out what is being deleted', async () => {
    const id = await created();
    const token = await ownerOf(id);
    await markDeleting(id);

    const { body } = await api.call('GET', '/organizations', { token });

    expect(body.data.map((organization: { id: string }) => organization.id)).not.toContain(id);
  });

  it.each(['x', Buffer.from('""').toString('base64url'), Buffer.from('{}').toString('base64url')])(
    'refuses the cursor %s',
    async (cursor) => {
      const { status, body } = await api.call('GET', `/organizations?cursor=${cursor}`);

      expect([status, body.errors?.[0]?.field]).toEqual([400, 'query.cursor']);
    },
  );
});

async function markDeleting(id: string): Promise<void> {
  const stored = await getOrganization(api.deps.control, id);
  await replaceOrganization(api.deps.control, { ...stored!.value, status: 'deleting' }, stored!.version);
}

describe('updateOrganization', () => {
  const patch = (id: string, body: object, options: { token?: string; headers?: Record<string, string> } = {}) =>
    api.call('PATCH', `/organizations/${id}`, { body, ...options });

  it('changes what is named and nothing else', async () => {
    const id = await created({ retentionDays: 30, limits: { requestsPerMinute: 1 } });

    const { status, body, headers } = await patch(id, { zeroRetention: true, regions: ['local'] });

    expect(status).toBe(200);
    expect(headers.get('etag')).toBe('"2"');
    expect(body).toMatchObject({
      retentionDays: 30,
      zeroRetention: true,
      regions: ['local'],
      limits: { requestsPerMinute: 1 },
    });
  });

  it('removes what is null', async () => {
    const id = await created({ limits: { requestsPerMinute: 1 }, budget: { amountMicroUsd: 1, period: 'day' } });

    const { body } = await patch(id, { limits: null, regions: null });

    expect(body).not.toHaveProperty('limits');
    expect(body).toHaveProperty('budget');
    expect((await api.call('GET', `/organizations/${id}`)).body).toEqual(body);
  });

  it('raises the policy version, so that data planes read the new policy', async () => {
    const id = await created();
    const before = (await api.testStore.meter(`org#${id}`)).policyVersion ?? 0;

    await patch(id, { retentionDays: 1 });

    expect((await api.testStore.meter(`org#${id}`)).policyVersion).toBeGreaterThan(before);
  });

  it.each([{ billing: 'prepaid' }, { limits: null }, { budget: { amountMicroUsd: 1, period: 'day' } }])(
    'lets an owner not grant itself %j',
    async (body) => {
      const id = await created();

      const refused = await patch(id, body, { token: await ownerOf(id) });

      expect([refused.status, refused.body.code]).toEqual([403, 'permission_denied']);
      expect((await api.call('GET', `/organizations/${id}`)).headers.get('etag')).toBe('"1"');
    },
  );

  it('lets an owner change the rest', async () => {
    const id = await created();

    const { status, body } = await patch(id, { retentionDays: 5 }, { token: await ownerOf(id) });

    expect([status, body.retentionDays]).toEqual([200, 5]);
  });

  it('gives the old name back when it is renamed, and refuses one that is taken', async () => {
    const [one, two] = [randomUUID(), randomUUID()];
    const id = await created({ name: one });
    await created({ name: two });

    expect((await patch(id, { name: two })).body.code).toBe('name_taken');
    expect((await patch(id, { name: `${one} renamed` })).status).toBe(200);
    expect((await create({ name: one })).status).toBe(201);
    expect((await create({ name: `${one} renamed` })).body.code).toBe('name_taken');
  });

  it('keeps the name when only its letters change', async () => {
    const name = `Name ${randomUUID()}`;
    const id = await created({ name });

    expect((await patch(id, { name: name.toUpperCase() })).body.name).toBe(name.toUpperCase());
    expect((await create({ name })).body.code).toBe('name_taken');
  });

  it('refuses a region without data plane', async () => {
    const { status, body } = await patch(await created(), { regions: ['us-east-1'] });

    expect([status, body.errors[0].field]).toEqual([400, 'body.regions.0']);
  });

  it('refuses an outdated If-Match with 412, and changes nothing', async () => {
    const id = await created();
    await patch(id, { retentionDays: 5 }, { headers: { 'if-match': '"1"' } });

    const { status, body } = await patch(id, { retentionDays: 6 }, { headers: { 'if-match': '"1"' } });

    expect([status, body.code]).toEqual([412, 'etag_mismatch']);
    expect((await api.call('GET', `/organizations/${id}`)).body.retentionDays).toBe(5);
    expect((await trail(id)).map(({ action }) => action)).toEqual(['organization.create', 'organization.update']);
  });

  it('loses none of many changes of different members at once', async () => {
    const id = await created();

    const answers = await Promise.all([
      patch(id, { retentionDays: 11 }),
      patch(id, { zeroRetention: true }),
      patch(id, { regions: ['local'] }),
    ]);

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await api.call('GET', `/organizations/${id}`)).body).toMatchObject({
      retentionDays: 11,
      zeroRetention: true,
      regions: ['local'],
    });
  });

  it('answers a change that is in force already without making a new version', async () => {
    const id = await created({ retentionDays: 12 });

    const { status, headers } = await patch(id, { retentionDays: 12 });

    expect([status, headers.get('etag')]).toEqual([200, '"1"']);
    expect(await trail(id)).toHaveLength(1);
  });

  it('records the change with the digest that the one before ended with', async () => {
    const id = await created();
    await patch(id, { retentionDays: 5 });

    const [creation, change] = await trail(id);

    expect(change?.action).toBe('organization.update');
    expect(change?.beforeDigest).toBe(creation?.afterDigest);
    expect(change?.afterDigest).not.toBe(change?.beforeDigest);
  });

  it('is completed by the same call after a crash at any write', async () => {
    const deaths = await atEveryCrash(crashes, {
      prepare: async () => {
        const name = randomUUID();
        return { id: await created({ name }), name };
      },
      act: ({ id, name }) => patch(id, { name: `${name} renamed`, retentionDays: 3 }),
      async assess({ status, body }, { id, name }) {
        expect([status, body.retentionDays]).toEqual([200, 3]);
        expect((await api.call('GET', `/organizations/${id}`)).body).toEqual(body);
        expect((await create({ name: `${name} renamed` })).body.code).toBe('name_taken');
        expect((await api.testStore.meter(`org#${id}`)).policyVersion).toBeGreaterThan(1);
      },
    });

    expect(deaths).toBeGreaterThan(8);
  });
});
