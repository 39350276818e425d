import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reconcile } from '../../../lambdas/control-plane/reconcile/reconcile.ts';
import { type AdminApi, startAdminApi } from '../../fixtures/admin-api.ts';
import { startTestStore, type TestStore } from '../../fixtures/data-plane.ts';
import { type GuardedStore, guardStore } from './iam-guarded-store.ts';
import { roleOf } from './synthesized-planes.ts';

/** The control plane at work on stores that refuse what the synthesized roles do not allow. */

let testStore: TestStore;
let admin: GuardedStore;
let api: AdminApi;

beforeAll(async () => {
  testStore = await startTestStore();
  admin = guardStore(testStore.store, roleOf('admin'), testStore.tables);
  api = await startAdminApi({ testStore, wrapStore: () => admin.store });
});

afterAll(async () => {
  await api.close();
  await testStore.close();
});

async function call(method: string, path: string, body?: object): Promise<Record<string, string>> {
  const answer = await api.call(method, path, { ...(body !== undefined && { body }) });
  expect(admin.refused, `${method} ${path}`).toEqual([]);
  expect(answer.status, `${method} ${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
  return answer.body ?? {};
}

/** One tenant with one of everything, each changed once. */
async function buildTenant(name: string): Promise<{ organization: string; workspace: string; key: string }> {
  const { id: organization = '' } = await call('POST', '/organizations', { name, billing: 'prepaid' });
  await call('PATCH', `/organizations/${organization}`, { retentionDays: 7 });
  await call('POST', `/organizations/${organization}/balance-adjustments`, { amountMicroUsd: 1000, reason: 'deposit' });
  const { id: workspace = '' } = await call('POST', `/organizations/${organization}/workspaces`, { name });
  await call('PATCH', `/workspaces/${workspace}`, { name: `${name} renamed` });
  const member = await call('POST', `/organizations/${organization}/members`, {
    email: 'a@example.com',
    role: 'member',
  });
  await call('PATCH', `/organizations/${organization}/members/${member['id']}`, { role: 'auditor' });
  await call('DELETE', `/organizations/${organization}/members/${member['id']}`);
  const { id: key = '' } = await call('POST', `/workspaces/${workspace}/keys`, {
    name,
    limits: { requestsPerMinute: 5 },
  });
  await call('PATCH', `/keys/${key}`, { name: `${name} renamed` });
  await call('POST', `/keys/${key}/rotate`, { overlapSeconds: 60 });
  await call('PUT', `/workspaces/${workspace}/credentials/openai`, { secret: 'sk-the-first-of-them' });
  await call('PUT', `/workspaces/${workspace}/credentials/openai`, { secret: 'sk-the-second-of-them' });
  await call('PUT', `/workspaces/${workspace}/routes/fast`, { targets: [{ provider: 'openai', model: 'gpt-5-mini' }] });
  return { organization, workspace, key };
}

describe('the control plane under its own roles', () => {
  it('does everything the admin API offers with the rights of the admin function', async () => {
    const { organization, workspace, key } = await buildTenant('Acme');
    await call('PUT', '/providers/ours', {
      baseUrl: 'https://models.example.com/v1',
      auth: { kind: 'bearer' },
      models: [{ id: '*', free: true }],
    });
    await call('PUT', '/platform/credentials/ours', { secret: 'sk-of-the-platform' });

    const lists = ['workspaces', 'members', 'requests', 'usage', 'audit-events'].map(
      (name) => `${organization}/${name}`,
    );
    for (const list of lists) await call('GET', `/organizations/${list}`);
    for (const path of [
      '/organizations',
      `/keys/${key}`,
      '/endpoints',
      '/model-checks?model=openai/gpt-5-mini',
      '/platform/audit-events',
    ])
      await call('GET', path);
    await call('DELETE', '/platform/credentials/ours');
    await call('DELETE', '/providers/ours');
    await call('POST', `/keys/${key}/revoke`);
    await call('DELETE', `/workspaces/${workspace}/routes/fast`);
    await call('DELETE', `/workspaces/${workspace}/credentials/openai`);
    await call('DELETE', `/workspaces/${workspace}`);
    await call('DELETE', `/organizations/${organization}`);

    expect(admin.refused).toEqual([]);
    expect([...admin.used].toSorted()).toEqual(
      expect.arrayContaining(['audit PutItem', 'audit Query', 'meter UpdateItem', 'policy PutItem', 'vault PutItem']),
    );
  });

  it('reconciles with the rights of the reconcile function, which can mend what is missing and remove what is foreign', async () => {
    const { key } = await buildTenant('Globex');
    const { store, tables } = testStore;
    await store.deleteItem({ TableName: tables.policy, Key: { pk: { S: `key#${key}` } } });
    const guarded = guardStore(store, roleOf('reconcile'), tables);
    const deps = {
      ...api.deps,
      control: { store: guarded.store, table: tables.control },
      audit: { store: guarded.store, table: tables.audit },
      dataPlanes: [{ region: 'local', store: guarded.store, tables }] as const,
    };

    const report = await reconcile(deps, Date.now());

    expect(guarded.refused).toEqual([]);
    expect(report.failures).toBe(0);
    expect([...guarded.used]).toEqual(expect.arrayContaining(['policy PutItem', 'policy Scan', 'meter Scan']));
  });
});
