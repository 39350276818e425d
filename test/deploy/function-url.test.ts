import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { json, sampleCompletion, startUpstream } from '../fixtures/upstream.ts';
import type { Upstream } from '../fixtures/upstream.ts';
import { aws, cdkOrThrow } from './commands.ts';
import { startEmulator } from './emulator.ts';
import type { Emulator } from './emulator.ts';
import { openInstallation } from './installation.ts';
import type { Installation } from './installation.ts';
import { findResource, listStackResources } from './stack-resources.ts';
import type { StackResource } from './stack-resources.ts';
import { chat, createTenant, providerSecret } from './tenant.ts';
import type { Tenant } from './tenant.ts';

const example = fileURLToPath(new URL('../../examples/function-url.json', import.meta.url));

let emulator: Emulator;
let upstream: Upstream;
let resources: readonly StackResource[];
let installation: Installation;
let tenant: Tenant;

beforeAll(async () => {
  emulator = await startEmulator();
  upstream = await startUpstream(json(sampleCompletion));
});

afterAll(async () => {
  await upstream?.close();
  await emulator?.close();
});

it('deploys the example with a function URL in place of an API', async () => {
  const home = emulator.environment['HOME']!;
  const app = ['--app', join(home, 'assembly')];
  // The provider of the test is on this machine.
  const settings = { ...(await readExample()), controlPlane: { allowPrivateProviders: true } };
  const context = `gatehouse=${JSON.stringify(settings)}`;
  await cdkOrThrow(emulator, 'synth', '-q', '-o', join(home, 'assembly'), '-c', context);
  await cdkOrThrow(emulator, 'bootstrap', ...app);
  const outputs = ['--outputs-file', join(home, 'outputs.json')];
  await cdkOrThrow(emulator, 'deploy', '--all', '--require-approval', 'never', ...outputs, ...app);
  installation = await openInstallation(emulator, join(home, 'outputs.json'));

  resources = await listStackResources(emulator, ['Gatehouse-DataPlane-us-east-1']);

  const types = resources.map(({ type }) => type);
  expect(types.filter((type) => type === 'AWS::Lambda::Url')).toHaveLength(1);
  expect(types.filter((type) => type.startsWith('AWS::ApiGateway'))).toEqual([]);
});

async function readExample(): Promise<object> {
  return JSON.parse(await readFile(example, 'utf8')) as object;
}

it('serves a request through the distribution, whose origin is the function URL', async () => {
  tenant = await createTenant(installation, upstream);

  const answer = await chat(installation, tenant);

  expect(answer.status, answer.text).toBe(200);
  expect(answer.body).toEqual(sampleCompletion);
  expect(answer.headers['content-type']).toContain('application/json');
  const [received] = upstream.requests;
  expect(received?.path).toBe('/v1/chat/completions');
  expect(received?.headers['authorization']).toBe(`Bearer ${providerSecret}`);
  expect(JSON.parse(received!.body.toString())).toMatchObject({ model: 'm', messages: [{ content: 'hi' }] });
});

it('refuses whoever calls the function URL itself, even with a key', async () => {
  const headers = { authorization: `Bearer ${tenant.key.secret}` };
  const before = upstream.requests.length;

  const direct = await fetch(`${await functionUrl()}/v1/models`, { headers });

  expect(direct.status).toBe(403);
  expect(await direct.json()).toMatchObject({ error: { code: 'origin_not_verified' } });
  expect(upstream.requests).toHaveLength(before);
});

/** Of the alias that the distribution calls, where the emulator has it. */
async function functionUrl(): Promise<string> {
  const { physicalId } = findResource(resources, 'DataPlaneProxy', 'AWS::Lambda::Function');
  const configuration = ['get-function-url-config', '--function-name', physicalId, '--qualifier', 'live'];
  const { FunctionUrl } = await aws<{ FunctionUrl: string }>(emulator, 'lambda', ...configuration);
  const [id] = new URL(FunctionUrl).hostname.split('.');
  return `${emulator.endpoint}/_aws/lambda-url/${id}`;
}

it('is refused nothing by the policies of its own roles', () => {
  const refused = emulator.log.filter((line) => line.startsWith('refused: '));

  expect(refused).toEqual([]);
});
