import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { getMeter, spentMicroUsd } from '../../lambdas/store/meter.ts';
import { json, sampleCompletion, startUpstream, type Upstream } from '../fixtures/upstream.ts';
import { sequenceAt } from '../fixtures/usage.ts';
import { type Call, createCaller } from './admin-caller.ts';
import { type Deployment, startDeployment } from './deployment.ts';
import type { LambdaHost } from './lambda-host.ts';

/** Both planes as they are deployed: four bundles in processes of their own that share tables, KMS and nothing else. */

const providerSecret = 'sk-lab-secret-of-the-test';
const costOfOne = 14;

let deployment: Deployment;
let upstream: Upstream;
let proxy: LambdaHost;
let admin: LambdaHost;
let call: Call;
let organization: string;
let key: { id: string; secret: string };

beforeAll(async () => {
  upstream = await startUpstream(json(sampleCompletion));
  deployment = await startDeployment();
  proxy = await deployment.deploy('proxy', { originHeader: 'origin-secret' });
  await startAdmin();
});

afterAll(async () => {
  await deployment.close();
  await upstream.close();
});

async function startAdmin(): Promise<void> {
  admin = await deployment.deploy('admin', { responseMode: 'buffered' });
  call = createCaller(admin);
}

async function ask(): Promise<{ status: number; code: string | undefined }> {
  const response = await fetch(`${proxy.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key.secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'fast', max_tokens: 10, messages: [{ role: 'user', content: 'Hello' }] }),
  });
  const { error } = (await response.json()) as { error?: { code?: string } };
  return { status: response.status, code: error?.code };
}

/** What the table's stream delivers in AWS. */
async function streamRequests(): Promise<object> {
  const { store, tableNames } = deployment;
  const { Items = [] } = await store.scan({ TableName: tableNames.requests });
  const Records = Items.map((NewImage, index) => ({
    eventName: 'INSERT',
    dynamodb: { NewImage, SequenceNumber: sequenceAt(index + 1) },
  }));
  return { Records, shardId: 'shardId-00000001414576573621-f55eea83' };
}

describe('both planes in processes of their own', () => {
  it('serve a tenant that the admin function made, with a credential it sealed and cannot open', async () => {
    const price = { inputPerMillion: 1_000_000, outputPerMillion: 2_000_000 };
    const declaration = { baseUrl: `${upstream.url}/v1`, models: [{ id: 'sample', price }] };
    await call('PUT', '/providers/lab', { body: declaration });
    organization = (await call('POST', '/organizations', { body: { name: 'Acme' } })).body.id;
    const { id } = (await call('POST', `/organizations/${organization}/workspaces`, { body: { name: 'Lab' } })).body;
    await call('PUT', `/workspaces/${id}/credentials/lab`, { body: { secret: providerSecret } });
    await call('PUT', `/workspaces/${id}/routes/fast`, { body: { targets: [{ provider: 'lab', model: 'sample' }] } });
    key = (await call('POST', `/workspaces/${id}/keys`, { body: { name: 'app' } })).body;

    const answer = await ask();

    expect(answer.status).toBe(200);
    expect(upstream.requests.at(-1)?.headers.authorization).toBe(`Bearer ${providerSecret}`);
    // Made once by the one plane, opened once by the other, under the same context.
    expect(deployment.services.dataKeys.map(({ context }) => context)).toEqual(deployment.services.contexts);
  });

  it('go on serving when the admin function is gone', async () => {
    await admin.close();
    await expect(fetch(admin.url)).rejects.toThrow();

    const answers = await Promise.all(Array.from({ length: 30 }, ask));

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });

  it('agree to the micro-dollar: usage is what was taken from the meter', async () => {
    const rollup = await deployment.deploy('usage-rollup');
    const event = await streamRequests();
    await rollup.invoke(event);
    await rollup.invoke(event);
    await startAdmin();

    const usage = await call('GET', `/organizations/${organization}/usage?groupBy=key`);
    const requests = await call('GET', `/organizations/${organization}/requests?limit=100`);

    const meters = { store: deployment.store, table: deployment.tableNames.meter };
    const spent = spentMicroUsd((await getMeter(meters, `org#${organization}`))!);
    const total = { requests: 31, costMicroUsd: 31 * costOfOne };
    expect(usage.body).toMatchObject({ data: [{ key: key.id, ...total }], total });
    expect(requests.body.data).toHaveLength(31);
    expect(spent).toBe(total.costMicroUsd);
  });

  it('stop serving a key with the call that revokes it, in processes that know it well', async () => {
    const revoked = await call('POST', `/keys/${key.id}/revoke`);

    const answers = await Promise.all(Array.from({ length: 8 }, ask));

    expect(revoked.body.status).toBe('revoked');
    expect(new Set(answers.map(({ status, code }) => `${status} ${code}`))).toEqual(new Set(['401 api_key_revoked']));
    expect(upstream.requests).toHaveLength(31);
  });

  it('have logged no fault and no secret', () => {
    const log = [...proxy.log, ...admin.log].join('\n');

    expect(log).not.toContain('"type":"fault"');
    for (const secret of [providerSecret, key.secret]) expect(log).not.toContain(secret);
  });
});
