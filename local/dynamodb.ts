import { mkdir } from 'node:fs/promises';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import dynalite, { type DynaliteOptions } from 'dynalite';
import database, { type Store } from 'dynalite/db/index.js';
import { AwsCallError } from '../lambdas/aws/call-error.ts';
import { type AwsTransport, createAwsTransport } from '../lambdas/aws/json-transport.ts';
import { type TableDefinition, type TableName, type TableNames, tables } from '../lambdas/store/tables.ts';

export interface LocalDynamo {
  readonly endpoint: string;
  readonly tableNames: TableNames;
  /** Lets calls under way finish, then closes the database. May be called again. */
  close(): Promise<void>;
}

/**
 * - `locked`: another process has the folder open
 * - `unusable`: the folder cannot be made, read or written, or holds something else than our database
 */
export type LocalDynamoErrorReason = 'locked' | 'unusable';

export class LocalDynamoError extends Error {
  override readonly name = 'LocalDynamoError';
  readonly reason: LocalDynamoErrorReason;

  constructor(reason: LocalDynamoErrorReason, path: string, cause: unknown) {
    const problem = reason === 'locked' ? 'is in use by another process' : 'cannot be used as a database folder';
    super(`${path} ${problem}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.reason = reason;
  }
}

/** How long a client may hold up closing, for instance with a request it never finishes sending. */
const closeTimeoutMs = 1000;

/**
 * Starts the embedded DynamoDB on a free port of 127.0.0.1, with every table there is.
 *
 * An acknowledged write has been handed to the operating system, so it outlives a killed process; it is not forced to disk, so
 * a power failure can take the last moments.
 *
 * @throws LocalDynamoError when the folder cannot be used.
 */
export async function startLocalDynamo({ path }: { path?: string | undefined } = {}): Promise<LocalDynamo> {
  const { server, store } = createServer({ path, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  if (path !== undefined) await openFolder(path, store);
  await forgetHalfMadeTables(store);

  const close = closeOnce(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    await createTables(endpoint);
  } catch (error) {
    await close();
    throw error;
  }
  return { endpoint, tableNames: physicalNames(), close };
}

/** The server and the database inside it, which dynalite keeps to itself although both need a hand. */
function createServer(options: DynaliteOptions): { server: Server; store: Store } {
  const { create } = database;
  let store: Store | undefined;
  database.create = (given) => (store = create(given));
  try {
    const server = dynalite(options);
    // Longer than any client keeps a connection idle, so that none is closed just as it is used again.
    server.keepAliveTimeout = 120_000;
    server.on('request', tolerateAbortedRequest);
    closeIterators(store!);
    return { server, store: store! };
  } finally {
    database.create = create;
  }
}

/** dynalite throws the error of a request that breaks off half-way, which would end the process. */
function tolerateAbortedRequest(request: IncomingMessage): void {
  request.once('aborted', () => request.removeAllListeners('error'));
}

/** dynalite ends its streams with the iterator's `return`, which level iterators lack: each Query would leak one for good. */
function closeIterators({ db }: Store): void {
  const values = db.values.bind(db);
  db.values = (options) => {
    const iterator = values(options);
    iterator.return = () => iterator.close();
    return iterator;
  };
}

/** Opened before the first request, since dynalite throws in the middle of one when the database does not open. */
async function openFolder(path: string, { db }: Store): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await db.open();
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    const locked = cause instanceof Error && 'code' in cause && cause.code === 'LEVEL_LOCKED';
    throw new LocalDynamoError(locked ? 'locked' : 'unusable', path, cause);
  }
}

/** A process killed while a table was being made leaves it in that state for ever; it holds nothing yet, so it is made anew. */
async function forgetHalfMadeTables({ db }: Store): Promise<void> {
  for (const name of Object.keys(tables)) {
    const key = `table~${name}`;
    const table = (await db.get(key)) as { TableStatus?: string } | undefined;
    if (table?.TableStatus === 'CREATING') await db.del(key);
  }
}

async function createTables(endpoint: string): Promise<void> {
  const credentials = async () => ({ accessKeyId: 'local', secretAccessKey: 'local' });
  const transport = createAwsTransport({ service: 'dynamodb', region: 'local', endpoint, credentials });
  try {
    const entries = Object.entries<TableDefinition>(tables);
    await Promise.all(entries.map(([name, definition]) => createTable(transport, name, definition)));
  } finally {
    transport.close();
  }
}

async function createTable(transport: AwsTransport, name: string, definition: TableDefinition): Promise<void> {
  const { partitionKey, sortKey } = definition;
  const keys = [{ AttributeName: partitionKey, KeyType: 'HASH' }];
  if (sortKey !== undefined) keys.push({ AttributeName: sortKey, KeyType: 'RANGE' });
  if (await isActive(transport, name)) return;
  await transport.call('CreateTable', {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: keys.map(({ AttributeName }) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: keys,
  });
  while (!(await isActive(transport, name)));
}

async function isActive(transport: AwsTransport, name: string): Promise<boolean> {
  try {
    const { Table } = (await transport.call('DescribeTable', { TableName: name })) as {
      Table: { TableStatus: string };
    };
    return Table.TableStatus === 'ACTIVE';
  } catch (error) {
    if (error instanceof AwsCallError && error.type === 'ResourceNotFoundException') return false;
    throw error;
  }
}

function physicalNames(): TableNames {
  const names = Object.keys(tables) as TableName[];
  return Object.fromEntries(names.map((name) => [name, name])) as TableNames;
}

/** dynalite waits for every connection to end by itself before it closes the database; kept-alive ones do not. */
function closeOnce(server: Server): () => Promise<void> {
  let closed: Promise<void> | undefined;
  server.on('request', (_request: IncomingMessage, response: ServerResponse) => {
    response.once('close', () => {
      if (closed !== undefined) server.closeIdleConnections();
    });
  });
  return () => {
    closed ??= new Promise((resolve, reject) => {
      const deadline = setTimeout(() => server.closeAllConnections(), closeTimeoutMs);
      server.close((error) => {
        clearTimeout(deadline);
        if (error) reject(error);
        else resolve();
      });
    });
    return closed;
  };
}
