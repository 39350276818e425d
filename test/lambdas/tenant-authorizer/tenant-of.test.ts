import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { idPattern } from '../../../lambdas/control-plane/contract/fields.ts';
import { createApiKey } from '../../../lambdas/crypto/api-key.ts';
import { keyPolicyId, type KeyPolicy, putPolicy } from '../../../lambdas/store/policy.ts';
import { tenantOf, tenantOfStrangers } from '../../../lambdas/tenant-authorizer/tenant-of.ts';
import { startTestStore, type TestStore } from '../../fixtures/data-plane.ts';

let testStore: TestStore;

beforeAll(async () => {
  testStore = await startTestStore();
});

afterAll(() => testStore.close());

const find = (headers: Record<string, string>): Promise<string> =>
  tenantOf(headers, { store: testStore.store, table: testStore.tables.policy });

async function createKey(options: Partial<KeyPolicy> = {}): Promise<string> {
  const { apiKey, publicId, secretHash } = createApiKey();
  const policy: KeyPolicy = {
    version: 1,
    publicId,
    name: 'test',
    organization: 'acme',
    workspace: 'research',
    secrets: [{ hash: 'another' }, { hash: secretHash }],
    status: 'active',
    ...options,
  };
  await putPolicy(testStore.store, testStore.tables.policy, keyPolicyId(publicId), policy);
  return apiKey.reveal();
}

describe('tenantOf', () => {
  it.each([
    ['authorization', (key: string) => `Bearer ${key}`],
    ['authorization', (key: string) => `bearer  ${key} `],
    ['x-api-key', (key: string) => key],
    ['x-goog-api-key', (key: string) => key],
    ['api-key', (key: string) => key],
  ])('finds the organization of a key in %s', async (name, value) => {
    const key = await createKey();

    const tenant = await find({ [name]: value(key) });

    expect(tenant).toBe('acme');
  });

  it('knows whose a revoked key was', async () => {
    const key = await createKey({ status: 'revoked', expiresAt: 1 });

    const tenant = await find({ 'x-api-key': key });

    expect(tenant).toBe('acme');
  });

  it('puts a caller who knows no secret among strangers, even with the public id of a key', async () => {
    const { publicId } = createApiKey();
    const known = createApiKey(undefined, publicId);
    const policy = { version: 1, organization: 'acme', secrets: [{ hash: known.secretHash }] };
    await putPolicy(testStore.store, testStore.tables.policy, keyPolicyId(publicId), policy);
    const forged = createApiKey(undefined, publicId).apiKey.reveal();

    const tenants = await Promise.all([find({ 'x-api-key': forged }), find({ 'x-api-key': known.apiKey.reveal() })]);

    expect(tenants).toEqual([tenantOfStrangers, 'acme']);
  });

  it.each([
    ['no key', {}],
    ['a key that is none', { authorization: 'Bearer sk-something' }],
    ['a key that nobody has', { 'x-api-key': createApiKey().apiKey.reveal() }],
    ['another scheme', { authorization: 'Basic YWNtZTphY21l' }],
    ['a tenant of its own choice', { 'x-amz-tenant-id': 'acme', 'x-tenant-id': 'acme' }],
  ])('puts a caller with %s among strangers', async (_case, headers) => {
    const tenant = await find(headers);

    expect(tenant).toBe(tenantOfStrangers);
  });

  it('has a name for strangers that Lambda takes and no organization can have', () => {
    expect(tenantOfStrangers).toMatch(/^[a-zA-Z0-9._:/=+@ -]{1,256}$/);
    expect(tenantOfStrangers).not.toMatch(idPattern);
  });
});
