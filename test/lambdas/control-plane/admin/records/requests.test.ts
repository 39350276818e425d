import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createRequestId } from '../../../../../lambdas/http/request-id.ts';
import {
  createOrganization,
  getOrganization,
  iterateOrganizations,
  replaceOrganization,
} from '../../../../../lambdas/store/control/organization.ts';
import { putRequestRecord, type RequestRecord } from '../../../../../lambdas/store/request-record.ts';
import { type AdminApi, startAdminApi } from '../../../../fixtures/admin-api.ts';
import { recordOf } from '../../../../fixtures/usage.ts';

const now = Date.parse('2026-11-18T12:00:00Z');
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
let api: AdminApi;
let organization: string;

beforeAll(async () => {
  api = await startAdminApi({ now: () => now });
});

beforeEach(async () => {
  organization = await organizationSince(now - 10 * dayMs);
});

afterAll(() => api.close());

async function organizationSince(createdMs: number, id = `org_${randomUUID().slice(0, 16)}`): Promise<string> {
  const at = new Date(createdMs).toISOString();
  await createOrganization(api.deps.control, {
    id,
    name: id,
    billing: 'postpaid',
    retentionDays: 90,
    zeroRetention: false,
    status: 'active',
    createdAt: at,
    updatedAt: at,
  });
  return id;
}

async function put(agoMs: number, change: Partial<RequestRecord> = {}): Promise<RequestRecord> {
  const record = recordOf({ organization, expiresAt: now / 1000 + 30 * 86_400, ...change }, now - agoMs);
  await putRequestRecord(api.testStore.store, api.testStore.tables.requests, record);
  return record;
}

interface Answer {
  readonly data: { readonly id: string }[];
  readonly nextCursor: string | null;
}

const list = (query = '') => api.call('GET', `/organizations/${organization}/requests?${query}`);

async function readAll(query = ''): Promise<{ ids: string[]; pages: number[] }> {
  const pages: Answer[] = [];
  let cursor: string | null = null;
  do {
    const { body }: { body: Answer } = await list(cursor === null ? query : `${query}&cursor=${cursor}`);
    pages.push(body);
    cursor = body.nextCursor;
  } while (cursor !== null);
  return { ids: pages.flatMap(({ data }) => data.map(({ id }) => id)), pages: pages.map(({ data }) => data.length) };
}

describe('listRequests', () => {
  it('shows the record with an ISO time of its end, and nothing besides', async () => {
    const { expiresAt, ...record } = await put(hourMs, { errorCode: 'timeout', credentialOwner: 'platform' });

    const { status, body } = await list();

    expect(status).toBe(200);
    expect(body.data).toEqual([{ ...record, expiresAt: new Date(expiresAt * 1000).toISOString() }]);
  });

  it('lists newest first over days, page by page, each record once', async () => {
    const ago = [0, 1, 2, 3, 26, 27, 51, 100, 101].map((hours) => hours * hourMs);
    const records = await Promise.all(ago.map((milliseconds) => put(milliseconds)));

    const { ids, pages } = await readAll('limit=4');

    expect(ids).toEqual(records.map(({ id }) => id));
    expect(Math.max(...pages)).toBe(4);
  });

  it('keeps the order of records of the same millisecond across pages', async () => {
    const records = await Promise.all(Array.from({ length: 5 }, () => put(hourMs)));

    const { ids } = await readAll('limit=2');

    expect(ids).toEqual(
      records
        .map(({ id }) => id)
        .toSorted()
        .toReversed(),
    );
  });

  it('leaves out records past their retention and those of other organizations', async () => {
    const mine = await put(hourMs);
    await put(hourMs, { expiresAt: now / 1000 - 1 });
    await put(hourMs, { organization: 'org_other' });

    expect((await readAll()).ids).toEqual([mine.id]);
  });

  it.each(['workspace', 'key', 'provider', 'model', 'ending', 'errorCode', 'status'])('filters by %s', async (name) => {
    const values = { ending: ['timed-out', 'completed'], status: [429, 200] }[name] ?? ['wanted', 'other'];
    const wanted = await put(2 * hourMs, { [name]: values[0] });
    await put(hourMs, { [name]: values[1] });

    expect((await readAll(`${name}=${values[0]}`)).ids).toEqual([wanted.id]);
  });

  it('takes records from the first moment to before the last, also within a day', async () => {
    const [, second, third] = [await put(3 * hourMs), await put(2 * hourMs), await put(hourMs), await put(0)];
    const at = (agoMs: number) => new Date(now - agoMs).toISOString();

    const { ids } = await readAll(`from=${at(2 * hourMs)}&to=${at(0)}`);

    expect(ids).toEqual([third?.id, second?.id]);
  });

  it('refuses a first moment after the last', async () => {
    const { status, body } = await list('from=2026-11-18T00:00:00Z&to=2026-11-17T00:00:00Z');

    expect([status, body.errors[0].field]).toEqual([400, 'query.from']);
  });

  it('reads back no further than the organization is old', async () => {
    organization = await organizationSince(now - 2 * dayMs);
    await put(2 * dayMs);
    await put(3 * dayMs);

    const { ids, pages } = await readAll();

    expect(ids).toHaveLength(1);
    expect(pages).toEqual([1]);
  });

  it('goes on by cursor where many days are empty, and finds what lies beyond', async () => {
    organization = await organizationSince(now - 1000 * dayMs);
    const old = await put(200 * dayMs);
    const oldest = await put(729 * dayMs);
    await put(731 * dayMs);

    const { ids, pages } = await readAll();

    expect(ids).toEqual([old.id, oldest.id]);
    expect(pages.length).toBeGreaterThan(10);
    expect(pages[0]).toBe(0);
  });

  it.each(['x', '2026-11-18#', '2027-01-01', '2026-99-99', ''])('refuses a cursor that holds "%s"', async (content) => {
    const cursor = Buffer.from(JSON.stringify(content)).toString('base64url');

    const { status, body } = await list(`cursor=${cursor}`);

    expect([status, body.errors?.[0]?.field]).toEqual([400, 'query.cursor']);
  });
});

describe('getRequest', () => {
  const get = (id: string, query = '', token?: string) =>
    api.call('GET', `/requests/${id}${query}`, token === undefined ? {} : { token });

  it('finds one by its id in whatever organization it is, for the operator', async () => {
    const { expiresAt, ...record } = await put(5 * dayMs);

    const { status, body } = await get(record.id);

    expect(status).toBe(200);
    expect(body).toEqual({ ...record, expiresAt: new Date(expiresAt * 1000).toISOString() });
  });

  it('finds it for a member, with and without naming the organization, and for nobody else', async () => {
    const { id } = await put(hourMs);
    const member = await api.join(organization, 'member');
    const stranger = await api.tokenFor({ subject: 'stranger' });

    expect((await get(id, '', member)).status).toBe(200);
    expect((await get(id, `?organization=${organization}`, member)).status).toBe(200);
    expect((await get(id, '', stranger)).status).toBe(404);
    expect((await get(id, `?organization=${organization}`, stranger)).status).toBe(404);
  });

  it('looks only in the organization that is named', async () => {
    const { id } = await put(hourMs);
    const other = await organizationSince(now);

    expect((await get(id, `?organization=${other}`)).status).toBe(404);
    expect((await get(id, '?organization=org_absent')).status).toBe(404);
  });

  it('finds nothing in an organization that is being deleted', async () => {
    const { id } = await put(hourMs);
    const stored = await getOrganization(api.deps.control, organization);
    await replaceOrganization(api.deps.control, { ...stored!.value, status: 'deleting' }, stored!.version);

    expect((await get(id)).status).toBe(404);
    expect((await get(id, `?organization=${organization}`)).status).toBe(404);
  });

  it('knows neither an id without a record, nor one past its retention, nor text that is no id', async () => {
    const { id } = await put(hourMs, { expiresAt: now / 1000 - 1 });

    expect((await get(id)).status).toBe(404);
    expect((await get(createRequestId(now))).status).toBe(404);
    expect((await get('req_1')).status).toBe(404);
  });

  it('asks for the organization where there are more than can be looked through', async () => {
    let active = 0;
    for await (const { value } of iterateOrganizations(api.deps.control)) if (value.status === 'active') active += 1;
    const ids = Array.from({ length: 500 - active }, (_, index) => `org_z${String(index).padStart(4, '0')}`);
    for (let start = 0; start < ids.length; start += 50) {
      await Promise.all(ids.slice(start, start + 50).map((id) => organizationSince(now, id)));
    }
    const last = await put(hourMs, { organization: 'org_z0000' });

    expect((await get(createRequestId(now))).status).toBe(404);
    organization = await organizationSince(now, 'org_zz');
    const beyond = await put(hourMs);
    const refused = await get(beyond.id);

    expect([refused.status, refused.body.errors[0].field]).toEqual([400, 'query.organization']);
    expect((await get(last.id)).status).toBe(200);
    expect((await get(beyond.id, '?organization=org_zz')).status).toBe(200);
  });
});
