import type { Context } from 'aws-lambda';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createAwsTransport } from '../../../lambdas/aws/json-transport.ts';
import { createLeanStoreClient } from '../../../lambdas/store/lean-client.ts';
import { putRequestRecord, type RequestRecord } from '../../../lambdas/store/request-record.ts';
import { listUsage } from '../../../lambdas/store/usage-rollup.ts';
import type { StreamWindowEvent } from '../../../lambdas/usage-rollup/read-event.ts';
import { type LocalDynamo, startLocalDynamo } from '../../../local/dynamodb.ts';
import { day, recordOf } from '../../fixtures/usage.ts';

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
const shardId = 'shardId-00000001414576573621-f55eea83';
const context = {} as Context;

let dynamo: LocalDynamo;
let transport: ReturnType<typeof createAwsTransport>;
let store: ReturnType<typeof createLeanStoreClient>;
let handler: (event: StreamWindowEvent, context: Context) => Promise<unknown>;
let output: string[];

beforeAll(async () => {
  dynamo = await startLocalDynamo();
  transport = createAwsTransport({
    service: 'dynamodb',
    region: 'local',
    endpoint: dynamo.endpoint,
    credentials: async () => credentials,
  });
  store = createLeanStoreClient(transport);
  vi.stubEnv('AWS_REGION', 'local');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', dynamo.endpoint);
  vi.stubEnv('TABLE_USAGE', dynamo.tableNames.usage);
  ({ handler } = await import('../../../lambdas/usage-rollup/handler.ts'));
});

afterAll(async () => {
  vi.unstubAllEnvs();
  transport.close();
  await dynamo.close();
});

beforeEach(() => {
  output = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => output.push(String(text)) > 0);
});

afterEach(() => {
  vi.restoreAllMocks();
});

async function eventOf(record: RequestRecord): Promise<StreamWindowEvent> {
  await putRequestRecord(store, dynamo.tableNames.requests, record);
  const Key = { pk: { S: `org#${record.organization}#${day}` }, sk: { S: record.id } };
  const { Item: NewImage = {} } = await store.getItem({
    TableName: dynamo.tableNames.requests,
    Key,
  });
  return {
    shardId,
    Records: [{ eventName: 'INSERT', dynamodb: { SequenceNumber: '111000000000000000000001', NewImage } }],
  };
}

async function requestsOf({ organization }: RequestRecord): Promise<number[]> {
  const counts: number[] = [];
  for await (const row of listUsage(store, dynamo.tableNames.usage, organization, { from: day, to: day })) {
    counts.push(row.requests);
  }
  return counts;
}

test('rolls a batch up once, however often it comes, and answers with an empty state', async () => {
  const record = recordOf();
  const event = await eventOf(record);

  const answers = [await handler(event, context), await handler(event, context)];

  expect(answers).toEqual([{ state: {} }, { state: {} }]);
  expect(await requestsOf(record)).toEqual([1]);
  expect(output).toEqual([]);
});

test('answers the end of a window, which has no records, with an empty state', async () => {
  const last = { Records: [], shardId, window: {}, state: {}, isFinalInvokeForWindow: true };

  expect(await handler(last, context)).toEqual({ state: {} });
});

test('throws and logs a fault when the mapping has no tumbling window', async () => {
  const { Records = [] } = await eventOf(recordOf());

  const outcome = handler({ Records }, context);

  await expect(outcome).rejects.toThrow('tumbling window');
  expect(output.map((line) => JSON.parse(line))).toMatchObject([
    { type: 'fault', 'gatehouse.fault.kind': 'usage-rollup-failed', 'error.type': 'MappingError' },
  ]);
});
