import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Operation } from '../../../../lambdas/control-plane/contract/operation.ts';
import { type OperationId, operationIds, operations } from '../../../../lambdas/control-plane/contract/operations.ts';
import type { StoreClient } from '../../../../lambdas/store/client.ts';
import { type AdminApi, startAdminApi } from '../../../fixtures/admin-api.ts';

/*
 * Every operation that writes, done once with success on a tenant that has one of everything. An operation that is new is walked,
 * too, and fails here as long as it has no body of its own.
 */

type Read = 'GET';
type WriteId = {
  [Id in OperationId]: (typeof operations)[Id]['method'] extends Read ? never : Id;
}[OperationId];

const target = { provider: 'openai', model: 'gpt-5-mini' };
const declaration = { baseUrl: 'https://models.example.com/v1', models: [{ id: '*', free: true }] };

/** What changes something where it is sent to `newTenant`; `undefined`: the operation takes none. */
const bodies: Record<WriteId, () => object | undefined> = {
  createOrganization: () => ({ name: randomUUID() }),
  updateOrganization: () => ({ retentionDays: 7 }),
  deleteOrganization: () => undefined,
  createBalanceAdjustment: () => ({ amountMicroUsd: 5, reason: 'a gift' }),
  createWorkspace: () => ({ name: 'another' }),
  updateWorkspace: () => ({ name: 'renamed' }),
  deleteWorkspace: () => undefined,
  createMember: () => ({ email: 'another@example.com', role: 'auditor' }),
  updateMember: () => ({ role: 'auditor' }),
  deleteMember: () => undefined,
  createKey: () => ({ name: 'another' }),
  updateKey: () => ({ name: 'renamed' }),
  revokeKey: () => undefined,
  rotateKey: () => ({ overlapSeconds: 60 }),
  putCredential: () => ({ secret: 'sk-that-is-the-next' }),
  deleteCredential: () => undefined,
  putPlatformCredential: () => ({ secret: 'sk-that-is-the-next' }),
  deletePlatformCredential: () => undefined,
  putProvider: () => ({ ...declaration, zeroRetention: true }),
  deleteProvider: () => undefined,
  putRoute: () => ({ strategy: 'weighted', targets: [target] }),
  deleteRoute: () => undefined,
};

interface Write {
  readonly table: string | undefined;
  readonly pk: string;
  readonly sk: string;
}

const writes: Write[] = [];
let api: AdminApi;

beforeAll(async () => {
  api = await startAdminApi({ wrapStore: recordingWrites });
});

afterAll(() => api.close());

function recordingWrites(store: StoreClient): StoreClient {
  const note = (table: string | undefined, key: Record<string, { S?: string | undefined }> = {}): void => {
    writes.push({ table, pk: key['pk']?.S ?? '', sk: key['sk']?.S ?? '' });
  };
  return {
    ...store,
    putItem: (input) => {
      note(input.TableName, input.Item);
      return store.putItem(input);
    },
    updateItem: (input) => {
      note(input.TableName, input.Key);
      return store.updateItem(input);
    },
    deleteItem: (input) => {
      note(input.TableName, input.Key);
      return store.deleteItem(input);
    },
  };
}

async function newTenant(): Promise<Readonly<Record<string, string>>> {
  const done = async (method: string, path: string, body: object): Promise<string> => {
    const answer = await api.call(method, path, { body });
    expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
    return answer.body.id;
  };
  const organization = await done('POST', '/organizations', { name: randomUUID(), billing: 'prepaid' });
  const workspace = await done('POST', `/organizations/${organization}/workspaces`, { name: 'Lab' });
  const member = await done('POST', `/organizations/${organization}/members`, {
    email: 'a@example.com',
    role: 'member',
  });
  const key = await done('POST', `/workspaces/${workspace}/keys`, { name: 'k' });
  const provider = `p-${randomUUID()}`;
  await done('PUT', `/providers/${provider}`, declaration);
  await done('PUT', `/platform/credentials/${provider}`, { secret: 'sk-that-is-the-first' });
  await done('PUT', `/workspaces/${workspace}/credentials/${provider}`, { secret: 'sk-that-is-the-first' });
  await done('PUT', `/workspaces/${workspace}/routes/fast`, { targets: [target] });
  return { organization, workspace, member, key, provider, route: 'fast' };
}

/** A claim of a name leads to nothing by itself, and one that is refused is no change: it comes before the entry. */
const isNameClaim = ({ sk }: Write): boolean => sk.startsWith('name#');

const writing = operationIds.filter((id) => operations[id].method !== 'GET') as WriteId[];

it.each(writing)('%s writes its entry before anything else, into the chain of the tenant it is about', async (id) => {
  const ids = await newTenant();
  const { method, path, scope }: Operation = operations[id];
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? '');
  const body = bodies[id]();
  writes.length = 0;

  const answer = await api.call(method, filled, body === undefined ? {} : { body });

  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
  const [first, ...others] = writes.filter((write) => !isNameClaim(write));
  const chain = scope === 'platform' ? (id === 'createOrganization' ? answer.body.id : undefined) : ids['organization'];
  const { audit } = api.testStore.tables;
  expect(first).toMatchObject({ table: audit, pk: chain === undefined ? 'platform' : `org#${chain}` });
  expect(others.filter(({ table }) => table !== audit)).not.toEqual([]);
  expect(await actorOfNewest(chain)).toEqual({
    actor: 'bootstrap-token',
    requestId: answer.headers.get('x-request-id'),
    sourceAddress: '127.0.0.1',
  });
});

it('takes no address for its source that the caller wrote into a header', async () => {
  const forged = {
    'x-forwarded-for': '8.8.8.8',
    forwarded: 'for=8.8.8.8',
    'x-real-ip': '8.8.8.8',
    'true-client-ip': '8.8.8.8',
  };

  const { body } = await api.call('POST', '/organizations', { body: { name: randomUUID() }, headers: forged });

  expect(await actorOfNewest(body.id)).toMatchObject({ sourceAddress: '127.0.0.1' });
});

async function actorOfNewest(chain?: string) {
  const query = chain === undefined ? '' : `&organization=${chain}`;
  const { body } = await api.call('GET', `/platform/audit-events?limit=1${query}`);
  const { actor, requestId, sourceAddress } = body.data[0];
  return { actor, requestId, sourceAddress };
}
