import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { WorkspacePolicy } from '../../../lambdas/store/policy.ts';
import {
  createProcess,
  createRequest,
  createTenant,
  createTestClock,
  declareProvider,
  putCatalog,
  readText,
  type Tenant,
  type TenantOptions,
  startTestStore,
  type TestStore,
} from '../../fixtures/data-plane.ts';
import { json, sampleCompletion, startUpstream, type Upstream } from '../../fixtures/upstream.ts';

let store: TestStore;
let upstream: Upstream;
const clock = createTestClock();
const routeTo = (provider: string): WorkspacePolicy['routes'][string] => ({
  strategy: 'ordered',
  targets: [{ provider, model: 'free' }],
});
const routes = { 'kept-nowhere': routeTo('own'), 'kept-somewhere': routeTo('lab') };

beforeAll(async () => {
  store = await startTestStore();
  upstream = await startUpstream(json(sampleCompletion));
  const lab = declareProvider(upstream.url);
  await putCatalog(store, { lab, own: { ...lab, zeroRetention: true } });
});

afterAll(async () => {
  await upstream.close();
  await store.close();
});

async function ask(
  options: TenantOptions,
  request: object = {},
): Promise<{ status: number; code: unknown; ids: unknown }> {
  const tenant: Tenant = await createTenant(store, options);
  const process = createProcess(store, clock);
  onTestFinished(() => process.close());
  const response = await process.handle({ ...createRequest(clock, { apiKey: tenant.apiKey }), ...request });
  const { data = [] } = JSON.parse(await readText(response)) as { data?: { id: string }[] };
  return {
    status: response.status,
    code: response.headers['x-gatehouse-error-code'],
    ids: data.map(({ id }) => id),
  };
}

const models = { method: 'GET', path: '/v1/models' };

describe('the list of models', () => {
  test("has the workspace's routes and the models of every provider it can use", async () => {
    const { ids } = await ask({ routes }, models);

    expect(ids).toEqual(['kept-nowhere', 'kept-somewhere', 'lab/free', 'own/free']);
  });

  test('leaves out under zero retention what may keep something', async () => {
    const { ids } = await ask({ routes, organization: { zeroRetention: true } }, models);

    expect(ids).toEqual(['kept-nowhere', 'own/free']);
  });

  test('has only what the key may use', async () => {
    const { ids } = await ask({ routes, key: { models: ['own/*'] } }, models);

    expect(ids).toEqual(['own/free']);
  });

  test('is not given in a region that the organization is not pinned to', async () => {
    const answers = [
      await ask({ organization: { regions: ['elsewhere'] } }, models),
      await ask({ organization: { regions: ['elsewhere', 'local'] } }, models),
    ];

    expect(answers.map(({ status, code }) => [status, code])).toEqual([
      [403, 'region_not_allowed'],
      [200, undefined],
    ]);
  });
});

describe('a request that policy keeps from its provider', () => {
  test.each([
    ['region_not_allowed', { regions: ['elsewhere'] }],
    ['zero_retention_unavailable', { zeroRetention: true }],
  ] as const)('is refused with %s, and none is sent', async (code, organization) => {
    const sent = upstream.requests.length;

    const answer = await ask({ organization });

    expect([answer.status, answer.code]).toEqual([403, code]);
    expect(upstream.requests).toHaveLength(sent);
  });
});
