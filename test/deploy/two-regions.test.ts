import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DecryptCommand, KMSClient } from '@aws-sdk/client-kms';
import type { DecryptCommandInput } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { requestIdTime } from '../../lambdas/http/request-id.ts';
import type { StoreClient } from '../../lambdas/store/client.ts';
import { getPolicy, keyPolicyId } from '../../lambdas/store/policy.ts';
import type { KeyPolicy } from '../../lambdas/store/policy.ts';
import { getRequestRecord } from '../../lambdas/store/request-record.ts';
import { listUsage } from '../../lambdas/store/usage-rollup.ts';
import { getSealedCredential } from '../../lambdas/store/vault.ts';
import { json, sampleCompletion, startUpstream } from '../fixtures/upstream.ts';
import type { Upstream } from '../fixtures/upstream.ts';
import { aws, cdk, cdkOrThrow } from './commands.ts';
import { startEmulator } from './emulator.ts';
import type { Emulator } from './emulator.ts';
import { openInstallation, openStore } from './installation.ts';
import type { Answer, Installation } from './installation.ts';
import { describeStacks, findResource, listStackResources } from './stack-resources.ts';
import { chat, createTenant, providerSecret } from './tenant.ts';
import type { Tenant } from './tenant.ts';

const home = 'us-east-1';
const other = 'eu-west-1';
const controlPlaneStack = 'Gatehouse-ControlPlane';
const settings = { regions: [home, other], controlPlane: { allowPrivateProviders: true } };
const protectedStacks = [
  [home, controlPlaneStack],
  [home, `Gatehouse-DataPlane-${home}`],
  [other, `Gatehouse-DataPlane-${other}`],
] as const;

/** One region as its callers see it, and its tables as the account's owner does. */
interface Place {
  readonly region: string;
  readonly installation: Installation;
  readonly store: StoreClient;
}

let emulator: Emulator;
let upstream: Upstream;
let assembly: string;
let places: readonly [Place, Place];
let tenant: Tenant;
let answers: readonly Answer[];

beforeAll(async () => {
  emulator = await startEmulator();
  upstream = await startUpstream(json(sampleCompletion));
  assembly = join(emulator.environment['HOME']!, 'assembly');
});

afterAll(async () => {
  await upstream?.close();
  await emulator?.close();
});

/** The same in both regions at once. */
function inEach<T>(look: (place: Place) => Promise<T>): Promise<T[]> {
  return Promise.all(places.map(look));
}

const chatInEach = () => inEach(({ installation }) => chat(installation, tenant));

const keyPolicyOf = ({ store, installation }: Place) =>
  getPolicy<KeyPolicy>(store, installation.tables.policy, keyPolicyId(tenant.key.publicId));

async function stacksOf(region: string): Promise<Readonly<Record<string, string>>> {
  const stacks = await describeStacks(emulator, region);
  return Object.fromEntries(
    stacks.map((stack) => [
      stack.StackName,
      `${stack.StackStatus}${stack.EnableTerminationProtection === true ? ', protected' : ''}`,
    ]),
  );
}

it('deploys a data plane into each of two empty regions, and one control plane into the first', async () => {
  const outputsFile = join(emulator.environment['HOME']!, 'outputs.json');
  await cdkOrThrow(emulator, 'synth', '-q', '-o', assembly, '-c', `gatehouse=${JSON.stringify(settings)}`);
  await cdkOrThrow(emulator, 'bootstrap', '--app', assembly);
  const approved = ['--all', '--require-approval', 'never', '--outputs-file', outputsFile];
  await cdkOrThrow(emulator, 'deploy', ...approved, '--app', assembly);

  const stacks = await Promise.all([home, other].map(stacksOf));

  expect(stacks).toEqual([
    {
      'Gatehouse-Edge': 'CREATE_COMPLETE',
      [`Gatehouse-DataPlane-${home}`]: 'CREATE_COMPLETE, protected',
      [controlPlaneStack]: 'CREATE_COMPLETE, protected',
    },
    { [`Gatehouse-DataPlane-${other}`]: 'CREATE_COMPLETE, protected' },
  ]);
  const open = async (region: string): Promise<Place> => {
    const installation = await openInstallation(emulator, outputsFile, region);
    return { region, installation, store: openStore(emulator, region) };
  };
  places = [await open(home), await open(other)];
});

it('knows the address of the other region’s data plane from the outputs of its stack', async () => {
  const { body } = await places[0].installation.admin('GET', '/endpoints');

  const outputs = await inEach(async ({ region, installation }) => ({ region, url: installation.proxyUrl }));

  expect(outputs[0]!.url).not.toBe(outputs[1]!.url);
  expect(body.data).toMatchObject(outputs);
});

it('publishes a key in the policy table of each region, with one version', async () => {
  tenant = await createTenant(places[0].installation, upstream);

  const [inHome, inOther] = await inEach(keyPolicyOf);

  expect(inHome).toMatchObject({ publicId: tenant.key.publicId, workspace: tenant.workspace, status: 'active' });
  expect(inOther).toEqual(inHome);
});

it('has a prepaid balance in the home region only', async () => {
  const [inHome, inOther] = await chatInEach();

  expect(inHome?.status, inHome?.text).toBe(200);
  expect(inOther).toMatchObject({ status: 402, body: { error: { code: 'insufficient_balance' } } });
});

it('serves in both regions from the next request on, once the organization is billed postpaid', async () => {
  const path = `/organizations/${tenant.organization}`;
  const changed = await places[0].installation.admin('PATCH', path, { billing: 'postpaid' });
  expect(changed.status, changed.text).toBe(200);
  const before = upstream.requests.length;

  answers = await chatInEach();

  expect(answers.map(({ status, text }) => [status, text])).toEqual([
    [200, JSON.stringify(sampleCompletion)],
    [200, JSON.stringify(sampleCompletion)],
  ]);
  const credentials = upstream.requests.slice(before).map(({ headers }) => headers['authorization']);
  expect(credentials).toEqual([`Bearer ${providerSecret}`, `Bearer ${providerSecret}`]);
});

it('writes the record of a request in the region that served it, and in no other', async () => {
  const served = answers.map(({ headers }) => {
    const id = headers['x-request-id']!;
    return { organization: tenant.organization, id, createdAt: new Date(requestIdTime(id)!).toISOString() };
  });

  const found = await inEach(({ store, installation }) =>
    Promise.all(served.map((request) => getRequestRecord(store, installation.tables.requests, request, Date.now()))),
  );

  expect(found.map((records) => records.map((record) => record?.region))).toEqual([
    [home, undefined],
    [undefined, other],
  ]);
});

it('adds up in each region what it served, and both in the admin API', async () => {
  const day = new Date().toISOString().slice(0, 10);
  const usage = async () => {
    const { body } = await places[0].installation.admin('GET', `/organizations/${tenant.organization}/usage?groupBy=`);
    const counts = await inEach(async ({ store, installation }) => {
      const days = { from: '2000-01-01', to: day };
      let requests = 0;
      for await (const row of listUsage(store, installation.tables.usage, tenant.organization, days)) {
        requests += row.requests;
      }
      return requests;
    });
    return { total: body.total.requests, counts };
  };

  // The home region also served the request that was paid in advance.
  await expect.poll(usage, { timeout: 30_000, interval: 250 }).toEqual({ total: 3, counts: [2, 1] });
});

it('lists the requests of both regions by the admin API', async () => {
  const { body } = await places[0].installation.admin('GET', `/organizations/${tenant.organization}/requests`);

  const regions = body.data.map(({ region }: { region: string }) => region);

  expect(regions.toSorted()).toEqual([other, home, home]);
});

it('seals a credential under the key of each region, which the key of no other opens', async () => {
  const reference = { owner: 'workspace', credential: 'lab', version: 1 } as const;
  const wrapped = await inEach(async ({ store, installation }) => {
    const stored = await getSealedCredential(store, installation.tables.vault, tenant.workspace, reference);
    const { sealed, context } = stored!;
    return { CiphertextBlob: sealed.subarray(3, 3 + sealed.readUInt16BE(1)), EncryptionContext: { ...context } };
  });

  const attempts = places.map((place) => Promise.all(wrapped.map((input) => keyThatOpens(place, input))));

  const [homeKey, otherKey] = places.map(({ installation }) => installation.vaultKeyArn);
  expect(homeKey).toContain(`:${home}:`);
  expect(otherKey).toContain(`:${other}:`);
  expect(await Promise.all(attempts)).toEqual([
    [homeKey, undefined],
    [undefined, otherKey],
  ]);
});

/** Of its own region the one that KMS finds by the ciphertext. */
async function keyThatOpens({ region }: Place, input: DecryptCommandInput): Promise<string | undefined> {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const kms = new KMSClient({ region, endpoint: emulator.endpoint, credentials });
  try {
    return (await kms.send(new DecryptCommand(input))).KeyId;
  } catch (error) {
    expect(error).toMatchObject({ name: 'InvalidCiphertextException' });
    return undefined;
  }
}

it('shows the policy of both regions as fresh after reconcile has compared it', async () => {
  const resources = await listStackResources(emulator, [controlPlaneStack]);
  const name = findResource(resources, 'ControlPlaneReconcile', 'AWS::Lambda::Function').physicalId;
  const file = join(emulator.environment['HOME']!, 'reconcile.json');

  const result = await aws<{ FunctionError?: string }>(emulator, 'lambda', 'invoke', '--function-name', name, file);

  expect(result.FunctionError, await readFile(file, 'utf8')).toBeUndefined();
  const { body } = await places[0].installation.admin('GET', '/endpoints');
  // The key, its workspace, the catalog.
  const policy = { status: 'fresh', items: 3, missing: 0, stale: 0, foreign: 0 };
  expect(body.data).toMatchObject([
    { region: home, policy },
    { region: other, policy },
  ]);
});

it('refuses a revoked key in both regions at once', async () => {
  const revoked = await places[0].installation.admin('POST', `/keys/${tenant.key.id}/revoke`);

  const refused = await chatInEach();

  expect(revoked.status, revoked.text).toBe(200);
  const refusal = { status: 401, body: { error: { code: 'api_key_revoked' } } };
  expect(refused).toMatchObject([refusal, refusal]);
  for (const policy of await inEach(keyPolicyOf)) expect(policy?.status).toBe('revoked');
});

it('is refused nothing in either region by the policies of its own roles', () => {
  const refused = emulator.log.filter((line) => line.startsWith('refused: '));

  expect(refused).toEqual([]);
});

it('is destroyed in both regions once nothing is protected any more, and keeps tables and keys in each', async () => {
  const vaultKeys = places.map(({ region, installation }) => [region, installation.vaultKeyArn] as const);
  await Promise.all(
    protectedStacks.map(([region, stack]) => {
      const parameters = ['--no-enable-termination-protection', '--stack-name', stack, '--region', region];
      return aws(emulator, 'cloudformation', 'update-termination-protection', ...parameters);
    }),
  );

  const destroyed = await cdk(emulator, 'destroy', '--all', '--force', '--app', assembly);

  expect(destroyed.status, destroyed.output).toBe(0);
  expect(await Promise.all([home, other].map(stacksOf))).toEqual([{}, {}]);
  const kept = await inEach(({ region }) =>
    aws<{ TableNames: string[] }>(emulator, 'dynamodb', 'list-tables', '--region', region),
  );
  places.forEach(({ installation }, index) => {
    expect(kept[index]?.TableNames).toEqual(expect.arrayContaining(Object.values(installation.tables)));
  });
  for (const [region, key] of vaultKeys) {
    const parameters = ['--key-id', key, '--region', region];
    expect(await aws(emulator, 'kms', 'describe-key', ...parameters)).toMatchObject({
      KeyMetadata: { KeyState: 'Enabled' },
    });
  }
});
