import type { Context } from 'aws-lambda';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { toGatewayRequest } from '../../../lambdas/http/lambda-adapter.ts';
import { tenantOfStrangers } from '../../../lambdas/tenant-authorizer/tenant-of.ts';
import {
  createProcess,
  createTenant,
  createTestClock,
  putCatalog,
  startTestStore,
  type TestStore,
} from '../../fixtures/data-plane.ts';

let store: TestStore;

beforeAll(async () => {
  store = await startTestStore();
  await putCatalog(store, {});
});

afterAll(() => store.close());

/** Status and code of a request with this key in the environment of a tenant. */
async function ask(apiKey: string, tenantId: string | undefined): Promise<string> {
  const clock = createTestClock();
  const process = createProcess(store, clock);
  onTestFinished(() => process.close());
  const headers = { authorization: `Bearer ${apiKey}` };
  const incoming = {
    method: 'GET',
    path: '/v1/key',
    query: new URLSearchParams(),
    headers,
    body: '',
    encoding: 'utf8',
    peerAddress: '192.0.2.1',
  } as const;
  const context = { getRemainingTimeInMillis: () => 60_000, tenantId } as Context;
  const request = toGatewayRequest(incoming, context, { now: clock.now, sourceAddress: '192.0.2.1' });
  const { status, headers: answered } = await process.handle(request);
  return [status, answered['x-gatehouse-error-code']].filter((part) => part !== undefined).join(' ');
}

test('a key is served in the execution environments of its organization and in no other', async () => {
  const [tenant, other] = [await createTenant(store), await createTenant(store)];
  const { organization } = tenant.keyPolicy;
  const environments = [organization, undefined, other.keyPolicy.organization, tenantOfStrangers];

  const answers: string[] = [];
  for (const environment of environments) answers.push(await ask(tenant.apiKey, environment));

  expect(answers).toEqual(['200', '200', '500 internal_error', '500 internal_error']);
});

test('who has no key hears so among strangers', async () => {
  const answer = await ask('gh_none', tenantOfStrangers);

  expect(answer).toBe('401 invalid_api_key');
});
