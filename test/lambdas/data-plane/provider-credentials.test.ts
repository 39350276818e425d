import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { sealSecret } from '../../../lambdas/crypto/envelope.ts';
import { createLocalKeyWrapper } from '../../../lambdas/crypto/local-key-wrapper.ts';
import { Secret } from '../../../lambdas/crypto/secret.ts';
import type { CredentialReference, ProviderDeclaration } from '../../../lambdas/store/policy.ts';
import type { RequestRecord } from '../../../lambdas/store/request-record.ts';
import { putSealedCredential } from '../../../lambdas/store/vault.ts';
import {
  createProcess,
  createRequest,
  createTenant,
  createTestClock,
  declareProvider,
  publishWorkspace,
  putCatalog,
  recordOf,
  startTestStore,
  type TestStore,
} from '../../fixtures/data-plane.ts';
import {
  type Handler,
  json,
  refuse401,
  sampleCompletion,
  startUpstream,
  type Upstream,
} from '../../fixtures/upstream.ts';

const { generator, unwrapper } = createLocalKeyWrapper(randomBytes(32));
const clock = createTestClock();
let store: TestStore;

beforeAll(async () => {
  store = await startTestStore();
});

afterAll(() => store.close());

async function storeSecret(workspace: string, reference: CredentialReference, secret: string): Promise<void> {
  const { credential } = reference;
  const context = { app: 'gatehouse', organization: 'o', workspace, provider: 'lab', credential } as const;
  const sealed = await sealSecret(new Secret(secret), context, generator);
  await putSealedCredential(store.store, store.tables.vault, reference, { sealed, context, lastFour: 'test' });
}

interface Scene {
  readonly handler: Handler;
  readonly auth?: ProviderDeclaration['auth'];
  /** By version; of the workspace where it has a reference of its own, else of the platform. */
  readonly secrets: Readonly<Record<number, string>>;
  readonly own?: CredentialReference;
  readonly platform?: CredentialReference;
}

async function serve(scene: Scene): Promise<{ status: number; record: RequestRecord | undefined; upstream: Upstream }> {
  const upstream = await startUpstream(scene.handler);
  onTestFinished(() => upstream.close());
  const lab = { ...declareProvider(upstream.url), auth: scene.auth ?? { kind: 'bearer' as const } };
  await putCatalog(store, { lab }, scene.platform === undefined ? {} : { lab: scene.platform });
  const tenant = await createTenant(store);
  const workspace = tenant.workspacePolicy.workspace.id;
  if (scene.own !== undefined) {
    await publishWorkspace(store, { ...tenant.workspacePolicy, credentials: { lab: scene.own } });
  }
  const reference = scene.own ?? scene.platform;
  for (const [version, secret] of Object.entries(scene.secrets)) {
    if (reference === undefined) throw new Error('a secret without a reference');
    const owner = scene.own === undefined ? 'platform' : workspace;
    await storeSecret(owner, { ...reference, version: Number(version) }, secret);
  }
  const process = createProcess(store, clock, { keyUnwrapper: unwrapper });
  onTestFinished(() => process.close());
  const request = createRequest(clock, { apiKey: tenant.apiKey });
  const { status } = await process.handle(request);
  return { status, record: await recordOf(store, tenant, request), upstream };
}

const referenceTo = (
  owner: 'workspace' | 'platform',
  more: Partial<CredentialReference> = {},
): CredentialReference => ({
  owner,
  credential: randomUUID(),
  version: 1,
  ...more,
});

/** Refuses every key but one. */
const knowing =
  (key: string): Handler =>
  (request, response) =>
    (request.headers.authorization === `Bearer ${key}` ? json(sampleCompletion) : refuse401)(request, response);

describe('the record of a request', () => {
  test.each(['workspace', 'platform'] as const)('says that the credential was of the %s', async (owner) => {
    const reference = referenceTo(owner, { version: 3 });
    const place = owner === 'workspace' ? { own: reference } : { platform: reference };

    const { status, record } = await serve({ handler: knowing('sk-3'), secrets: { 3: 'sk-3' }, ...place });

    expect(status).toBe(200);
    expect(record).toMatchObject({ credentialOwner: owner, credentialVersion: 3, attempts: 1 });
  });

  test('says which version of a credential in rotation was the last to be used', async () => {
    const own = referenceTo('workspace', { version: 2, previousVersion: 1 });

    const { status, record } = await serve({ handler: knowing('sk-1'), secrets: { 1: 'sk-1', 2: 'sk-2' }, own });

    expect(status).toBe(200);
    expect(record).toMatchObject({ credentialOwner: 'workspace', credentialVersion: 1, attempts: 2 });
  });

  test('says nothing of a credential where none is needed', async () => {
    const { status, record } = await serve({ handler: json(sampleCompletion), auth: { kind: 'none' }, secrets: {} });

    expect(status).toBe(200);
    expect(record).not.toHaveProperty('credentialOwner');
    expect(record).not.toHaveProperty('credentialVersion');
  });
});

describe('a provider whose requests are signed', () => {
  test('is called with the keys from the vault, for the service that its declaration names', async () => {
    const secret = JSON.stringify({ kind: 'aws-keys', accessKeyId: 'AKID', secretAccessKey: 'hush' });

    const { status, upstream } = await serve({
      handler: json(sampleCompletion),
      auth: { kind: 'sigv4', name: 'models/eu-west-1' },
      platform: referenceTo('platform'),
      secrets: { 1: secret },
    });

    expect(status).toBe(200);
    expect(upstream.requests[0]?.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-west-1\/models\/aws4_request, /,
    );
  });
});
