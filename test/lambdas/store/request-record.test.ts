import { randomUUID } from 'node:crypto';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StoreClient } from '../../../lambdas/store/client.ts';
import {
  deleteRequestRecords,
  getRequestRecord,
  listRequestRecords,
  parseRequestRecord,
  putRequestRecord,
  readRequestRecords,
  type RequestRecord,
  type RequestRecordFilter,
  type RequestRecordQuery,
  requestRecordAttributes,
} from '../../../lambdas/store/request-record.ts';
import { startTestStore, type TestStore } from '../../fixtures/data-plane.ts';

const now = Date.parse('2026-11-18T23:59:59Z');

let store: TestStore;

beforeAll(async () => {
  store = await startTestStore();
});

afterAll(() => store.close());

function recordWith(change: Partial<RequestRecord> = {}): RequestRecord {
  return {
    id: `req_${randomUUID()}`,
    createdAt: new Date(now).toISOString(),
    organization: randomUUID(),
    workspace: 'w',
    key: 'k',
    region: 'eu-west-1',
    endpoint: '/v1/chat/completions',
    provider: 'openai',
    model: 'gpt',
    streamed: true,
    ending: 'timed-out',
    status: 504,
    errorCode: 'provider_timeout',
    finishReason: 'stop',
    inputTokens: 1,
    cacheReadInputTokens: 2,
    cacheWrite5mInputTokens: 3,
    cacheWrite1hInputTokens: 4,
    outputTokens: 5,
    reasoningTokens: 6,
    billedUnits: 10,
    usageEstimated: false,
    costMicroUsd: 9_007_199_254_740_991,
    credentialOwner: 'platform',
    credentialVersion: 3,
    attempts: 2,
    latencyMs: 1_234,
    firstByteMs: 56,
    overheadMs: 1.5,
    keyPolicyVersion: 7,
    workspacePolicyVersion: 8,
    expiresAt: now / 1000 + 30 * 86_400,
    ...change,
  };
}

const put = (record: RequestRecord) => putRequestRecord(store.store, store.tables.requests, record);
const get = (place: Pick<RequestRecord, 'organization' | 'id' | 'createdAt'>, atMs = now) =>
  getRequestRecord(store.store, store.tables.requests, place, atMs);

describe('a request record', () => {
  test.each([{ change: {} }, { change: { usageEstimated: true, streamed: false } }])(
    'comes back as it was written: $change',
    async ({ change }) => {
      const record = recordWith(change);

      await put(record);

      expect(await get(record)).toEqual(record);
    },
  );

  test('comes back without what it does not have', async () => {
    const {
      errorCode: _errorCode,
      finishReason: _finishReason,
      credentialOwner: _owner,
      credentialVersion: _version,
      ...record
    } = recordWith();

    await put(record);

    expect(await get(record)).toEqual(record);
  });

  test('holds nothing but the attributes of the closed list', async () => {
    const record = { ...recordWith(), prompt: 'never stored' };
    await put(record);

    const { Items = [] } = await store.store.scan({ TableName: store.tables.requests });
    const names = new Set(Items.flatMap((item) => Object.keys(item)));

    expect(names).toEqual(new Set(['pk', 'sk', ...requestRecordAttributes]));
  });

  test('is one record, however often it is written', async () => {
    const record = recordWith();

    await Promise.all([put(record), put(record), put(record)]);

    const { Items } = await store.store.query({
      TableName: store.tables.requests,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: `org#${record.organization}#2026-11-18` } },
    });
    expect(Items).toHaveLength(1);
  });

  test('is gone at the second its retention ends, although the table has it still', async () => {
    const record = recordWith();
    await put(record);

    const found = [await get(record, record.expiresAt * 1000 - 1), await get(record, record.expiresAt * 1000)];

    expect(found).toEqual([record, undefined]);
  });

  test('is not found under another organization or day', async () => {
    const record = recordWith();
    await put(record);

    const found = [
      await get({ ...record, organization: randomUUID() }),
      await get({ ...record, createdAt: '2026-11-19T00:00:00.000Z' }),
    ];

    expect(found).toEqual([undefined, undefined]);
  });
});

describe('parsing a stored item', () => {
  const whole = async (): Promise<Record<string, AttributeValue>> => {
    const record = recordWith();
    await put(record);
    const { Item = {} } = await store.store.getItem({
      TableName: store.tables.requests,
      Key: { pk: { S: `org#${record.organization}#2026-11-18` }, sk: { S: record.id } },
    });
    return Item;
  };

  test('gives the record of a whole item', async () => {
    expect(parseRequestRecord(await whole())).toMatchObject({ credentialOwner: 'platform', credentialVersion: 3 });
  });

  test('needs every attribute but the optional ones', async () => {
    const item = await whole();

    const dispensable = requestRecordAttributes.filter((name) => {
      const { [name]: _left, ...rest } = item;
      return parseRequestRecord(rest) !== undefined;
    });

    expect(dispensable).toEqual(['errorCode', 'finishReason', 'billedUnits', 'credentialOwner', 'credentialVersion']);
  });

  test.each([
    { name: 'costMicroUsd', value: { S: '7' } },
    { name: 'costMicroUsd', value: { N: 'many' } },
    { name: 'workspace', value: { N: '7' } },
    { name: 'streamed', value: { S: 'true' } },
    { name: 'errorCode', value: { NULL: true as const } },
  ])('refuses $name of another kind', async ({ name, value }) => {
    expect(parseRequestRecord({ ...(await whole()), [name]: value })).toBeUndefined();
  });
});

describe('listing request records', () => {
  const day = '2026-11-18';
  const idOf = (number: number): string => `req_${String(number).padStart(4, '0')}`;

  async function putDay(changes: readonly Partial<RequestRecord>[]): Promise<string> {
    const organization = randomUUID();
    const records = changes.map((change, index) => recordWith({ organization, id: idOf(index), ...change }));
    await Promise.all(records.map(put));
    return organization;
  }

  const list = (
    query: Partial<RequestRecordQuery> & { organization: string },
    client: StoreClient = store.store,
    atMs = now,
  ) => listRequestRecords(client, store.tables.requests, { day, limit: 10, filter: {}, ...query }, atMs);

  test('gives the newest first, of one organization and day', async () => {
    const organization = await putDay([{}, {}, {}, { createdAt: '2026-11-19T00:00:00.000Z' }]);
    await putDay([{}]);

    const page = await list({ organization });

    expect(page).toEqual({ records: [2, 1, 0].map((at) => expect.objectContaining({ id: idOf(at) })) });
  });

  test('gives whole records', async () => {
    const record = recordWith();
    await put(record);

    expect(await list({ organization: record.organization })).toEqual({ records: [record] });
  });

  test.each([{ filter: {} }, { filter: { workspace: 'w' } }])(
    'gives each record once, page by page, with filter $filter',
    async ({ filter }) => {
      const organization = await putDay(Array.from({ length: 7 }, () => ({})));

      const pages: string[][] = [];
      let before: string | undefined;
      do {
        const page = await list({ organization, filter, limit: 3, before });
        pages.push(page.records.map(({ id }) => id));
        before = page.next;
      } while (before !== undefined);

      expect(pages).toEqual([[6, 5, 4].map(idOf), [3, 2, 1].map(idOf), [0].map(idOf)]);
    },
  );

  test('names no next page after the last record, also when the page is full', async () => {
    const organization = await putDay([{}, {}, {}]);

    expect((await list({ organization, limit: 3 })).next).toBeUndefined();
    expect((await list({ organization, limit: 2 })).next).toBe(idOf(1));
  });

  const filters: RequestRecordFilter[] = [
    { workspace: 'x' },
    { key: 'x' },
    { provider: 'x' },
    { model: 'x' },
    { status: 418 },
    { ending: 'caller-gone' },
    { errorCode: 'x' },
  ];
  test.each(filters)('gives only what matches %o', async (filter) => {
    const organization = await putDay([{}, filter as Partial<RequestRecord>, {}]);

    const { records } = await list({ organization, filter });

    expect(records.map(({ id }) => id)).toEqual([idOf(1)]);
  });

  test('needs every filter to match', async () => {
    const organization = await putDay([{ workspace: 'x' }, { workspace: 'x', model: 'x' }, { model: 'x' }]);

    const { records } = await list({ organization, filter: { workspace: 'x', model: 'x', key: undefined } });

    expect(records.map(({ id }) => id)).toEqual([idOf(1)]);
  });

  test('leaves out what is past its retention', async () => {
    const organization = await putDay([{}, { expiresAt: now / 1000 }, { expiresAt: now / 1000 + 1 }]);

    const { records } = await list({ organization });

    expect(records.map(({ id }) => id)).toEqual([2, 0].map(idOf));
  });

  test('looks through ten pages of the store at most and says where to go on', async () => {
    const expired = { expiresAt: now / 1000 - 1 };
    const organization = await putDay([{}, ...Array.from({ length: 25 }, () => expired)]);
    let queries = 0;
    const counting: StoreClient = {
      ...store.store,
      query(input) {
        queries += 1;
        return store.store.query(input);
      },
    };

    const first = await list({ organization, limit: 1 }, counting);
    const queriesOfFirst = queries;
    const second = await list({ organization, limit: 1, before: first.next });

    expect([queriesOfFirst, first]).toEqual([10, { records: [], next: idOf(6) }]);
    expect(second.records.map(({ id }) => id)).toEqual([idOf(0)]);
  });

  test('reading for sums gives every record of the day over every page, expired or not', async () => {
    const organization = await putDay([{}, { expiresAt: 1 }, {}, { createdAt: '2026-11-19T00:00:00.000Z' }]);
    const paging: StoreClient = { ...store.store, query: (input) => store.store.query({ ...input, Limit: 1 }) };

    const ids: string[] = [];
    for await (const { id } of readRequestRecords(paging, store.tables.requests, organization, day)) ids.push(id);

    expect(ids).toEqual([0, 1, 2].map(idOf));
  });

  test('deleting takes one day of one organization, expired records with it', async () => {
    const organization = await putDay([{}, { expiresAt: 1 }, { createdAt: '2026-11-19T00:00:00.000Z' }]);
    const other = await putDay([{}]);

    const finished = await deleteRequestRecords(store.store, store.tables.requests, { organization, day }, Infinity);

    const left = await Promise.all([
      list({ organization }, store.store, 0),
      list({ organization, day: '2026-11-19' }),
      list({ organization: other }),
    ]);
    expect(finished).toBe(true);
    expect(left.map(({ records }) => records.length)).toEqual([0, 1, 1]);
  });
});
