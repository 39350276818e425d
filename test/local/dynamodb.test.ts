import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import database from 'dynalite/db/index.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAwsTransport } from '../../lambdas/aws/json-transport.ts';
import { createLeanStoreClient } from '../../lambdas/store/lean-client.ts';
import { tables } from '../../lambdas/store/tables.ts';
import { type LocalDynamo, LocalDynamoError, startLocalDynamo } from '../../local/dynamodb.ts';

const cleanups: (() => unknown)[] = [];
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function start(path?: string): Promise<LocalDynamo> {
  const dynamo = await startLocalDynamo({ path });
  cleanups.push(() => dynamo.close());
  return dynamo;
}

function transportTo({ endpoint }: LocalDynamo) {
  const credentials = async () => ({ accessKeyId: 'local', secretAccessKey: 'local' });
  const transport = createAwsTransport({ service: 'dynamodb', region: 'local', endpoint, credentials });
  cleanups.push(() => transport.close());
  return transport;
}

async function tableStatuses(dynamo: LocalDynamo) {
  const transport = transportTo(dynamo);
  const describing = Object.values(dynamo.tableNames).map((TableName) =>
    transport.call('DescribeTable', { TableName }),
  );
  const described = (await Promise.all(describing)) as { Table: { TableName: string; TableStatus: string } }[];
  return Object.fromEntries(described.map(({ Table }) => [Table.TableName, Table.TableStatus]));
}

const everyTableActive = Object.fromEntries(Object.keys(tables).map((name) => [name, 'ACTIVE']));

async function failureOf(starting: Promise<unknown>): Promise<LocalDynamoError> {
  const error = await starting.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(LocalDynamoError);
  return error as LocalDynamoError;
}

/** Starts a database and tells how many of its iterators are open at the moment. */
async function startCounting(path: string): Promise<{ dynamo: LocalDynamo; openIterators: () => number }> {
  const { create } = database;
  let open = 0;
  database.create = (options) => {
    const store = create(options);
    const { values } = store.db;
    store.db.values = (range) => {
      const iterator = values.call(store.db, range);
      const { close } = iterator;
      open += 1;
      iterator.close = () => close.call(iterator).finally(() => (open -= 1));
      return iterator;
    };
    return store;
  };
  const dynamo = await start(path).finally(() => (database.create = create));
  return { dynamo, openIterators: () => open };
}

describe('startLocalDynamo', () => {
  it('makes every table, in memory, on a port of its own', async () => {
    const [first, second] = [await start(), await start()];

    const statuses = await tableStatuses(first);

    expect(statuses).toEqual(everyTableActive);
    expect(first.tableNames).toEqual(Object.fromEntries(Object.keys(tables).map((name) => [name, name])));
    expect(first.endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(first.endpoint).not.toBe(second.endpoint);
  });

  it('keeps tables and items in its folder over a restart', async () => {
    const path = join(folder, 'new', 'database');
    const Item = { pk: { S: 'org#1' }, balance: { N: '5' } };
    const first = await start(path);
    await createLeanStoreClient(transportTo(first)).putItem({ TableName: first.tableNames.meter, Item });
    await first.close();

    const second = await start(path);
    const stored = await createLeanStoreClient(transportTo(second)).getItem({
      TableName: 'meter',
      Key: { pk: Item.pk },
    });

    expect(stored.Item).toEqual(Item);
    expect(await tableStatuses(second)).toEqual(everyTableActive);
  });

  it('makes a table anew whose creation was cut short by a crash', async () => {
    await (await start(folder)).close();
    const { db } = database.create({ path: folder });
    const table = (await db.get('table~vault')) as object;
    await db.put('table~vault', { ...table, TableStatus: 'CREATING' });
    await db.close();

    const statuses = await tableStatuses(await start(folder));

    expect(statuses).toEqual(everyTableActive);
  });

  it('names the folder when another instance has it open, and leaves that one working', async () => {
    const first = await start(folder);

    const error = await failureOf(start(folder));

    expect(error).toMatchObject({ reason: 'locked', message: expect.stringContaining(`${folder} is in use`) });
    expect(await tableStatuses(first)).toEqual(everyTableActive);
  });

  it('names the path when a file is in the way', async () => {
    const path = join(folder, 'file');
    await writeFile(path, 'not a database');

    const errors = [await failureOf(start(path)), await failureOf(start(join(path, 'below')))];

    expect(errors.map((error) => error.reason)).toEqual(['unusable', 'unusable']);
    expect(errors[0]!.message).toContain(`${path} cannot be used as a database folder`);
  });

  it('loses no acknowledged write when its process is killed', async () => {
    const script = fileURLToPath(new URL('write-until-killed.ts', import.meta.url));
    const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(child, 'exit');
    let printed = '';
    for await (const chunk of child.stdout) {
      printed += String(chunk);
      if (printed.length > 4_000) child.kill('SIGKILL');
    }
    const [, signal] = await exited;

    const client = createLeanStoreClient(transportTo(await start(folder)));
    const acknowledged = printed.split('\n').slice(0, -1);
    const missing = [];
    for (const pk of acknowledged) {
      const { Item } = await client.getItem({ TableName: 'meter', Key: { pk: { S: pk } } });
      if (Item?.text?.S !== pk.repeat(50)) missing.push(pk);
    }

    expect(signal).toBe('SIGKILL');
    expect(acknowledged.length).toBeGreaterThan(500);
    expect(missing).toEqual([]);
  });

  it('survives a client that goes away in the middle of its request', async () => {
    const dynamo = await start();
    const socket = connect(Number(new URL(dynamo.endpoint).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write('POST / HTTP/1.1\r\nhost: local\r\nexpect: 100-continue\r\ncontent-length: 100\r\n\r\n{"TableName"');
    await once(socket, 'data');

    socket.resetAndDestroy();
    await once(socket, 'close');

    expect(await tableStatuses(dynamo)).toEqual(everyTableActive);
  });

  it('keeps no database iterator open after a query', async () => {
    const { dynamo, openIterators } = await startCounting(folder);
    const client = createLeanStoreClient(transportTo(dynamo));
    const query = {
      TableName: 'requests',
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: 'org' } },
      Limit: 1,
    };
    for (const sk of ['a', 'b']) {
      await client.putItem({ TableName: 'requests', Item: { pk: { S: 'org' }, sk: { S: sk } } });
    }

    for (let index = 0; index < 50; index += 1) await client.query(query);
    const open = openIterators();

    expect(open).toBeLessThan(3);
  });
});

describe('close', () => {
  it('answers the call under way, ends kept-alive connections, and frees the folder at once', async () => {
    const dynamo = await start(folder);
    await createLeanStoreClient(transportTo(dynamo)).scan({ TableName: 'meter' });
    const body = JSON.stringify({ TableName: 'meter', Item: { pk: { S: 'late' } } });
    const headers = {
      authorization: 'AWS4-HMAC-SHA256 Credential=local, SignedHeaders=host, Signature=local',
      'content-length': body.length,
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-date': '20260101T000000Z',
      'x-amz-target': 'DynamoDB_20120810.PutItem',
      expect: '100-continue',
    };
    const agent = new Agent({ keepAlive: true });
    cleanups.push(() => agent.destroy());
    const call = request(dynamo.endpoint, { agent, method: 'POST', headers });
    call.flushHeaders();
    await once(call, 'continue');

    const startedAt = performance.now();
    const closed = Promise.all([dynamo.close(), dynamo.close()]);
    call.end(body);
    const [response] = (await once(call, 'response')) as [IncomingMessage];
    response.resume();
    await closed;
    const took = performance.now() - startedAt;

    const again = createLeanStoreClient(transportTo(await start(folder)));
    const { Items } = await again.scan({ TableName: 'meter' });
    expect(response.statusCode).toBe(200);
    expect(Items).toEqual([{ pk: { S: 'late' } }]);
    expect(took).toBeLessThan(500);
  });

  it('does not wait for a client that never finishes its request', async () => {
    const dynamo = await start(folder);
    const agent = new Agent({ keepAlive: true });
    cleanups.push(() => agent.destroy());
    const unfinished = request(dynamo.endpoint, { agent, method: 'POST', headers: { 'content-length': 100 } });
    unfinished.on('error', () => {});
    unfinished.write('{');
    await once(unfinished, 'socket').then(([socket]) => once(socket, 'connect'));

    const startedAt = performance.now();
    await dynamo.close();

    expect(performance.now() - startedAt).toBeLessThan(3000);
  });
});
