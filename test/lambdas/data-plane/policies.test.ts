import { expect, onTestFinished, test } from 'vitest';
import { createAwsTransport } from '../../../lambdas/aws/json-transport.ts';
import { createPolicyReader } from '../../../lambdas/data-plane/policies.ts';
import { createLeanStoreClient } from '../../../lambdas/store/lean-client.ts';
import { type Reply, startAwsServer } from '../aws/aws-server.ts';

/** A reader over a store that answers with `state.policy`, or fails with `state.reply`. */
async function readerOver(policy: object | undefined) {
  const state: { policy: object | undefined; reply?: Reply; now: number } = { policy, now: 1_000_000 };
  const server = await startAwsServer(() => {
    const document = JSON.stringify(state.policy);
    const found = { Item: { pk: { S: 'x' }, document: { S: document } } };
    return state.reply ?? { status: 200, body: state.policy === undefined ? {} : found };
  });
  const transport = createAwsTransport({
    service: 'dynamodb',
    region: 'us-east-1',
    endpoint: server.endpoint,
    credentials: async () => ({ accessKeyId: 'a', secretAccessKey: 's' }),
  });
  onTestFinished(async () => {
    transport.close();
    await server.close();
  });
  const reader = createPolicyReader(createLeanStoreClient(transport), 'policy', () => state.now);
  return { state, reader, reads: () => server.calls.map(({ body }) => JSON.parse(body) as Record<string, unknown>) };
}

test('reads a policy once, consistently, however many requests wait for it', async () => {
  const { reader, reads } = await readerOver({ version: 4 });

  const found = await Promise.all(Array.from({ length: 20 }, () => reader.key('k1')));

  expect(new Set(found.map((each) => JSON.stringify(each)))).toEqual(new Set(['{"policy":{"version":4},"asOf":4}']));
  expect(reads()).toEqual([{ TableName: 'policy', Key: { pk: { S: 'key#k1' } }, ConsistentRead: true }]);
});

test('keeps keys and workspaces for a minute, the catalog for ten seconds', async () => {
  const { state, reader, reads } = await readerOver({ version: 4 });
  const readAll = async (): Promise<void> => {
    await reader.key('k1');
    await reader.workspace('w1');
    await reader.catalog();
  };
  await readAll();

  const counts = [];
  for (const elapsed of [9_999, 10_000, 59_999, 60_000]) {
    state.now = 1_000_000 + elapsed;
    await readAll();
    counts.push(reads().length);
  }

  expect(counts).toEqual([3, 4, 5, 7]);
});

test('reads again where a meter carries another version, and is as of that version then', async () => {
  const { state, reader } = await readerOver({ version: 4, name: 'old' });
  await reader.key('k1');
  state.policy = { version: 4, name: 'new' };

  const fresh = await reader.key('k1', { asOf: 9 });
  const cached = await reader.key('k1');

  expect(fresh).toEqual({ policy: { version: 4, name: 'new' }, asOf: 9 });
  expect(cached).toEqual(fresh);
});

test('reads now when it must be fresh', async () => {
  const { state, reader } = await readerOver({ version: 4 });
  await reader.key('k1');
  state.policy = { version: 5 };

  const fresh = await reader.key('k1', 'fresh');

  expect(fresh).toEqual({ policy: { version: 5 }, asOf: 5 });
});

test('looks up again what was absent: a key may be made at any moment', async () => {
  const { state, reader } = await readerOver(undefined);
  const before = await reader.key('k1');
  state.policy = { version: 1 };

  const after = await reader.key('k1');

  expect([before, after?.policy.version]).toEqual([undefined, 1]);
});

test('does not remember a failure', async () => {
  const { state, reader } = await readerOver({ version: 1 });
  state.reply = { status: 500, body: {} };
  await expect(reader.key('k1')).rejects.toMatchObject({ kind: 'unavailable' });
  delete state.reply;

  const found = await reader.key('k1');

  expect(found?.policy.version).toBe(1);
});

test('takes a catalog that nobody wrote for an empty one', async () => {
  const { reader } = await readerOver(undefined);

  expect(await reader.catalog()).toEqual({ version: 0, providers: {}, credentials: {} });
});
