import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Operation } from '../../../../lambdas/control-plane/contract/operation.ts';
import { type OperationId, operationIds, operations } from '../../../../lambdas/control-plane/contract/operations.ts';
import { createRequestId } from '../../../../lambdas/http/request-id.ts';
import { putRequestRecord, type RequestRecord } from '../../../../lambdas/store/request-record.ts';
import { type AdminApi, startAdminApi } from '../../../fixtures/admin-api.ts';

/** Two organizations with one of everything each; every id of the one is tried with the owner's token of the other. */

interface Tenant {
  readonly ids: Readonly<Record<string, string>>;
  readonly token: string;
}

/** Parameters under which a tenant's things are found, other than its own id. */
const ownNames = ['provider', 'route', 'member'];

const scoped = operationIds.filter((id) => !['platform', 'signed-in'].includes(operations[id].scope));

/** Enough for the call to be done if it were allowed. */
const bodies: Partial<Record<OperationId, object>> = {
  updateOrganization: { name: 'taken over' },
  createBalanceAdjustment: { amountMicroUsd: 1, reason: 'mine' },
  createWorkspace: { name: 'taken over' },
  updateWorkspace: { name: 'taken over' },
  createMember: { email: 'me@example.com', role: 'auditor' },
  updateMember: { role: 'auditor' },
  createKey: { name: 'mine' },
  updateKey: { name: 'taken over' },
  rotateKey: { overlapSeconds: 60 },
  putCredential: { secret: 'sk-of-somebody-else' },
  putRoute: { targets: [{ provider: 'openai', model: 'gpt-5-mini' }] },
};

let api: AdminApi;
let acme: Tenant;
let globex: Tenant;

beforeAll(async () => {
  api = await startAdminApi();
  acme = await createTenant('Acme', 'anthropic');
  globex = await createTenant('Globex', 'openai');
});

afterAll(() => api.close());

async function createTenant(name: string, provider: string): Promise<Tenant> {
  const organization = await created('POST', '/organizations', { name });
  const workspace = await created('POST', `/organizations/${organization}/workspaces`, { name });
  const key = await created('POST', `/workspaces/${workspace}/keys`, { name });
  const member = await created('POST', `/organizations/${organization}/members`, {
    email: `someone@${name.toLowerCase()}.example.com`,
    role: 'member',
  });
  const route = `of-${name.toLowerCase()}`;
  await api.call('PUT', `/workspaces/${workspace}/routes/${route}`, { body: bodies.putRoute });
  await api.call('PUT', `/workspaces/${workspace}/credentials/${provider}`, {
    body: { secret: `sk-of-${name}-itself` },
  });
  const request = await record(organization, workspace, key);
  const token = await api.join(organization, 'owner');
  return { ids: { organization, workspace, key, member, route, provider, request }, token };
}

async function created(method: string, path: string, body: object): Promise<string> {
  const answer = await api.call(method, path, { body });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body.id;
}

async function record(organization: string, workspace: string, key: string): Promise<string> {
  const id = createRequestId(Date.now());
  const facts: RequestRecord = {
    id,
    createdAt: new Date().toISOString(),
    organization,
    workspace,
    key,
    region: 'local',
    endpoint: '/v1/chat/completions',
    provider: 'openai',
    model: 'gpt-5-mini',
    streamed: false,
    ending: 'completed',
    status: 200,
    inputTokens: 1,
    cacheReadInputTokens: 0,
    cacheWrite5mInputTokens: 0,
    cacheWrite1hInputTokens: 0,
    outputTokens: 1,
    reasoningTokens: 0,
    usageEstimated: false,
    costMicroUsd: 1,
    attempts: 1,
    latencyMs: 1,
    firstByteMs: 1,
    overheadMs: 1,
    keyPolicyVersion: 1,
    workspacePolicyVersion: 1,
    expiresAt: Math.floor(Date.now() / 1000) + 86_400,
  };
  await putRequestRecord(api.testStore.store, api.testStore.tables.requests, facts);
  return id;
}

function attempt(id: OperationId, ids: Readonly<Record<string, string>>, token: string) {
  const { method, path }: Operation = operations[id];
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? '');
  const body = bodies[id];
  return api.call(method, filled, { token, ...(body !== undefined && { body }) });
}

describe('the owner of another organization', () => {
  it.each(scoped)('finds nothing with %s', async (id) => {
    const before = await api.dump('control', 'policy', 'vault', 'audit', 'meter');

    const answer = await attempt(id, acme.ids, globex.token);

    expect(answer.body).toMatchObject({ status: 404, code: 'not_found' });
    expect(await api.dump('control', 'policy', 'vault', 'audit', 'meter')).toBe(before);
  });

  it.each(scoped)('is told the same by %s as about what does not exist', async (id) => {
    const nothing = Object.fromEntries(Object.keys(acme.ids).map((name) => [name, `no-${name}`]));

    const foreign = await attempt(id, acme.ids, globex.token);
    const absent = await attempt(id, { ...nothing, route: 'no-route', provider: 'openai' }, globex.token);

    expect({ ...foreign.body, requestId: '' }).toEqual({ ...absent.body, requestId: '' });
  });

  // The path of one's own tenant with the name of something of the other's. PUT would make a new thing of one's own.
  const within = scoped.filter((id) => {
    const { method, path } = operations[id];
    return method !== 'PUT' && ownNames.some((name) => path.includes(`{${name}}`));
  });
  it.each(within)('finds nothing of it by name with %s', async (id) => {
    const mixed = {
      ...globex.ids,
      member: acme.ids['member'] ?? '',
      route: acme.ids['route'] ?? '',
      provider: 'anthropic',
    };

    const answer = await attempt(id, mixed, globex.token);

    expect(answer.body).toMatchObject({ status: 404, code: 'not_found' });
  });

  it('finds its own request, and not the other’s', async () => {
    const own = await api.call('GET', `/requests/${globex.ids['request']}`, { token: globex.token });
    const foreign = await api.call('GET', `/requests/${acme.ids['request']}`, { token: globex.token });
    const named = await api.call('GET', `/requests/${acme.ids['request']}?organization=${acme.ids['organization']}`, {
      token: globex.token,
    });

    expect(own.body).toMatchObject({ id: globex.ids['request'] });
    expect([foreign.body.code, named.body.code]).toEqual(['not_found', 'not_found']);
  });

  it('sees only its own in every list', async () => {
    const organizations = await api.call('GET', '/organizations', { token: globex.token });
    const requests = await api.call('GET', `/organizations/${globex.ids['organization']}/requests`, {
      token: globex.token,
    });
    const filtered = await api.call(
      'GET',
      `/organizations/${globex.ids['organization']}/requests?workspace=${acme.ids['workspace']}`,
      { token: globex.token },
    );

    expect(organizations.body.data.map(({ id }: { id: string }) => id)).toEqual([globex.ids['organization']]);
    expect(requests.body.data.map(({ id }: { id: string }) => id)).toEqual([globex.ids['request']]);
    expect(filtered.body.data).toEqual([]);
  });
});
