import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { StoreClient } from '../../../lambdas/store/client.ts';
import { getMeter, setMeterPolicyVersion } from '../../../lambdas/store/meter.ts';
import { type KeyPolicy, keyPolicyId, type WorkspacePolicy, workspacePolicyId } from '../../../lambdas/store/policy.ts';
import {
  chatBody,
  createProcess,
  createRequest,
  createTenant,
  createTestClock,
  declareProvider,
  publishKey,
  publishWorkspace,
  putCatalog,
  startTestStore,
  type Tenant,
  type TestClock,
  type TestStore,
} from '../../fixtures/data-plane.ts';
import { json, sampleCompletion, startUpstream, type Upstream } from '../../fixtures/upstream.ts';

let store: TestStore;
let upstream: Upstream;

beforeAll(async () => {
  store = await startTestStore();
  upstream = await startUpstream(json(sampleCompletion));
  await putCatalog(store, { lab: declareProvider(upstream.url) });
});

afterAll(async () => {
  await upstream.close();
  await store.close();
});

/** A process that has served this tenant before, so that it has everything in memory. */
interface WarmProcess {
  /** Status and code of one more request. */
  ask(body?: object): Promise<string>;
  /** How often it read a policy. */
  policyReads(): number;
}

async function startWarmProcess(tenant: Tenant, clock: TestClock): Promise<WarmProcess> {
  let reads = 0;
  const counting: StoreClient = {
    ...store.store,
    getItem: (input) => {
      if (input.TableName === store.tables.policy) reads += 1;
      return store.store.getItem(input);
    },
  };
  const process = createProcess(store, clock, { store: counting });
  onTestFinished(() => process.close());
  const ask = async (body?: object): Promise<string> => {
    const request = createRequest(clock, { apiKey: tenant.apiKey, ...(body !== undefined && { body }) });
    const { status, headers } = await process.handle(request);
    return [status, headers['x-gatehouse-error-code']].filter((part) => part !== undefined).join(' ');
  };
  expect(await ask()).toBe('200');
  return { ask, policyReads: () => reads };
}

/** What an admin call does: the policy first, then the version that ends every older copy of it. */
async function changeKey(tenant: Tenant, change: Partial<KeyPolicy>): Promise<void> {
  await publishKey(store, { ...tenant.keyPolicy, ...change, version: 2 });
  await setMeterPolicyVersion(store.meters, tenant.keyMeter, 2);
}

async function changeWorkspace(tenant: Tenant, change: Partial<WorkspacePolicy>): Promise<void> {
  await publishWorkspace(store, { ...tenant.workspacePolicy, ...change, version: 2 });
  await setMeterPolicyVersion(store.meters, tenant.organizationMeter, 2);
}

describe('a revoked key', () => {
  test('is refused on the next request of every warm process, without a policy read before', async () => {
    const clock = createTestClock();
    const tenant = await createTenant(store);
    const processes = [await startWarmProcess(tenant, clock), await startWarmProcess(tenant, clock)];
    const readsToWarmUp = processes.map(({ policyReads }) => policyReads());
    for (const { ask } of processes) expect(await ask()).toBe('200');
    const readsWhileWarm = processes.map(({ policyReads }) => policyReads());

    await changeKey(tenant, { status: 'revoked' });
    const answers = await Promise.all(processes.map(({ ask }) => ask()));

    expect(answers).toEqual(['401 api_key_revoked', '401 api_key_revoked']);
    expect(readsWhileWarm).toEqual(readsToWarmUp);
    expect(await store.meter(tenant.organizationMeter)).toMatchObject({ inflight: 0, minuteRequests: 4 });
  });

  test('is refused to hundreds of requests that were on their way', async () => {
    const clock = createTestClock();
    const tenant = await createTenant(store);
    const { ask } = await startWarmProcess(tenant, clock);

    await changeKey(tenant, { status: 'revoked' });
    const answers = await Promise.all(Array.from({ length: 200 }, () => ask()));

    expect(new Set(answers)).toEqual(new Set(['401 api_key_revoked']));
    expect(await store.meter(tenant.keyMeter)).toMatchObject({ inflight: 0, minuteRequests: 1 });
    expect(await store.meter(tenant.organizationMeter)).toMatchObject({ inflight: 0, minuteRequests: 1 });
  });
});

describe('a changed policy', () => {
  test.each([
    { change: 'fewer models', policy: { models: ['other'] }, answer: '403 model_not_allowed' },
    { change: 'fewer endpoints', policy: { endpoints: ['/v1/embeddings'] }, answer: '403 endpoint_not_allowed' },
    { change: 'other networks', policy: { cidrs: ['198.51.100.0/24'] }, answer: '403 address_not_allowed' },
    { change: 'an end in the past', policy: { expiresAt: 1 }, answer: '401 api_key_expired' },
    {
      change: 'a lower limit',
      policy: { limits: { requestsPerMinute: 1 } },
      answer: '429 requests_per_minute_exceeded',
    },
    {
      change: 'a smaller budget',
      policy: { budget: { amountMicroUsd: 20, period: 'month' } },
      answer: '402 budget_exceeded',
    },
  ] as const)('of a key holds from the next request on: $change', async ({ policy, answer }) => {
    const clock = createTestClock();
    const tenant = await createTenant(store, { key: { budget: { amountMicroUsd: 1_000, period: 'month' } } });
    const processes = [await startWarmProcess(tenant, clock), await startWarmProcess(tenant, clock)];

    await changeKey(tenant, policy);
    const answers = await Promise.all(processes.map(({ ask }) => ask()));

    expect(answers).toEqual([answer, answer]);
  });

  test('of a key widens it on the next request, too', async () => {
    const clock = createTestClock();
    const tenant = await createTenant(store, { key: { limits: { requestsPerMinute: 1 } } });
    const { ask } = await startWarmProcess(tenant, clock);
    const before = await ask();

    await changeKey(tenant, { limits: { requestsPerMinute: 3 } });
    const after = [await ask(), await ask(), await ask()];

    expect([before, ...after]).toEqual([
      '429 requests_per_minute_exceeded',
      '200',
      '200',
      '429 requests_per_minute_exceeded',
    ]);
  });

  test('of a workspace or its organization holds from the next request on, for all its keys', async () => {
    const clock = createTestClock();
    const routes: WorkspacePolicy['routes'] = {
      alias: { strategy: 'ordered', targets: [{ provider: 'lab', model: 'sample' }] },
    };
    const tenant = await createTenant(store, { routes });
    const processes = [await startWarmProcess(tenant, clock), await startWarmProcess(tenant, clock)];
    const body = chatBody({ model: 'alias' });
    for (const { ask } of processes) expect(await ask(body)).toBe('200');

    await changeWorkspace(tenant, { routes: {} });
    const withoutRoute = await Promise.all(processes.map(({ ask }) => ask(body)));
    const { organization } = tenant.workspacePolicy;
    await publishWorkspace(store, {
      ...tenant.workspacePolicy,
      version: 3,
      organization: { ...organization, limits: { requestsPerMinute: 4 } },
    });
    await setMeterPolicyVersion(store.meters, tenant.organizationMeter, 3);
    const overLimit = await Promise.all(processes.map(({ ask }) => ask()));

    expect(withoutRoute).toEqual(['404 model_not_found', '404 model_not_found']);
    expect(overLimit).toEqual(['429 requests_per_minute_exceeded', '429 requests_per_minute_exceeded']);
  });

  test('is found by a process that never saw the old one', async () => {
    const clock = createTestClock();
    const tenant = await createTenant(store);
    await startWarmProcess(tenant, clock);
    await changeKey(tenant, { models: ['lab/other'] });
    const process = createProcess(store, clock);
    onTestFinished(() => process.close());

    const { status } = await process.handle(createRequest(clock, { apiKey: tenant.apiKey }));

    expect(status).toBe(403);
  });
});

describe('an admin call that dies between policy and version', () => {
  test('takes effect where the old policy is not cached, and elsewhere within 60 seconds', async () => {
    const clock = createTestClock();
    const tenant = await createTenant(store);
    const warm = await startWarmProcess(tenant, clock);
    const cold = createProcess(store, clock);
    onTestFinished(() => cold.close());

    await publishKey(store, { ...tenant.keyPolicy, status: 'revoked', version: 2 });
    const fromCold = await cold.handle(createRequest(clock, { apiKey: tenant.apiKey }));
    clock.advance(59_999);
    const stillCached = await warm.ask();
    clock.advance(1);
    const readAgain = await warm.ask();

    expect([fromCold.status, stillCached, readAgain]).toEqual([401, '200', '401 api_key_revoked']);
  });

  test('takes effect at once when it is repeated', async () => {
    const clock = createTestClock();
    const tenant = await createTenant(store);
    const warm = await startWarmProcess(tenant, clock);
    await publishKey(store, { ...tenant.keyPolicy, status: 'revoked', version: 2 });
    expect(await warm.ask()).toBe('200');

    await changeKey(tenant, { status: 'revoked' });

    expect(await warm.ask()).toBe('401 api_key_revoked');
  });

  test('lets nobody spend what neither policy allows', async () => {
    const clock = createTestClock();
    const tenant = await createTenant(store, { key: { budget: { amountMicroUsd: 150, period: 'day' } } });
    const warm = await startWarmProcess(tenant, clock);
    await publishKey(store, {
      ...tenant.keyPolicy,
      version: 2,
      budget: { amountMicroUsd: 150, period: 'month' },
      models: ['lab/sample'],
    });
    const other = await startWarmProcess(tenant, clock);

    // In turns, so that each finds the meter as the other left it.
    const answers: string[] = [];
    for (let turn = 0; turn < 10; turn += 1) answers.push(await warm.ask(), await other.ask());
    const outside = await other.ask(chatBody({ model: 'lab/more' }));

    const spent = 14 * (2 + answers.filter((answer) => answer === '200').length);
    expect(spent).toBeLessThanOrEqual(150 + 14);
    expect(answers.slice(-2)).toEqual(['402 budget_exceeded', '402 budget_exceeded']);
    expect(outside).toBe('403 model_not_allowed');
  });
});

describe('an erased tenant', () => {
  const limits = { requestsPerMinute: 100 };
  const budget = { amountMicroUsd: 1_000, period: 'month' } as const;

  /** What the control plane does, in its order: policies first, then their meters. */
  async function erase(tenant: Tenant): Promise<string[]> {
    const { keyPolicy, workspacePolicy } = tenant;
    const remove = (table: string, id: string): Promise<unknown> =>
      store.store.deleteItem({ TableName: table, Key: { pk: { S: id } } });
    await remove(store.tables.policy, keyPolicyId(keyPolicy.publicId));
    await remove(store.tables.policy, workspacePolicyId(workspacePolicy.workspace.id));
    const { organization, workspace } = workspacePolicy;
    const meterIds = [
      tenant.keyMeter,
      tenant.organizationMeter,
      `workspace#${workspace.id}`,
      `budget#${organization.id}`,
    ];
    for (const id of meterIds) await remove(store.tables.meter, id);
    return meterIds;
  }

  test('is refused on its next request by every warm process, and none of its meters comes back', async () => {
    const clock = createTestClock();
    const tenant = await createTenant(store, { organization: { budget }, workspace: { limits } });
    const processes = [await startWarmProcess(tenant, clock), await startWarmProcess(tenant, clock)];
    for (const { ask } of processes) expect(await ask()).toBe('200');

    const meterIds = await erase(tenant);
    const answers = await Promise.all(processes.flatMap(({ ask }) => [ask(), ask(), ask()]));

    expect(new Set(answers)).toEqual(new Set(['401 invalid_api_key']));
    const meters = await Promise.all(meterIds.map((id) => getMeter(store.meters, id)));
    expect(meters).toEqual(meterIds.map(() => undefined));
  });

  test('leaves no meter behind when its last request is settled afterwards', async () => {
    const clock = createTestClock();
    const tenant = await createTenant(store);
    const slow = await startUpstream(async (request, response) => {
      await erase(tenant);
      await json(sampleCompletion)(request, response);
    });
    onTestFinished(() => slow.close());
    await putCatalog(store, { lab: declareProvider(slow.url) });
    onTestFinished(() => putCatalog(store, { lab: declareProvider(upstream.url) }));
    const process = createProcess(store, clock);
    onTestFinished(() => process.close());

    const { status } = await process.handle(createRequest(clock, { apiKey: tenant.apiKey }));

    expect(status).toBe(200);
    expect(await getMeter(store.meters, tenant.keyMeter)).toBeUndefined();
    expect(await getMeter(store.meters, tenant.organizationMeter)).toBeUndefined();
  });
});

describe('a tenant whose meters nobody has created', () => {
  test('is served from its first request on, after one more look at its policies', async () => {
    const clock = createTestClock();
    const tenant = await createTenant(store, { workspace: { limits: { requestsPerMinute: 100 } } });

    const { ask, policyReads } = await startWarmProcess(tenant, clock);
    const first = policyReads();
    const second = await ask();

    // Key and workspace, both twice, and the catalog.
    expect([first, second, policyReads()]).toEqual([5, '200', 5]);
  });
});
