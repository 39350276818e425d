import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { sealSecret } from '../../../lambdas/crypto/envelope.ts';
import { createLocalKeyWrapper } from '../../../lambdas/crypto/local-key-wrapper.ts';
import { Secret } from '../../../lambdas/crypto/secret.ts';
import type { CredentialReference } from '../../../lambdas/store/policy.ts';
import { putSealedCredential } from '../../../lambdas/store/vault.ts';
import { rollUp } from '../../../lambdas/usage-rollup/roll-up.ts';
import {
  chatBody,
  createProcess,
  createRequest,
  createTenant,
  createTestClock,
  declareProvider,
  publishWorkspace,
  putCatalog,
  readText,
  startTestStore,
  type Tenant,
  type TestProcess,
  type TestStore,
} from '../../fixtures/data-plane.ts';
import { json, sampleChunks, sampleCompletion, sse, startUpstream } from '../../fixtures/upstream.ts';
import { entriesOf, recordOf, rollUpDependencies, usageOf } from '../../fixtures/usage.ts';
import type { Statement } from './iam-evaluator.ts';
import { type GuardedStore, guardStore } from './iam-guarded-store.ts';
import { roleOf, table } from './synthesized-planes.ts';

/** The data plane at work on stores that refuse what the synthesized roles do not allow. */

const { generator, unwrapper } = createLocalKeyWrapper(randomBytes(32));
const clock = createTestClock();
let store: TestStore;

beforeAll(async () => {
  store = await startTestStore();
});

afterAll(() => store.close());

interface Scene {
  readonly tenant: Tenant;
  readonly process: TestProcess;
  readonly guarded: GuardedStore;
}

/** A prepaid tenant with limits everywhere and a credential in the vault, and a process that has these rights and no others. */
async function begin(statements: readonly Statement[]): Promise<Scene> {
  const upstream = await startUpstream((request, response) =>
    (request.body.toString().includes('"stream":true') ? sse(sampleChunks) : json(sampleCompletion))(request, response),
  );
  onTestFinished(() => upstream.close());
  await putCatalog(store, { lab: { ...declareProvider(upstream.url), auth: { kind: 'bearer' } } });
  const tenant = await createTenant(store, {
    key: { limits: { requestsPerMinute: 50, concurrentRequests: 5 } },
    organization: { billing: 'prepaid' },
    workspace: { budget: { amountMicroUsd: 1_000_000, period: 'day' } },
    balanceMicroUsd: 1_000_000,
  });
  await storeCredential(tenant);
  const guarded = guardStore(store.store, statements, store.tables);
  const process = createProcess({ ...store, store: guarded.store }, clock, { keyUnwrapper: unwrapper });
  onTestFinished(() => process.close());
  return { tenant, process, guarded };
}

async function storeCredential({ workspacePolicy }: Tenant): Promise<void> {
  const reference: CredentialReference = { owner: 'workspace', credential: randomUUID(), version: 1 };
  const workspace = workspacePolicy.workspace.id;
  const context = {
    app: 'gatehouse',
    organization: workspacePolicy.organization.id,
    workspace,
    provider: 'lab',
    credential: reference.credential,
  } as const;
  const sealed = await sealSecret(new Secret('sk-of-the-workspace'), context, generator);
  await putSealedCredential(store.store, store.tables.vault, reference, { sealed, context, lastFour: 'pace' });
  await publishWorkspace(store, { ...workspacePolicy, credentials: { lab: reference } });
}

describe('the data plane under its own roles', () => {
  test('serves, streams, lists and shows with the rights of the proxy, over the end of every window', async () => {
    const { tenant, process, guarded } = await begin(roleOf('proxy'));
    const { apiKey } = tenant;
    const serve = async (options: object = {}, more: object = {}): Promise<number> => {
      const answer = await process.handle({ ...createRequest(clock, { apiKey, ...options }), ...more });
      await readText(answer);
      return answer.status;
    };

    const first = await process.handle(createRequest(clock, { apiKey }));
    const statuses = [first.status, await serve({ body: chatBody({ stream: true }) })];
    clock.advance(61_000);
    statuses.push(await serve());
    clock.advance(86_400_000);
    statuses.push(
      await serve(),
      await serve({ path: '/v1/models' }, { method: 'GET' }),
      await serve(
        { path: '/v1/generation' },
        { method: 'GET', query: new URLSearchParams({ id: first.headers['x-request-id'] ?? '' }) },
      ),
    );

    expect(guarded.refused).toEqual([]);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 200]);
    expect([...guarded.used].toSorted()).toEqual([
      'meter GetItem',
      'meter UpdateItem',
      'policy GetItem',
      'requests GetItem',
      'requests PutItem',
      'vault GetItem',
    ]);
  });

  test('would be stopped by a right that is missing', async () => {
    const withoutVault = roleOf('proxy').map((statement) => ({
      ...statement,
      resources: statement.resources.filter((name) => name !== table('vault')),
    }));
    const { tenant, process, guarded } = await begin(withoutVault);

    const answer = await process.handle(createRequest(clock, { apiKey: tenant.apiKey }));

    expect(answer.status).toBeGreaterThanOrEqual(500);
    expect(guarded.refused).toEqual([expect.stringMatching(/^GetItem vault /)]);
  });

  test('adds up usage with the rights of the rollup', async () => {
    const records = [{}, { model: 'other' }, { credentialOwner: 'workspace' as const, credentialVersion: 1 }].map(
      (change) => recordOf({ organization: 'o-of-the-rollup', ...change }),
    );
    const guarded = guardStore(store.store, roleOf('rollup'), store.tables);

    await rollUp(entriesOf(records), rollUpDependencies(store, guarded.store));

    expect(guarded.refused).toEqual([]);
    expect(await usageOf(store, 'o-of-the-rollup')).toHaveLength(2);
    expect([...guarded.used].toSorted()).toEqual(['usage GetItem', 'usage UpdateItem']);
  });
});
