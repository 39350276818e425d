import { cp, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { getMeter } from '../../lambdas/store/meter.ts';
import {
  bundleHashes,
  fillTemplate,
  keptReleases,
  readRelease,
  synthesizeAssembly,
} from '../../scripts/keep-release.ts';
import { json, sampleCompletion, startUpstream } from '../fixtures/upstream.ts';
import type { Upstream } from '../fixtures/upstream.ts';
import { statefulTypes } from '../lib/stateful-types.ts';
import { replaceTemplate } from './cloud-assembly.ts';
import { cdkOrThrow } from './commands.ts';
import { startEmulator } from './emulator.ts';
import type { Emulator } from './emulator.ts';
import { openInstallation, openStore, stackNames } from './installation.ts';
import type { Installation } from './installation.ts';
import { listStackResources } from './stack-resources.ts';
import type { StackResource } from './stack-resources.ts';
import { chat, createTenant, providerSecret } from './tenant.ts';
import type { Tenant } from './tenant.ts';

const builtBundles = fileURLToPath(new URL('../../dist/lambdas', import.meta.url));

describe.each(keptReleases())('an installation of release %s', (version) => {
  let emulator: Emulator;
  let upstream: Upstream;
  let assembly: string;
  let outputsFile: string;
  let installation: Installation;
  let tenant: Tenant;
  let before: readonly StackResource[];
  let balance: number | undefined;

  beforeAll(async () => {
    emulator = await startEmulator();
    upstream = await startUpstream(json(sampleCompletion));
    assembly = join(emulator.environment['HOME']!, 'current');
    outputsFile = join(emulator.environment['HOME']!, 'outputs.json');
    await cdkOrThrow(emulator, 'synth', '-q', '-o', assembly, '-c', 'config=test/deploy/settings.json');
    await cdkOrThrow(emulator, 'bootstrap', '--app', assembly);
  });

  afterAll(async () => {
    await upstream?.close();
    await emulator?.close();
  });

  const deploy = (app: string) =>
    cdkOrThrow(emulator, 'deploy', '--all', '--require-approval', 'never', '--app', app, '--outputs-file', outputsFile);

  const balanceOf = async () => {
    const meters = { store: openStore(emulator), table: installation.tables.meter };
    return (await getMeter(meters, `org#${tenant.organization}`))?.balanceMicroUsd;
  };

  const stateful = (resources: readonly StackResource[]) => resources.filter(({ type }) => type in statefulTypes);

  it('is deployed from the templates that were kept, and gets data', async () => {
    await deploy(await assembleRelease(version, join(emulator.environment['HOME']!, 'release')));
    installation = await openInstallation(emulator, outputsFile);
    tenant = await createTenant(installation, upstream);

    const { status, text } = await chat(installation, tenant);

    expect(status, text).toBe(200);
    before = await listStackResources(emulator, stackNames);
    balance = await balanceOf();
    expect(stateful(before).length).toBeGreaterThan(0);
  });

  it('becomes the current release without replacing anything that holds data or is known by its address', async () => {
    const { output } = await deploy(assembly);

    expect(output).not.toMatch(/Gatehouse-DataPlane-us-east-1\) \(no changes\)/);
    const after = await listStackResources(emulator, stackNames);
    expect(after).toEqual(expect.arrayContaining(stateful(before)));
  });

  it('still has its key, its balance, its credential, its records and its audit trail', async () => {
    installation = await openInstallation(emulator, outputsFile);

    const kept = await balanceOf();
    const { status, text } = await chat(installation, tenant);
    const [requests, audit] = await Promise.all([
      installation.admin('GET', `/organizations/${tenant.organization}/requests`),
      installation.admin('GET', `/organizations/${tenant.organization}/audit-events`),
    ]);

    expect(kept).toBe(balance);
    expect(status, text).toBe(200);
    expect(upstream.requests.at(-1)?.headers['authorization']).toBe(`Bearer ${providerSecret}`);
    expect(requests.body.data).toHaveLength(2);
    expect(audit.body.data).toHaveLength(5);
  });
});

/** The release's templates with the code of today, but under other hashes, as another release would have. */
async function assembleRelease(version: string, folder: string): Promise<string> {
  const bundles = `${folder}-bundles`;
  await cp(builtBundles, bundles, { recursive: true });
  for (const entry of await readdir(bundles, { withFileTypes: true })) {
    if (entry.isDirectory()) await writeFile(join(bundles, entry.name, 'RELEASE.txt'), version);
  }
  synthesizeAssembly(folder, bundles);
  const hashes = bundleHashes(folder, bundles);
  for (const [artifact, kept] of Object.entries(readRelease(version))) {
    await replaceTemplate(folder, artifact, fillTemplate(kept, hashes));
  }
  return folder;
}
