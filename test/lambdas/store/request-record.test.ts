import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  getRequestRecord,
  putRequestRecord,
  type RequestRecord,
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
    usageEstimated: false,
    costMicroUsd: 9_007_199_254_740_991,
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
    const { errorCode: _errorCode, finishReason: _finishReason, ...record } = recordWith();

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
