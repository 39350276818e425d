import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { GatewayResponse } from '../../../lambdas/http/gateway-request.ts';
import {
  createProcess,
  createRequest,
  createTenant,
  createTestClock,
  declareProvider,
  putCatalog,
  readText,
  startTestStore,
  type Tenant,
  type TestProcess,
  type TestStore,
} from '../../fixtures/data-plane.ts';
import { json, sampleCompletion, startUpstream } from '../../fixtures/upstream.ts';

const dayMs = 86_400_000;

describe('a request record', () => {
  let store: TestStore;
  let owner: Tenant;
  let ownProcess: TestProcess;
  let id: string;
  const clock = createTestClock();

  beforeAll(async () => {
    store = await startTestStore();
    const upstream = await startUpstream(json(sampleCompletion));
    await putCatalog(store, { lab: declareProvider(upstream.url) });
    owner = await createTenant(store, { organization: { retentionDays: 7 } });
    ownProcess = createProcess(store, clock);
    const answer = await ownProcess.handle(createRequest(clock, { apiKey: owner.apiKey }));
    id = answer.headers['x-request-id'] ?? '';
    await upstream.close();
  });

  afterAll(async () => {
    ownProcess.close();
    await store.close();
  });

  const get = (apiKey: string, handle = ownProcess.handle): Promise<GatewayResponse> =>
    handle({
      ...createRequest(clock, { apiKey, path: '/v1/generation' }),
      method: 'GET',
      query: new URLSearchParams({ id }),
    });

  test('is shown to its workspace', async () => {
    const answer = await get(owner.apiKey);

    expect(answer.status).toBe(200);
    expect(JSON.parse(await readText(answer))).toMatchObject({ data: { id, status: 200, ending: 'completed' } });
  });

  test('does not exist for another organization', async () => {
    const stranger = await createTenant(store);

    const answer = await get(stranger.apiKey);

    expect(answer.status).toBe(404);
    expect(answer.headers['x-gatehouse-error-code']).toBe('generation_not_found');
  });

  test('does not exist for another workspace of the same organization', async () => {
    const { organization } = owner.workspacePolicy;
    const neighbour = await createTenant(store, { organization, key: { organization: organization.id } });

    const answer = await get(neighbour.apiKey);

    expect(answer.status).toBe(404);
    expect(answer.headers['x-gatehouse-error-code']).toBe('generation_not_found');
  });

  test('does not exist once its retention is over, whenever the database deletes it', async () => {
    const later = createTestClock(clock.now() + 7 * dayMs);
    const process = createProcess(store, later);
    onTestFinished(() => process.close());

    const answer = await get(owner.apiKey, process.handle);

    expect(answer.status).toBe(404);
  });
});
