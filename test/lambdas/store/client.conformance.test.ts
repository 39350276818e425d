import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAwsTransport } from '../../../lambdas/aws/json-transport.ts';
import { isConditionFailed, type StoreClient, StoreError } from '../../../lambdas/store/client.ts';
import { createLeanStoreClient } from '../../../lambdas/store/lean-client.ts';
import { createSdkDynamoClient, createSdkStoreClient } from '../../../lambdas/store/sdk-client.ts';
import { type LocalDynamo, startLocalDynamo } from '../../../local/dynamodb.ts';
import { type AwsServer, type Reply, startAwsServer } from '../aws/aws-server.ts';

interface ClosableClient {
  readonly client: StoreClient;
  close(): void;
}

const region = 'eu-west-1';
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };

function createLean(endpoint: string, responseTimeoutMs: number): ClosableClient {
  const options = {
    service: 'dynamodb',
    region,
    endpoint,
    responseTimeoutMs,
    credentials: async () => credentials,
  } as const;
  const transport = createAwsTransport(options);
  return { client: createLeanStoreClient(transport), close: () => transport.close() };
}

function createSdk(endpoint: string, responseTimeoutMs: number): ClosableClient {
  const sdk = createSdkDynamoClient({ region, endpoint, responseTimeoutMs, credentials });
  return { client: createSdkStoreClient(sdk), close: () => sdk.destroy() };
}

const implementations = [
  { name: 'lean', create: createLean },
  { name: 'sdk', create: createSdk },
];

async function failureOf(call: Promise<unknown>): Promise<StoreError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StoreError);
  return error as StoreError;
}

const byPartition = (pk: string) => ({
  TableName: 'requests',
  KeyConditionExpression: 'pk = :pk',
  ExpressionAttributeValues: { ':pk': { S: pk } },
});

describe.each(implementations)('the $name store client against the embedded DynamoDB', ({ create }) => {
  let dynamo: LocalDynamo;
  let closable: ClosableClient;
  let client: StoreClient;
  const newKey = () => ({ pk: { S: randomUUID() } });

  beforeAll(async () => {
    dynamo = await startLocalDynamo();
    closable = create(dynamo.endpoint, 5000);
    client = closable.client;
  });
  afterAll(async () => {
    closable.close();
    await dynamo.close();
  });

  async function putNumbered(count: number): Promise<string> {
    const pk = randomUUID();
    for (let index = 0; index < count; index += 1) {
      const Item = { pk: { S: pk }, sk: { S: `item-${index}` }, bytes: { B: Buffer.from([index]) } };
      await client.putItem({ TableName: 'requests', Item });
    }
    return pk;
  }

  it('stores and returns every type of value, numbers as exact text', async () => {
    const Key = newKey();
    const Item = {
      ...Key,
      text: { S: 'Grüße, €' },
      empty: { S: '' },
      large: { N: '12345678901234567890123456789012345678' },
      fraction: { N: '-0.000001' },
      yes: { BOOL: true },
      nothing: { NULL: true },
      list: { L: [{ N: '1' }, { M: { inner: { B: new Uint8Array([0, 255, 127]) } } }] },
      words: { SS: ['a', 'b'] },
      numbers: { NS: ['1', '2.5'] },
      bytes: { B: new Uint8Array([1, 2, 3]) },
      manyBytes: { BS: [new Uint8Array([1]), new Uint8Array([2, 3])] },
    };

    await client.putItem({ TableName: 'policy', Item });
    const { Item: stored } = await client.getItem({ TableName: 'policy', Key, ConsistentRead: true });

    const { list, bytes, manyBytes, ...rest } = stored!;
    const { list: listIn, bytes: bytesIn, manyBytes: manyBytesIn, ...restIn } = Item;
    expect(rest).toEqual(restIn);
    expect(Buffer.from(bytes!.B!)).toEqual(Buffer.from(bytesIn.B));
    expect(manyBytes!.BS!.map((value) => [...value])).toEqual(manyBytesIn.BS.map((value) => [...value]));
    expect([...list!.L![1]!.M!.inner!.B!]).toEqual([...listIn.L[1]!.M!.inner.B]);
    expect(list!.L![1]!.M!.inner!.B).toBeInstanceOf(Uint8Array);
  });

  it('returns no item for a key that is not there', async () => {
    const output = await client.getItem({ TableName: 'policy', Key: newKey(), ConsistentRead: true });

    expect(output.Item).toBeUndefined();
  });

  it('adds, sets and removes in one conditional update and returns the new item', async () => {
    const Key = newKey();
    await client.putItem({ TableName: 'meter', Item: { ...Key, balance: { N: '100' }, stale: { S: 'x' } } });

    const { Attributes } = await client.updateItem({
      TableName: 'meter',
      Key,
      UpdateExpression: 'ADD #count :one SET balance = balance - :hold REMOVE stale',
      ConditionExpression: 'balance >= :hold AND attribute_not_exists(#count)',
      ExpressionAttributeNames: { '#count': 'count' },
      ExpressionAttributeValues: { ':one': { N: '1' }, ':hold': { N: '60' } },
      ReturnValues: 'ALL_NEW',
    });

    expect(Attributes).toEqual({ ...Key, balance: { N: '40' }, count: { N: '1' } });
  });

  it('reports each conditional write that is refused and changes nothing', async () => {
    const Key = newKey();
    await client.putItem({ TableName: 'meter', Item: { ...Key, version: { N: '1' } } });
    const condition = {
      TableName: 'meter',
      ConditionExpression: 'version = :version',
      ExpressionAttributeValues: { ':version': { N: '2' } },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    } as const;

    const failures = await Promise.all([
      failureOf(client.putItem({ ...condition, Item: Key })),
      failureOf(client.updateItem({ ...condition, Key, UpdateExpression: 'SET version = :version' })),
      failureOf(client.deleteItem({ ...condition, Key })),
    ]);

    const { Item } = await client.getItem({ TableName: 'meter', Key, ConsistentRead: true });
    expect(failures.map(isConditionFailed)).toEqual([true, true, true]);
    expect(Item).toEqual({ ...Key, version: { N: '1' } });
  });

  it('lets exactly as many concurrent conditional updates pass as the condition allows', async () => {
    const Key = newKey();
    await client.putItem({ TableName: 'meter', Item: { ...Key, left: { N: '20' } } });
    const take = {
      TableName: 'meter',
      Key,
      UpdateExpression: 'SET #left = #left - :one',
      ConditionExpression: '#left >= :one',
      ExpressionAttributeNames: { '#left': 'left' },
      ExpressionAttributeValues: { ':one': { N: '1' } },
    };

    const results = await Promise.allSettled(Array.from({ length: 50 }, () => client.updateItem(take)));

    const refused = results.filter((result) => result.status === 'rejected' && isConditionFailed(result.reason));
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(20);
    expect(refused).toHaveLength(30);
  });

  it('deletes and returns the old item', async () => {
    const Key = newKey();
    await client.putItem({ TableName: 'meter', Item: { ...Key, bytes: { B: new Uint8Array([7]) } } });

    const { Attributes } = await client.deleteItem({ TableName: 'meter', Key, ReturnValues: 'ALL_OLD' });
    const { Item } = await client.getItem({ TableName: 'meter', Key, ConsistentRead: true });

    expect([...Attributes!.bytes!.B!]).toEqual([7]);
    expect(Item).toBeUndefined();
  });

  it('pages through a query in both directions', async () => {
    const pk = await putNumbered(5);

    const first = await client.query({ ...byPartition(pk), Limit: 3 });
    const second = await client.query({ ...byPartition(pk), Limit: 3, ExclusiveStartKey: first.LastEvaluatedKey });
    const newest = await client.query({ ...byPartition(pk), Limit: 1, ScanIndexForward: false });

    const bytesOf = (items: typeof first.Items) => items?.map((item) => item.bytes!.B![0]);
    expect([first.Count, second.Count]).toEqual([3, 2]);
    expect([...bytesOf(first.Items)!, ...bytesOf(second.Items)!]).toEqual([0, 1, 2, 3, 4]);
    expect(second.LastEvaluatedKey).toBeUndefined();
    expect(bytesOf(newest.Items)).toEqual([4]);
  });

  it('answers a query and a scan without matches with no items', async () => {
    const query = await client.query(byPartition(randomUUID()));
    const scan = await client.scan({ TableName: 'evidence' });

    expect(query).toMatchObject({ Items: [], Count: 0 });
    expect(query.LastEvaluatedKey).toBeUndefined();
    expect(scan).toMatchObject({ Items: [], Count: 0 });
  });

  it('scans page by page', async () => {
    const keys = Array.from({ length: 5 }, (_, index) => ({
      pk: { S: 'workspace' },
      sk: { S: `credential-${index}` },
    }));
    for (const Item of keys) await client.putItem({ TableName: 'vault', Item });

    const first = await client.scan({ TableName: 'vault', Limit: 4 });
    const second = await client.scan({ TableName: 'vault', Limit: 4, ExclusiveStartKey: first.LastEvaluatedKey });

    expect([first.Items!.length, second.Items!.length]).toEqual([4, 1]);
    expect([...first.Items!, ...second.Items!]).toEqual(expect.arrayContaining(keys));
  });

  it('rejects what DynamoDB cannot accept, without naming the item', async () => {
    const noTable = await failureOf(client.getItem({ TableName: 'nowhere', Key: { pk: { S: 'canary' } } }));
    const wrongKey = await failureOf(client.getItem({ TableName: 'policy', Key: { canary: { S: 'canary' } } }));

    expect(noTable).toMatchObject({ kind: 'rejected', message: 'GetItem: ResourceNotFoundException (HTTP 400)' });
    expect(wrongKey).toMatchObject({ kind: 'rejected', message: 'GetItem: ValidationException (HTTP 400)' });
    expect(inspect([noTable, wrongKey], { depth: null })).not.toContain('canary');
  });
});

const Key = { pk: { S: 'canary-key' } };
/** Each names its table after itself, so that the server's calls can be told apart. */
const operations = {
  getItem: (client: StoreClient) => client.getItem({ TableName: 'getItem', Key }),
  query: (client: StoreClient) => client.query({ ...byPartition('canary-key'), TableName: 'query' }),
  scan: (client: StoreClient) => client.scan({ TableName: 'scan' }),
  put: (client: StoreClient) => client.putItem({ TableName: 'put', Item: Key }),
  putReturningOld: (client: StoreClient) =>
    client.putItem({ TableName: 'putReturningOld', Item: Key, ReturnValues: 'ALL_OLD' }),
  conditionalPut: (client: StoreClient) =>
    client.putItem({ TableName: 'conditionalPut', Item: Key, ConditionExpression: 'attribute_not_exists(pk)' }),
  updateItem: (client: StoreClient) =>
    client.updateItem({ TableName: 'updateItem', Key, UpdateExpression: 'REMOVE a' }),
  deleteItem: (client: StoreClient) => client.deleteItem({ TableName: 'deleteItem', Key }),
};
const operationNames = Object.keys(operations) as (keyof typeof operations)[];
const repeatable: readonly string[] = ['getItem', 'query', 'scan', 'put'];

const exception = (status: number, type: string): Reply => ({
  status,
  body: { __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: 'canary-key is in this message' },
});

interface FailureCase {
  readonly reply: Reply;
  readonly kind: StoreError['kind'];
  /** Attempts of the lean client for a call that may happen twice and for one that may not. The SDK client makes one. */
  readonly attempts: readonly [repeatable: number, onceOnly: number];
}

const failures: readonly FailureCase[] = [
  { reply: exception(400, 'ProvisionedThroughputExceededException'), kind: 'throttled', attempts: [3, 3] },
  { reply: exception(400, 'ThrottlingException'), kind: 'throttled', attempts: [3, 3] },
  { reply: exception(400, 'RequestLimitExceeded'), kind: 'throttled', attempts: [3, 3] },
  { reply: exception(500, 'InternalServerError'), kind: 'unavailable', attempts: [3, 1] },
  { reply: { status: 503, body: '<html>busy</html>' }, kind: 'unavailable', attempts: [3, 1] },
  { reply: { status: 200, body: 'garbage' }, kind: 'unavailable', attempts: [3, 1] },
  { reply: 'reset', kind: 'unavailable', attempts: [3, 1] },
  { reply: 'cut', kind: 'unavailable', attempts: [3, 1] },
  { reply: 'hang', kind: 'unavailable', attempts: [3, 1] },
  { reply: exception(400, 'AccessDeniedException'), kind: 'rejected', attempts: [1, 1] },
  { reply: { status: 400, body: '<html>' }, kind: 'rejected', attempts: [1, 1] },
];

describe.each(implementations)('the $name store client against a failing server', ({ name, create }) => {
  let server: AwsServer;
  let closable: ClosableClient;
  let reply: Reply;

  beforeEach(async () => {
    server = await startAwsServer(() => reply);
    closable = create(server.endpoint, 600);
  });
  afterEach(async () => {
    closable.close();
    await server.close();
  });

  it.each(failures)('fails as $kind after $reply, as often as it may try', async (failure) => {
    reply = failure.reply;

    const errors = await Promise.all(
      operationNames.map((operation) => failureOf(operations[operation](closable.client))),
    );

    const tables = server.calls.map(({ body }) => (JSON.parse(body) as { TableName: string }).TableName);
    const attempts = operationNames.map((operation) => tables.filter((table) => table === operation).length);
    const [forRepeatable, forOnceOnly] = name === 'lean' ? failure.attempts : [1, 1];
    expect(errors.map((error) => error.kind)).toEqual(operationNames.map(() => failure.kind));
    expect(attempts).toEqual(
      operationNames.map((operation) => (repeatable.includes(operation) ? forRepeatable : forOnceOnly)),
    );
    expect(inspect(errors, { depth: null, showHidden: true })).not.toContain('canary');
  });

  it('hands over the old item of a refused condition, and does not repeat the write', async () => {
    const Item = { ...Key, bytes: { B: Buffer.from('old').toString('base64') } };
    reply = { status: 400, body: { __type: 'x#ConditionalCheckFailedException', message: 'canary', Item } };

    const error = await failureOf(operations.updateItem(closable.client));

    expect(error).toMatchObject({ kind: 'condition-failed', item: Key });
    expect(Buffer.from(error.item!.bytes!.B!).toString()).toBe('old');
    expect(error.message).toBe('UpdateItem: ConditionalCheckFailedException (HTTP 400)');
    expect(server.calls).toHaveLength(1);
  });

  it('is unavailable where nobody listens', async () => {
    const gone = await startAwsServer(() => 'reset');
    await gone.close();
    const unreachable = create(gone.endpoint, 150);

    const errors = await Promise.all([
      failureOf(operations.getItem(unreachable.client)),
      failureOf(operations.updateItem(unreachable.client)),
    ]);

    unreachable.close();
    expect(errors.map((error) => error.kind)).toEqual(['unavailable', 'unavailable']);
    expect(errors[0].message).toBe('GetItem: ECONNREFUSED');
  });
});

it('lets the lean client answer when a repeat succeeds', async () => {
  const replies: Reply[] = [exception(400, 'ThrottlingException'), 'reset', { status: 200, body: { Item: Key } }];
  const server = await startAwsServer(() => replies.shift()!);
  const lean = createLean(server.endpoint, 1000);

  const { Item } = await lean.client.getItem({ TableName: 'policy', Key });

  lean.close();
  await server.close();
  expect(Item).toEqual(Key);
  expect(server.calls).toHaveLength(3);
});

it('lets the lean client repeat an update that was never sent, once', async () => {
  let refused = 0;
  const transport = createAwsTransport({
    service: 'dynamodb',
    region,
    endpoint: 'http://127.0.0.1:1',
    credentials: async () => {
      refused += 1;
      return credentials;
    },
  });

  const error = await failureOf(operations.updateItem(createLeanStoreClient(transport)));

  transport.close();
  expect(error.kind).toBe('unavailable');
  expect(refused).toBe(2);
});
