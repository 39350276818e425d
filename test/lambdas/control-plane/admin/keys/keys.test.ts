import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseApiKey } from '../../../../../lambdas/crypto/api-key.ts';
import type { StoreClient } from '../../../../../lambdas/store/client.ts';
import { StoreError } from '../../../../../lambdas/store/client.ts';
import { getPolicy, keyPolicyId, type KeyPolicy } from '../../../../../lambdas/store/policy.ts';
import { type AdminAnswer, type AdminApi, startAdminApi } from '../../../../fixtures/admin-api.ts';
import { atEveryCrash, createCrashingWrites } from '../../../../fixtures/crashing-writes.ts';
import {
  createProcess,
  createRequest,
  createTestClock,
  readText,
  type TestProcess,
} from '../../../../fixtures/data-plane.ts';
import { newestAudit, newWorkspace } from '../new-workspace.ts';

const crashes = createCrashingWrites();
/** The API's clock, ahead of the real one by what tests let pass. */
let ahead = 0;
let isMeterDown = false;
let api: AdminApi;
let organization: string;
let workspace: string;
let gateway: TestProcess;

beforeAll(async () => {
  const wrapStore = (store: StoreClient): StoreClient => ({
    ...crashes.wrap(store),
    async getItem(input) {
      if (isMeterDown && input.TableName === api.testStore.tables.meter) throw new StoreError('unavailable', 'down');
      return store.getItem(input);
    },
  });
  api = await startAdminApi({ wrapStore, now: () => Date.now() + ahead });
  ({ organization, workspace } = await newWorkspace(api));
  gateway = createProcess(api.testStore, { ...createTestClock(), now: () => Date.now() + ahead });
});

afterAll(async () => {
  gateway.close();
  await api.close();
});

const create = (body: object = {}, headers: Record<string, string> = {}): Promise<AdminAnswer> =>
  api.call('POST', `/workspaces/${workspace}/keys`, { body: { name: 'app', ...body }, headers });

async function created(body: object = {}): Promise<{ id: string; secret: string }> {
  const answer = await create(body);
  expect(answer.status).toBe(201);
  return answer.body;
}

/** What the data plane says to `GET /v1/key` with this secret. */
async function ask(apiKey: string): Promise<number | string> {
  const clock = { ...createTestClock(), now: () => Date.now() + ahead };
  const request = { ...createRequest(clock, { apiKey, path: '/v1/key' }), method: 'GET' };
  const response = await gateway.handle(request);
  return response.status === 200 ? 200 : JSON.parse(await readText(response)).error.code;
}

const policyOf = (id: string): Promise<KeyPolicy | undefined> =>
  getPolicy(api.testStore.store, api.testStore.tables.policy, keyPolicyId(id));

const inOneHour = (): string => new Date(Date.now() + ahead + 3_600_000).toISOString();

describe('createKey', () => {
  it('leaves a key alone whose Idempotency-Key is used again when its answer is no longer kept', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const first = await create({}, headers);
    ahead += 25 * 3_600_000;

    const again = await create({}, headers);

    expect([again.status, again.body.code]).toEqual([422, 'idempotency_key_reused']);
    expect(await ask(first.body.secret)).toBe(200);
  });

  it('makes a key that works at once, and shows its secret in this answer only', async () => {
    const { status, body, headers } = await create({ models: ['openai/*'], limits: { requestsPerMinute: 5 } });

    expect([status, headers.get('etag')]).toEqual([201, '"1"']);
    const { secret, ...shown } = body;
    expect(shown).toEqual({
      id: parseApiKey(secret)?.publicId,
      organization,
      workspace,
      name: 'app',
      status: 'active',
      lastFour: secret.slice(-4),
      models: ['openai/*'],
      limits: { requestsPerMinute: 5 },
      lastUsedAt: null,
      createdAt: expect.any(String),
      updatedAt: body.createdAt,
    });
    expect(await ask(secret)).toBe(200);
    expect((await api.call('GET', `/keys/${body.id}`)).body).toEqual(shown);
  });

  it('keeps the secret nowhere', async () => {
    const { secret } = await created();

    const kept = (await api.dump()) + JSON.stringify(api.logs);

    const parts = [secret, secret.slice(20, 54)];
    for (const part of parts) {
      expect(kept).not.toContain(part);
      expect(kept).not.toContain(Buffer.from(part).toString('base64'));
      expect(kept).not.toContain(Buffer.from(part).toString('hex'));
    }
  });

  it('refuses an expiry that is past, and takes any way of writing one that is not', async () => {
    const refused = await create({ expiresAt: '2020-01-01T00:00:00Z' });
    const { body } = await create({ expiresAt: '2099-01-01T00:00:00Z' });

    expect(refused.status).toBe(400);
    expect(refused.body.errors).toEqual([{ field: 'body.expiresAt', message: 'must be in the future' }]);
    expect(body.expiresAt).toBe('2099-01-01T00:00:00.000Z');
    expect((await policyOf(body.id))?.expiresAt).toBe(Date.parse('2099-01-01T00:00:00Z') / 1000);
  });

  it('is completed by the same call after a crash at any write, with a secret that works', async () => {
    let replays = 0;
    const deaths = await atEveryCrash(crashes, {
      prepare: async () => ({ 'idempotency-key': randomUUID() }),
      act: (headers) => create({}, headers),
      pause: () => (ahead += 31_000),
      async assess({ status, body, headers }) {
        expect(status).toBe(201);
        // The last of these deaths comes when the answer, its secret left out, was kept already.
        const isFromMemory = headers.get('idempotency-replayed') !== null;
        expect(await ask(body.secret)).toBe(isFromMemory ? 'invalid_api_key' : 200);
        const { body: list } = await api.call('GET', `/workspaces/${workspace}/keys?limit=100`);
        expect(list.data.filter(({ id }: { id: string }) => id === body.id)).toHaveLength(1);
        replays += isFromMemory ? 1 : 0;
      },
    });

    expect(replays).toBe(1);
    expect(deaths).toBeGreaterThanOrEqual(10);
  });

  it('does not bring a key back that was revoked before the call that made it was repeated', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    // Record of the call, audit entry, location, key: it dies before the policy.
    crashes.crashAt(4, true);
    await create({ name: 'half-made' }, headers);
    crashes.recover();
    const { body: list } = await api.call('GET', `/workspaces/${workspace}/keys?limit=100`);
    const half = list.data.find(({ name }: { name: string }) => name === 'half-made');
    await api.call('POST', `/keys/${half.id}/revoke`);
    ahead += 31_000;

    const { status, body } = await create({ name: 'half-made' }, headers);

    expect([status, body.code]).toEqual([409, 'conflict']);
  });

  it('writes an audit entry without anything secret', async () => {
    const { id } = await created();

    expect(await newestAudit(api, organization, 1)).toMatchObject([
      { action: 'key.create', target: `key/${id}`, beforeDigest: null },
    ]);
  });
});

describe('listKeys', () => {
  it('pages through all keys of the workspace, revoked ones included', async () => {
    const own = await newWorkspace(api);
    const path = `/workspaces/${own.workspace}/keys`;
    const ids = await Promise.all(
      ['a', 'b', 'c'].map(async (name) => (await api.call('POST', path, { body: { name } })).body.id as string),
    );
    await api.call('POST', `/keys/${ids[0]}/revoke`);

    const first = (await api.call('GET', `${path}?limit=2`)).body;
    const second = (await api.call('GET', `${path}?limit=2&cursor=${first.nextCursor}`)).body;

    const listed = [...first.data, ...second.data];
    expect(listed.map(({ id }: { id: string }) => id).toSorted()).toEqual(ids.toSorted());
    expect([first.data.length, second.data.length, second.nextCursor]).toEqual([2, 1, null]);
    expect(listed.some((key) => 'secret' in key || 'secrets' in key)).toBe(false);
  });
});

describe('getKey', () => {
  it('says to the minute when the key was last used', async () => {
    const { id } = await created();
    const usedAt = Math.floor(Date.now() / 60_000) * 60_000;
    await api.testStore.store.updateItem({
      TableName: api.testStore.tables.meter,
      Key: { pk: { S: `key#${id}` } },
      UpdateExpression: 'SET #minute = :minute',
      ExpressionAttributeNames: { '#minute': 'minute' },
      ExpressionAttributeValues: { ':minute': { N: String(usedAt / 60_000) } },
    });

    const { body } = await api.call('GET', `/keys/${id}`);

    expect(body.lastUsedAt).toBe(new Date(usedAt).toISOString());
  });

  it('shows a key while the meters of a region cannot be read', async () => {
    const { id } = await created();

    isMeterDown = true;
    const { status, body } = await api.call('GET', `/keys/${id}`);
    isMeterDown = false;

    expect([status, body.lastUsedAt]).toEqual([200, null]);
  });
});

describe('updateKey', () => {
  it('changes what is named, removes what is null and leaves the rest', async () => {
    const { id } = await created({ models: ['a'], cidrs: ['10.0.0.0/8'], endpoints: ['/v1/messages'] });

    const body = { name: 'renamed', models: null, cidrs: ['192.0.2.1'] };
    const answer = await api.call('PATCH', `/keys/${id}`, { body, headers: { 'if-match': '"1"' } });

    expect([answer.status, answer.headers.get('etag')]).toEqual([200, '"2"']);
    expect(answer.body).toMatchObject({ name: 'renamed', cidrs: ['192.0.2.1'], endpoints: ['/v1/messages'] });
    expect(answer.body).not.toHaveProperty('models');
    const policy = await policyOf(id);
    expect(policy).toMatchObject({ version: 2, name: 'renamed', cidrs: ['192.0.2.1'] });
    expect(policy).not.toHaveProperty('models');
    expect(await newestAudit(api, organization, 1)).toMatchObject([{ action: 'key.update', target: `key/${id}` }]);
  });

  it('refuses a change of what was changed since', async () => {
    const { id } = await created();
    await api.call('PATCH', `/keys/${id}`, { body: { name: 'theirs' } });

    const stale = await api.call('PATCH', `/keys/${id}`, { body: { name: 'mine' }, headers: { 'if-match': '"1"' } });

    expect([stale.status, stale.body.code]).toEqual([412, 'etag_mismatch']);
    expect((await api.call('GET', `/keys/${id}`)).body.name).toBe('theirs');
  });

  it('refuses an expiry that is past, and a revoked key', async () => {
    const { id } = await created();

    const past = await api.call('PATCH', `/keys/${id}`, { body: { expiresAt: '2020-01-01T00:00:00Z' } });
    await api.call('POST', `/keys/${id}/revoke`);
    const late = await api.call('PATCH', `/keys/${id}`, { body: { expiresAt: inOneHour() } });

    expect([past.status, past.body.errors[0].field]).toEqual([400, 'body.expiresAt']);
    expect([late.status, late.body.code]).toEqual([409, 'conflict']);
  });

  it('lets every one of many changes at once be made, each on top of another', async () => {
    const { id } = await created();
    const changes = [{ name: 'n' }, { models: ['m'] }, { cidrs: ['10.0.0.0/8'] }];

    const answers = await Promise.all(changes.map((body) => api.call('PATCH', `/keys/${id}`, { body })));

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await api.call('GET', `/keys/${id}`)).body).toMatchObject({
      name: 'n',
      models: ['m'],
      cidrs: ['10.0.0.0/8'],
    });
    expect(await policyOf(id)).toMatchObject({ version: 4, name: 'n', models: ['m'], cidrs: ['10.0.0.0/8'] });
  });

  it('is completed by the same call, ETag included, after a crash at any write', async () => {
    const deaths = await atEveryCrash(crashes, {
      prepare: () => created(),
      act: ({ id }) => api.call('PATCH', `/keys/${id}`, { body: { name: 'new' }, headers: { 'if-match': '"1"' } }),
      async assess({ status, headers }, { id }) {
        expect([status, headers.get('etag')]).toEqual([200, '"2"']);
        expect(await policyOf(id)).toMatchObject({ version: 2, name: 'new' });
        expect((await api.testStore.meter(`key#${id}`)).policyVersion).toBe(2);
      },
    });

    expect(deaths).toBeGreaterThanOrEqual(8);
  });
});

describe('revokeKey', () => {
  it('refuses the next request, for good', async () => {
    const { id, secret } = await created();
    const before = await ask(secret);

    const { status, body } = await api.call('POST', `/keys/${id}/revoke`);

    expect([before, status]).toEqual([200, 200]);
    expect(body).toMatchObject({ status: 'revoked', revokedAt: expect.any(String) });
    expect(await ask(secret)).toBe('api_key_revoked');
  });

  it('answers the same when it is repeated, and writes no second audit entry', async () => {
    const { id } = await created();
    const first = await api.call('POST', `/keys/${id}/revoke`);

    const second = await api.call('POST', `/keys/${id}/revoke`);

    expect(second.body).toEqual(first.body);
    expect(second.headers.get('etag')).toBe(first.headers.get('etag'));
    const actions = (await newestAudit(api, organization, 2)).map(({ action }) => action);
    expect(actions).toEqual(['key.create', 'key.revoke']);
  });

  it('is completed by the same call after a crash at any write', async () => {
    const deaths = await atEveryCrash(crashes, {
      prepare: () => created(),
      act: ({ id }) => api.call('POST', `/keys/${id}/revoke`),
      async assess({ status }, { secret }) {
        expect(status).toBe(200);
        expect(await ask(secret)).toBe('api_key_revoked');
      },
    });

    expect(deaths).toBeGreaterThanOrEqual(8);
  });
});

describe('rotateKey', () => {
  const rotate = (id: string, overlapSeconds?: number, headers: Record<string, string> = {}): Promise<AdminAnswer> =>
    api.call('POST', `/keys/${id}/rotate`, { body: overlapSeconds === undefined ? {} : { overlapSeconds }, headers });

  it('ends the old secret at once unless an overlap is asked for', async () => {
    const { id, secret } = await created();

    const { status, body } = await rotate(id);

    expect([status, await ask(body.secret), await ask(secret)]).toEqual([200, 200, 'invalid_api_key']);
    expect(parseApiKey(body.secret)?.publicId).toBe(id);
    expect(body.lastFour).toBe(body.secret.slice(-4));
    expect(body).not.toHaveProperty('overlapEndsAt');
  });

  it('lets the old secret work until the overlap ends, and says when that is', async () => {
    const { id, secret } = await created();

    const { body } = await rotate(id, 60);
    const during = [await ask(body.secret), await ask(secret)];
    ahead += 61_000;
    const after = [await ask(body.secret), await ask(secret)];

    expect(during).toEqual([200, 200]);
    expect(after).toEqual([200, 'api_key_expired']);
    expect(Date.parse(body.overlapEndsAt) - Date.parse(body.updatedAt)).toBeGreaterThan(58_000);
    expect((await api.call('GET', `/keys/${id}`)).body).not.toHaveProperty('overlapEndsAt');
  });

  it('keeps the secret in use working when it is repeated after a crash at any write', async () => {
    const deaths = await atEveryCrash(crashes, {
      prepare: () => created(),
      act: ({ id }) => rotate(id, 3600),
      async assess({ status, body }, { secret }) {
        expect(status).toBe(200);
        expect([await ask(body.secret), await ask(secret)]).toEqual([200, 200]);
      },
    });

    expect(deaths).toBeGreaterThanOrEqual(8);
  });

  it('refuses a revoked key', async () => {
    const { id } = await created();
    await api.call('POST', `/keys/${id}/revoke`);

    const { status, body } = await rotate(id);

    expect([status, body.code]).toEqual([409, 'conflict']);
    expect(body.title).toContain('revoked');
  });

  it('shows the secret once: repeated under its Idempotency-Key, it is left out', async () => {
    const { id } = await created();
    const headers = { 'idempotency-key': randomUUID() };

    const first = await rotate(id, 0, headers);
    const second = await rotate(id, 0, headers);

    expect(first.body.secret).toMatch(/^gh_/);
    expect(second.body).not.toHaveProperty('secret');
    expect(await ask(first.body.secret)).toBe(200);
  });
});
