import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DecryptCommand, KMSClient } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { requestIdTime } from '../../lambdas/http/request-id.ts';
import type { StoreClient } from '../../lambdas/store/client.ts';
import { totalHolds } from '../../lambdas/store/meter-item.ts';
import { getMeter } from '../../lambdas/store/meter.ts';
import { tables } from '../../lambdas/store/tables.ts';
import { getSealedCredential } from '../../lambdas/store/vault.ts';
import { json, sampleCompletion, startUpstream } from '../fixtures/upstream.ts';
import type { Upstream } from '../fixtures/upstream.ts';
import { holdStream } from '../runtime/held-stream.ts';
import { artifactOf, copyWithTemplate, readTemplates } from './cloud-assembly.ts';
import type { CloudFormationTemplate } from './cloud-assembly.ts';
import { aws, cdk, cdkOrThrow } from './commands.ts';
import { downloadFunction } from './deployed-code.ts';
import { emulatedTypes } from './emulated-types.ts';
import { startEmulator } from './emulator.ts';
import type { Emulator } from './emulator.ts';
import { openInstallation, openStore, stackNames } from './installation.ts';
import type { Answer, Installation } from './installation.ts';
import { inventory } from './inventory.ts';
import { findResource, listStackResources, stackStatuses } from './stack-resources.ts';
import type { StackResource } from './stack-resources.ts';
import { streamedEvents, streamThroughRuntimeClient } from './streaming.ts';
import { chat, createTenant, providerSecret } from './tenant.ts';
import type { Tenant } from './tenant.ts';

/** 10 tokens in at 1 USD a million, 2 out at 2 USD a million. */
const costMicroUsd = 14;

/** The emulator refuses it, and no template has it. */
const unprovidedType = 'AWS::WAFv2::LoggingConfiguration';

const dataPlaneStack = 'Gatehouse-DataPlane-us-east-1';

/** Of the one request that streams. */
const provider = holdStream();

let emulator: Emulator;
let upstream: Upstream;
let store: StoreClient;
let assembly: string;
let outputsFile: string;
let resources: readonly StackResource[];
let installation: Installation;
let tenant: Tenant;
let answer: Answer;

beforeAll(async () => {
  emulator = await startEmulator();
  upstream = await startUpstream((request, response) => {
    const { stream } = JSON.parse(request.body.toString()) as { stream?: boolean };
    return (stream === true ? provider.handler : json(sampleCompletion))(request, response);
  });
  store = openStore(emulator);
  assembly = join(emulator.environment['HOME']!, 'assembly');
  outputsFile = join(emulator.environment['HOME']!, 'outputs.json');
});

afterAll(async () => {
  await upstream?.close();
  await emulator?.close();
});

const deploy = (...parameters: readonly string[]) =>
  cdkOrThrow(emulator, 'deploy', '--all', '--require-approval', 'never', ...parameters);

it('deploys every stack into an empty account', async () => {
  await cdkOrThrow(emulator, 'synth', '-q', '-o', assembly, '-c', 'config=test/deploy/settings.json');
  await cdkOrThrow(emulator, 'bootstrap', '--app', assembly);
  await deploy('--app', assembly, '--outputs-file', outputsFile);

  expect(await stackStatuses(emulator)).toEqual(
    Object.fromEntries(stackNames.map((name) => [name, 'CREATE_COMPLETE'])),
  );
});

it('makes do without no type that its templates do not have', async () => {
  const templates = Object.values(await readTemplates(assembly));

  const types = new Set(templates.flatMap(({ Resources }) => Object.values(Resources).map(({ Type }) => Type)));

  expect(Object.keys(emulatedTypes).filter((type) => !types.has(type))).toEqual([]);
});

it('has every table, key, secret, function and user pool, and none that nobody expects', async () => {
  resources = await listStackResources(emulator, stackNames);

  for (const [type, beginnings] of Object.entries(inventory)) {
    const ids = resources
      .filter((one) => one.type === type)
      .map(({ logicalId }) => logicalId.replace(/[0-9A-F]{8}$/, ''));
    expect(ids.toSorted(), type).toEqual(beginnings.toSorted());
  }
});

it('serves a request whose tenant, key, provider and credential were made by the admin API', async () => {
  installation = await openInstallation(emulator, outputsFile);
  tenant = await createTenant(installation, upstream);

  answer = await chat(installation, tenant);

  expect(answer.status, answer.text).toBe(200);
  expect(answer.body).toEqual(sampleCompletion);
  expect(answer.headers['x-gatehouse-cost-micro-usd']).toBe(String(costMicroUsd));
  expect(upstream.requests.at(-1)?.headers['authorization']).toBe(`Bearer ${providerSecret}`);
});

it('refuses whoever goes round the distribution', async () => {
  const api = findResource(resources, 'DataPlaneApi', 'AWS::ApiGateway::RestApi').physicalId;

  const direct = await fetch(`${emulator.endpoint}/_aws/execute-api/${api}/live/healthz`);

  expect(direct.status).toBe(403);
  expect(await direct.json()).toMatchObject({ error: { code: 'origin_not_verified' } });
});

it('writes one request record, which expires when the organization’s retention says', async () => {
  const id = answer.headers['x-request-id']!;
  const createdAt = requestIdTime(id)!;
  const day = new Date(createdAt).toISOString().slice(0, 10);

  const { Item } = await store.getItem({
    TableName: installation.tables.requests,
    Key: { pk: { S: `org#${tenant.organization}#${day}` }, sk: { S: id } },
  });

  expect(Item).toMatchObject({ ending: { S: 'completed' }, costMicroUsd: { N: String(costMicroUsd) } });
  const expiresAt = Number(Item?.[tables.requests.timeToLiveAttribute]?.N);
  expect(Math.abs(expiresAt - (createdAt / 1000 + 30 * 86_400))).toBeLessThan(5);
});

it('counts and charges on the meters of key and organization, and holds nothing afterwards', async () => {
  const meters = { store, table: installation.tables.meter };

  const [key, organization] = await Promise.all([
    getMeter(meters, `key#${tenant.key.publicId}`),
    getMeter(meters, `org#${tenant.organization}`),
  ]);

  expect(key).toMatchObject({ minuteRequests: 1, dayRequests: 1, inflight: 0 });
  expect(organization).toMatchObject({ balanceMicroUsd: 1_000_000 - costMicroUsd, inflight: 0 });
  expect(totalHolds(organization!.buckets)).toEqual({ amountMicroUsd: 0, count: 0 });
});

it('adds the record up, from the table’s stream through the event source mapping', async () => {
  const usage = async () => {
    const { body } = await installation.admin('GET', `/organizations/${tenant.organization}/usage?groupBy=model`);
    return body.total;
  };

  await expect.poll(usage, { timeout: 30_000, interval: 250 }).toMatchObject({ requests: 1, costMicroUsd });
});

it('lists requests, audit entries and data planes by the admin API', async () => {
  const [requests, audit, endpoints, checks] = await Promise.all([
    installation.admin('GET', `/organizations/${tenant.organization}/requests`),
    installation.admin('GET', `/organizations/${tenant.organization}/audit-events?order=oldest`),
    installation.admin('GET', '/endpoints'),
    installation.admin('GET', '/model-checks?model=lab/m'),
  ]);

  expect(requests.body.data).toMatchObject([{ id: answer.headers['x-request-id'], costMicroUsd }]);
  expect(audit.body.data.map(({ action }: { action: string }) => action)).toEqual([
    'organization.create',
    'balance.adjust',
    'workspace.create',
    'credential.create',
    'key.create',
  ]);
  expect(endpoints.body.data).toMatchObject([{ region: 'us-east-1' }]);
  expect(checks.status, checks.text).toBe(200);
});

it('seals the credential so that the vault key opens it in its own context and in no other', async () => {
  const reference = { owner: 'workspace', credential: 'lab', version: 1 } as const;
  const stored = await getSealedCredential(store, installation.tables.vault, tenant.workspace, reference);
  const { sealed, context } = stored!;
  const CiphertextBlob = sealed.subarray(3, 3 + sealed.readUInt16BE(1));
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const kms = new KMSClient({ region: 'us-east-1', endpoint: emulator.endpoint, credentials });
  const decrypt = (EncryptionContext: Record<string, string>) =>
    kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));

  const opened = await decrypt({ ...context });
  const elsewhere = decrypt({ ...context, workspace: 'ws_another' });

  expect(opened).toMatchObject({ KeyId: installation.vaultKeyArn });
  expect(opened.Plaintext).toHaveLength(32);
  expect(sealed.includes(providerSecret)).toBe(false);
  await expect(elsewhere).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
});

it('runs the reconcile function, which finds policy as it should be', async () => {
  const name = findResource(resources, 'ControlPlaneReconcile', 'AWS::Lambda::Function').physicalId;
  const file = join(emulator.environment['HOME']!, 'reconcile.json');

  const result = await aws<{ FunctionError?: string }>(emulator, 'lambda', 'invoke', '--function-name', name, file);

  expect(result.FunctionError, await readFile(file, 'utf8')).toBeUndefined();
  const { body } = await installation.admin('GET', '/endpoints');
  expect(body.data[0].policy).toMatchObject({ missing: 0, stale: 0, foreign: 0, comparedAt: expect.any(String) });
});

it('translates for clients of other vendors, with what lies in the asset beside the entry', async () => {
  const { secret: key } = tenant.key;
  const prompt = { max_tokens: 5, messages: [{ role: 'user', content: 'hi' }] };
  const contents = [{ role: 'user', parts: [{ text: 'hi' }] }];

  const anthropic = await installation.proxy('/v1/messages', { key, body: { model: 'lab/m', ...prompt } });
  const gemini = await installation.proxy('/v1beta/models/lab/m:generateContent', { key, body: { contents } });

  const text = sampleCompletion.choices[0]!.message.content;
  expect(anthropic.status, anthropic.text).toBe(200);
  expect(anthropic.body).toMatchObject({ type: 'message', content: [{ type: 'text', text }] });
  expect(gemini.status, gemini.text).toBe(200);
  expect(gemini.body).toMatchObject({ candidates: [{ content: { parts: [{ text }] } }] });
});

it('is refused nothing by the policies of its own roles', () => {
  const refused = emulator.log.filter((line) => line.startsWith('refused: '));

  expect(refused).toEqual([]);
});

it('streams chunk by chunk, when the very code that was deployed runs under the real runtime client', async () => {
  const { logicalId, physicalId } = findResource(resources, 'DataPlaneProxy', 'AWS::Lambda::Function');
  const deployed = await downloadFunction(emulator, physicalId);
  const streamed = await streamThroughRuntimeClient(emulator, deployed, { key: tenant.key.secret, provider });

  const template = Object.values(await readTemplates(assembly)).find(({ Resources }) => logicalId in Resources);
  const code = template?.Resources[logicalId]?.Properties?.['Code'] as { S3Key: string };
  const asset = join(assembly, `asset.${code.S3Key.replace('.zip', '')}`);
  const files = await readdir(asset);
  console.log(`chunks at ${streamed.sentAt.join(', ')} ms, each before the next was sent`);
  expect(deployed.digests[0]).toBe(deployed.digests[1]);
  expect(files).toEqual(expect.arrayContaining(['index.cjs', 'translation.cjs']));
  expect((await readdir(deployed.codeFolder)).toSorted()).toEqual(files.toSorted());
  for (const file of files) {
    expect(await readFile(join(deployed.codeFolder, file))).toEqual(await readFile(join(asset, file)));
  }
  expect(streamed.events).toEqual(streamedEvents);
});

it('finds nothing to change in a second deployment', async () => {
  const { output } = await deploy('--app', assembly);

  expect(output.match(/\(no changes\)/g)).toHaveLength(stackNames.length);
  expect(await listStackResources(emulator, stackNames)).toEqual(resources);
});

it('names a type that the emulator does not provide, and changes nothing', async () => {
  const copy = await withDataPlane('unprovided', ({ Resources }) => ({ ...Resources, New: { Type: unprovidedType } }));

  const failed = await cdk(emulator, 'deploy', '--all', '--require-approval', 'never', '--app', copy);

  expect(failed.status, failed.output).not.toBe(0);
  expect(failed.output).toContain(unprovidedType);
  expect(await stackStatuses(emulator)).toMatchObject({ [dataPlaneStack]: 'CREATE_COMPLETE' });
});

it('rolls a failing deployment back, and goes on serving', async () => {
  const { logicalId, physicalId } = findResource(resources, 'DataPlaneProxy', 'AWS::Lambda::Function');
  const layer = 'arn:aws:lambda:us-east-1:000000000000:layer:of-nobody:1';
  const copy = await withDataPlane('failing', ({ Resources }) => {
    const proxy = Resources[logicalId]!;
    return {
      ...Resources,
      [logicalId]: { ...proxy, Properties: { ...proxy.Properties, MemorySize: 1024 } },
      Failing: { ...proxy, Properties: { ...proxy.Properties, Layers: [layer] }, DependsOn: [logicalId] },
    };
  });

  const failed = await cdk(emulator, 'deploy', '--all', '--require-approval', 'never', '--app', copy);

  expect(failed.status, failed.output).not.toBe(0);
  expect(failed.output).toMatch(/UPDATE_COMPLETE +\| AWS::Lambda::Function .*Proxy/);
  expect(await stackStatuses(emulator)).toMatchObject({ [dataPlaneStack]: 'UPDATE_ROLLBACK_COMPLETE' });
  const configuration = ['lambda', 'get-function-configuration', '--function-name', physicalId];
  expect(await aws(emulator, ...configuration)).toMatchObject({ MemorySize: 512 });
  expect(await chat(installation, tenant)).toMatchObject({ status: 200 });
});

/** A copy of the assembly in which the data plane has other resources. */
async function withDataPlane(
  name: string,
  change: (template: CloudFormationTemplate) => CloudFormationTemplate['Resources'],
): Promise<string> {
  const copy = `${assembly}-${name}`;
  const artifact = artifactOf(await readTemplates(assembly), 'GatehouseDataPlane');
  await copyWithTemplate(assembly, copy, artifact, (template) => ({ ...template, Resources: change(template) }));
  return copy;
}

it('keeps its stacks from being deleted until somebody lifts the protection, and data even then', async () => {
  const destroy = () => cdk(emulator, 'destroy', '--all', '--force', '--app', assembly);

  const refused = await destroy();
  for (const stack of stackNames.slice(1)) {
    const parameters = ['--no-enable-termination-protection', '--stack-name', stack];
    await aws(emulator, 'cloudformation', 'update-termination-protection', ...parameters);
  }
  const destroyed = await destroy();

  expect(refused.status, refused.output).not.toBe(0);
  expect(refused.output).toContain('TerminationProtection');
  expect(destroyed.status, destroyed.output).toBe(0);
  expect(await stackStatuses(emulator)).toEqual({});
  await expectOnlyRetained();
});

/** Everything with data in it is still there, and nothing that runs or is called. */
async function expectOnlyRetained(): Promise<void> {
  const physicalIds = (type: string) => resources.filter((one) => one.type === type).map((one) => one.physicalId);
  const { TableNames } = await aws<{ TableNames: string[] }>(emulator, 'dynamodb', 'list-tables');
  const { Functions } = await aws<{ Functions: unknown[] }>(emulator, 'lambda', 'list-functions');
  const { SecretList } = await aws<{ SecretList: unknown[] }>(emulator, 'secretsmanager', 'list-secrets');
  const { items } = await aws<{ items: unknown[] }>(emulator, 'apigateway', 'get-rest-apis');
  const pools = ['cognito-idp', 'list-user-pools', '--max-results', '10'];
  const { UserPools } = await aws<{ UserPools: { Id: string }[] }>(emulator, ...pools);
  expect(TableNames.toSorted()).toEqual(physicalIds('AWS::DynamoDB::GlobalTable').toSorted());
  expect(UserPools.map(({ Id }) => Id)).toEqual(physicalIds('AWS::Cognito::UserPool'));
  for (const key of physicalIds('AWS::KMS::Key')) {
    const { KeyMetadata } = await aws<{ KeyMetadata: object }>(emulator, 'kms', 'describe-key', '--key-id', key);
    expect(KeyMetadata).toMatchObject({ KeyState: 'Enabled' });
  }
  expect({ Functions, SecretList, items }).toEqual({ Functions: [], SecretList: [], items: [] });
}
