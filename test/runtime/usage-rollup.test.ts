import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { putRequestRecord, type RequestRecord } from '../../lambdas/store/request-record.ts';
import { listUsage, type UsageRow } from '../../lambdas/store/usage-rollup.ts';
import { day, recordOf, sequenceAt } from '../fixtures/usage.ts';
import { type Deployment, startDeployment } from './deployment.ts';
import type { LambdaHost } from './lambda-host.ts';

const shardId = 'shardId-00000001414576573621-f55eea83';
const window = { start: `${day}T12:00:00Z`, end: `${day}T12:00:01Z` };

let deployment: Deployment;
let rollup: LambdaHost;

beforeAll(async () => {
  deployment = await startDeployment();
  rollup = await deployment.deploy('usage-rollup');
});

afterAll(() => deployment.close());

/** The record as the stream shows it: what the table really stores of it. */
async function streamRecord(record: RequestRecord, position: number): Promise<object> {
  const { store, tableNames } = deployment;
  await putRequestRecord(store, tableNames.requests, record);
  const Keys = { pk: { S: `org#${record.organization}#${day}` }, sk: { S: record.id } };
  const { Item } = await store.getItem({ TableName: tableNames.requests, Key: Keys });
  return {
    eventID: randomUUID(),
    eventName: 'INSERT',
    eventSource: 'aws:dynamodb',
    dynamodb: { Keys, NewImage: Item, SequenceNumber: sequenceAt(position), StreamViewType: 'NEW_IMAGE' },
  };
}

const poison = (position: number): object => ({
  eventName: 'INSERT',
  dynamodb: { NewImage: { id: { S: 'a prompt, perhaps' } }, SequenceNumber: sequenceAt(position) },
});

const deliver = (Records: readonly object[]): Promise<unknown> =>
  rollup.invoke({ Records, shardId, window, state: {}, isFinalInvokeForWindow: false, isWindowTerminatedEarly: false });

async function usageOf(organization: string): Promise<UsageRow[]> {
  const rows: UsageRow[] = [];
  const { store, tableNames } = deployment;
  for await (const row of listUsage(store, tableNames.usage, organization, { from: day, to: day })) rows.push(row);
  return rows;
}

it('sums a batch up, whatever of it comes again', async () => {
  const organization = randomUUID();
  const costs = [5, 70, 900];
  const records = await Promise.all(
    costs.map((costMicroUsd, index) => streamRecord(recordOf({ organization, costMicroUsd }), index + 1)),
  );
  const removed = { ...(await streamRecord(recordOf({ organization }), 4)), eventName: 'REMOVE' };

  const first = await deliver(records.slice(0, 2));
  const again = await deliver(records.slice(0, 2));
  const more = await deliver([...records.slice(1), removed]);

  expect([first, again, more]).toEqual([{ state: {} }, { state: {} }, { state: {} }]);
  expect(await usageOf(organization)).toMatchObject([{ requests: 3, costMicroUsd: 975, inputTokens: 3 }]);
});

it('counts what comes with a record that cannot be read, and says which could not', async () => {
  const organization = randomUUID();
  const good = [
    await streamRecord(recordOf({ organization }), 11),
    await streamRecord(recordOf({ organization }), 13),
  ] as const;
  const linesBefore = rollup.log.length;

  const answer = await deliver([good[0], poison(12), good[1]]);

  expect(answer).toEqual({ state: {} });
  expect(await usageOf(organization)).toMatchObject([{ requests: 2, costMicroUsd: 14 }]);
  const lines = rollup.log.slice(linesBefore);
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { type: 'fault', 'gatehouse.fault.kind': 'unreadable-record' },
  ]);
  expect(lines.join('')).not.toContain('prompt');
});

it('answers the end of a window, which may have no records, as Lambda requires', async () => {
  const answer = await rollup.invoke({ Records: [], shardId, window, state: {}, isFinalInvokeForWindow: true });

  expect(answer).toEqual({ state: {} });
});

it('fails without a shard id, counts nothing, and counts all when the mapping is right', async () => {
  const organization = randomUUID();
  const record = await streamRecord(recordOf({ organization }), 21);

  const outcome = rollup.invoke({ Records: [record] });

  await expect(outcome).rejects.toThrow('tumbling window');
  expect(await usageOf(organization)).toEqual([]);
  await deliver([record]);
  expect(await usageOf(organization)).toMatchObject([{ requests: 1 }]);
  expect(rollup.invocations.filter(({ coldStart }) => coldStart)).toHaveLength(1);
});

it('fails where sums cannot be written, so that the batch comes again', async () => {
  const organization = randomUUID();
  const record = await streamRecord(recordOf({ organization }), 31);
  const broken = await deployment.deploy('usage-rollup', { variables: { TABLE_USAGE: 'no-such-table' } });

  const outcome = broken.invoke({ Records: [record], shardId });

  await expect(outcome).rejects.toMatchObject({ type: 'StoreError' });
  expect(JSON.parse(broken.log[0] ?? '')).toMatchObject({
    type: 'fault',
    'gatehouse.fault.kind': 'usage-rollup-failed',
  });
});

it('shows nothing of what is stored when it fails over it, although the runtime logs all that is thrown', async () => {
  const organization = randomUUID();
  const [first, second] = [
    await streamRecord(recordOf({ organization }), 41),
    await streamRecord(recordOf({ organization }), 42),
  ];
  await deliver([first]);
  const { store, tableNames } = deployment;
  const { Items = [] } = await store.scan({ TableName: tableNames.usage });
  const Item = Items.find(({ pk }) => pk?.S === `org#${organization}`) ?? {};
  const sequence = Object.keys(Item).find((name) => name.startsWith('seq_')) ?? '';
  await store.putItem({ TableName: tableNames.usage, Item: { ...Item, [sequence]: { S: 'stored-text' } } });
  const linesBefore = rollup.log.length;

  await expect(deliver([second])).rejects.toMatchObject({ type: 'SyntaxError' });

  const lines = rollup.log.slice(linesBefore);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ type: 'fault', 'error.type': 'SyntaxError' });
  expect(lines[1]).toContain('Invoke Error');
  expect(lines.join('')).not.toContain('stored-text');
});
