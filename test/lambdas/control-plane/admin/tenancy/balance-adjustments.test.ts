import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
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
  organization = await createOrganization('prepaid');
});

afterAll(() => api.close());

async function createOrganization(billing: string): Promise<string> {
  return (await api.call('POST', '/organizations', { body: { name: randomUUID(), billing } })).body.id;
}

const adjust = (amountMicroUsd: number, key?: string, reason = 'invoice 7'): Promise<AdminAnswer> =>
  api.call('POST', `/organizations/${organization}/balance-adjustments`, {
    body: { amountMicroUsd, reason },
    headers: key === undefined ? {} : { 'idempotency-key': key },
  });
const balance = async (): Promise<number> => (await api.testStore.meter(`org#${organization}`)).balanceMicroUsd;

/** Makes the API forget its answers to calls with a key, as it does after a day. */
async function forgetAnswers(): Promise<void> {
  const { store, tables } = api.testStore;
  const { Items = [] } = await store.query({
    TableName: tables.control,
    KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
    ExpressionAttributeValues: { ':pk': { S: `org#${organization}` }, ':prefix': { S: 'idempotency#' } },
  });
  for (const { pk, sk } of Items) await store.deleteItem({ TableName: tables.control, Key: { pk: pk!, sk: sk! } });
}

describe('createBalanceAdjustment', () => {
  it('adds to the balance and takes from it', async () => {
    const added = await adjust(1000);
    const taken = await adjust(-400);

    expect(added.status).toBe(201);
    expect(added.body).toEqual({
      id: expect.stringMatching(/^adj_/),
      amountMicroUsd: 1000,
      reason: 'invoice 7',
      balanceMicroUsd: 1000,
      createdAt: expect.any(String),
    });
    expect(taken.body.balanceMicroUsd).toBe(600);
    expect(await balance()).toBe(600);
  });

  it('shows in the organization, if that is prepaid', async () => {
    const read = async (id: string) => (await api.call('GET', `/organizations/${id}`)).body;
    const before = await read(organization);
    await adjust(1000);

    const after = await read(organization);
    const postpaid = await read(await createOrganization('postpaid'));

    expect([before.balanceMicroUsd, after.balanceMicroUsd]).toEqual([0, 1000]);
    expect(postpaid).not.toHaveProperty('balanceMicroUsd');
  });

  it('writes the change to the audit trail', async () => {
    const { body } = await adjust(1000);

    const trail = await api.call('GET', `/organizations/${organization}/audit-events`);

    expect(trail.body.data[0]).toMatchObject({
      action: 'balance.adjust',
      target: `balance-adjustment/${body.id}`,
      beforeDigest: null,
      afterDigest: expect.any(String),
    });
  });

  it('refuses an organization that is billed postpaid and says what to do', async () => {
    organization = await createOrganization('postpaid');

    const { status, body } = await adjust(1000);

    expect([status, body.code]).toEqual([409, 'conflict']);
    expect(body.detail).toContain('prepaid');
  });

  it('refuses to take more than there is, leaves no trace of it, and names what there is', async () => {
    await adjust(1000);

    const { status, body } = await adjust(-1001, undefined, 'too much');

    expect([status, body.code, body.errors[0].field]).toEqual([409, 'conflict', 'body.amountMicroUsd']);
    expect(body.detail).toContain('1000');
    expect(await balance()).toBe(1000);
    expect(await api.dump('control')).not.toContain('too much');
    expect((await adjust(-1000)).body.balanceMicroUsd).toBe(0);
  });

  it('refuses to bring it to where it could not be counted exactly, and leaves no trace of that', async () => {
    for (let paid = 0; paid < 9; paid += 1) await adjust(1_000_000_000_000_000);

    const { status, body } = await adjust(1, undefined, 'one too many');

    expect([status, body.code, body.errors[0].field]).toEqual([409, 'conflict', 'body.amountMicroUsd']);
    expect(await balance()).toBe(9_000_000_000_000_000);
    expect(await api.dump('control')).not.toContain('one too many');
  });

  it('pays once for a call that is repeated at the same time and later', async () => {
    const key = randomUUID();

    await Promise.all([adjust(500, key), adjust(500, key), adjust(500, key)]);
    const repeated = await adjust(500, key);

    expect([repeated.status, repeated.body.balanceMicroUsd]).toEqual([201, 500]);
    expect(await balance()).toBe(500);
  });

  it('pays exactly once for a call that is repeated after a crash at any write', async () => {
    const deaths = await atEveryCrash(crashes, {
      prepare: async () => {
        organization = await createOrganization('prepaid');
        return randomUUID();
      },
      act: (key) => adjust(700, key),
      pause: () => (ahead += 31_000),
      async assess({ status, body }) {
        expect([status, body.balanceMicroUsd]).toEqual([201, 700]);
        expect(await balance()).toBe(700);
      },
    });

    expect(deaths).toBeGreaterThan(6);
  });

  it('refuses to use a key again once a repetition could no longer be told from a new call', async () => {
    const key = randomUUID();
    await adjust(500, key);
    await forgetAnswers();
    ahead += 86_400_000;

    const { status, body } = await adjust(500, key);

    expect([status, body.code]).toEqual([422, 'idempotency_key_reused']);
    expect(await balance()).toBe(500);
  });

  it('refuses another amount under the same key', async () => {
    const key = randomUUID();
    await adjust(500, key);
    await forgetAnswers();

    const { status, body } = await adjust(501, key);

    expect([status, body.code]).toEqual([422, 'idempotency_key_reused']);
    expect(await balance()).toBe(500);
  });
});
