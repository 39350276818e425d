import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  catalogPolicyId,
  deletePolicy,
  getPolicy,
  keyPolicyId,
  type KeyPolicy,
  putPolicy,
  workspacePolicyId,
  type WorkspacePolicy,
} from '../../lambdas/store/policy.ts';
import { type Call, createCaller } from './admin-caller.ts';
import { type Deployment, homeRegion, startDeployment } from './deployment.ts';
import type { LambdaHost } from './lambda-host.ts';

const scheduledEvent = { source: 'aws.scheduler', 'detail-type': 'Scheduled Event', detail: {} };

let deployment: Deployment;
let reconcile: LambdaHost;
let call: Call;
let workspace: string;
let lost: string;
let stale: string;

beforeAll(async () => {
  deployment = await startDeployment();
  reconcile = await deployment.deploy('reconcile');
  call = createCaller(await deployment.deploy('admin', { responseMode: 'buffered' }));
  const organization = (await call('POST', '/organizations', { body: { name: 'Acme' } })).body.id;
  workspace = (await call('POST', `/organizations/${organization}/workspaces`, { body: { name: 'Lab' } })).body.id;
  const createKey = async (name: string): Promise<string> =>
    (await call('POST', `/workspaces/${workspace}/keys`, { body: { name } })).body.id;
  [lost, stale] = [await createKey('lost'), await createKey('stale')];
});

afterAll(() => deployment.close());

const policy = <Policy extends { version: number }>(id: string) =>
  getPolicy<Policy>(deployment.store, deployment.tableNames.policy, id);
const endpoint = async () => (await call('GET', '/endpoints')).body.data[0].policy;

it('finds nothing to mend where nothing has drifted', async () => {
  const report = await reconcile.invoke(scheduledEvent);

  expect(report).toMatchObject({ endpoints: [{ region: homeRegion, status: 'fresh', items: 3 }], failures: 0 });
  expect(await endpoint()).toMatchObject({ status: 'fresh' });
});

it('mends policy that is missing, stale or nobody’s in one run, and says so to the operator', async () => {
  const { store, tableNames } = deployment;
  const before = await Promise.all([keyPolicyId(lost), workspacePolicyId(workspace)].map((id) => policy(id)));
  const active = (await policy<KeyPolicy>(keyPolicyId(stale)))!;
  const revoked = await call('POST', `/keys/${stale}/revoke`);
  await putPolicy(store, tableNames.policy, keyPolicyId(stale), active);
  await deletePolicy(store, tableNames.policy, keyPolicyId(lost));
  await deletePolicy(store, tableNames.policy, workspacePolicyId(workspace));
  const foreign: KeyPolicy = { ...active, publicId: 'foreign' };
  await putPolicy(store, tableNames.policy, keyPolicyId('foreign'), foreign);

  const first = await reconcile.invoke(scheduledEvent);
  const shown = await endpoint();
  const second = await reconcile.invoke(scheduledEvent);

  expect(revoked.status).toBe(200);
  expect(first).toMatchObject({ endpoints: [{ status: 'repaired', missing: 2, stale: 1, foreign: 1 }], failures: 0 });
  expect(shown).toMatchObject({ status: 'repaired', missing: 2, stale: 1, foreign: 1 });
  expect(second).toMatchObject({ endpoints: [{ status: 'fresh', items: 3 }], failures: 0 });
  const after = await Promise.all([keyPolicyId(lost), workspacePolicyId(workspace)].map((id) => policy(id)));
  expect(after).toEqual(before.map((item) => ({ ...item, version: expect.any(Number) })));
  expect(await policy<KeyPolicy>(keyPolicyId(stale))).toMatchObject({ status: 'revoked' });
  expect(await policy(keyPolicyId('foreign'))).toBeUndefined();
  expect(await policy<WorkspacePolicy>(workspacePolicyId(workspace))).toMatchObject({ workspace: { id: workspace } });
});

it('does all of it in one environment, with a line of counts for each run and without opening a credential', async () => {
  expect(reconcile.invocations.map(({ coldStart }) => coldStart)).toEqual([true, false, false]);
  expect(reconcile.log.map((line) => JSON.parse(line))).toMatchObject(
    [0, 4, 0].map((drift) => ({
      type: 'reconciled',
      'gatehouse.policy_drift': drift,
      'gatehouse.reconcile.failures': 0,
    })),
  );
  expect(deployment.services.contexts).toEqual([]);
  expect(await policy(catalogPolicyId)).toBeUndefined();
});

it('fails where its own tables cannot be read, so that the schedule repeats it', async () => {
  const blind = await deployment.deploy('reconcile', { variables: { TABLE_CONTROL: 'no-such-table' } });

  const run = blind.invoke(scheduledEvent);

  await expect(run).rejects.toMatchObject({ type: 'StoreError' });
  expect(JSON.parse(blind.log[0] ?? '')).toMatchObject({ type: 'fault', 'error.type': 'StoreError' });
});

it('shows nothing of what is stored when it fails over it, although the runtime logs all that is thrown', async () => {
  const { store, tableNames } = deployment;
  const { Items = [] } = await store.scan({ TableName: tableNames.control });
  const item = Items.find(({ document }) => document?.S?.includes('"Acme"'));
  await store.putItem({ TableName: tableNames.control, Item: { ...item, document: { S: 'Acme, not JSON' } } });

  await expect(reconcile.invoke(scheduledEvent)).rejects.toMatchObject({ type: 'SyntaxError' });

  expect(JSON.parse(reconcile.log.find((line) => line.includes('"fault"')) ?? '')).toMatchObject({
    type: 'fault',
    'error.type': 'SyntaxError',
  });
  expect(reconcile.log.join('')).toContain('Invoke Error');
  expect(reconcile.log.join('')).not.toContain('Acme');
});
