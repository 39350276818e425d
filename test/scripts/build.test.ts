import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildBundles } from '../../scripts/build.ts';

/** What Lambda and the stacks set, by function. The proxy has tests of its own in test/project. */
const lambdaEnvironment = { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'none', AWS_SECRET_ACCESS_KEY: 'none' };
const controlPlaneEnvironment = {
  TABLE_CONTROL: 'control',
  TABLE_AUDIT: 'audit',
  DATA_PLANES: JSON.stringify([
    {
      region: 'eu-west-1',
      url: 'https://ai.example.com',
      tables: { policy: 'p', meter: 'm', requests: 'r', vault: 'v', usage: 'u', evidence: 'e' },
      vaultKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/vault',
    },
  ]),
  ALLOW_PRIVATE_PROVIDERS: 'false',
};
const environments: Readonly<Record<string, Record<string, string>>> = {
  'usage-rollup': { TABLE_USAGE: 'usage' },
  admin: {
    ...controlPlaneEnvironment,
    OIDC_ISSUERS: '[]',
    BOOTSTRAP_TOKEN_SECRET_ARN: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:token-AbCdEf',
  },
  reconcile: controlPlaneEnvironment,
};

let folder: string;
let names: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-build-'));
  names = (await buildBundles(folder)).map(({ name }) => name);
}, 60_000);

afterAll(() => rm(folder, { recursive: true }));

/** The type of the bundle's handler, or what loading it throws: as text, since a crash prints the bundle. */
function load(name: string, environment: Record<string, string>): string {
  const bundle = JSON.stringify(join(folder, 'lambdas', name, 'index.cjs'));
  const attempt = `(() => { try { return typeof require(${bundle}).handler; } catch (error) { return String(error); } })()`;
  const env = { PATH: process.env['PATH'], ...lambdaEnvironment, ...environment };
  return execFileSync(process.execPath, ['-p', attempt], { env, encoding: 'utf8' }).trim();
}

describe('buildBundles', () => {
  it('makes one bundle for each function of the stacks', () => {
    expect(names.toSorted()).toEqual(['admin', 'proxy', 'reconcile', 'tenant-authorizer', 'usage-rollup']);
  });

  it.each(Object.entries(environments))(
    'makes a bundle of %s that starts in the environment its stack gives it',
    (name, environment) => {
      const exported = load(name, environment);

      expect(exported).toBe('function');
    },
  );

  it.each(Object.keys(environments))('makes a bundle of %s that refuses to start without its tables', (name) => {
    const outcome = load(name, {});

    expect(outcome).toMatch(/^Error: environment variable TABLE_\w+ is not set$/);
  });

  it('keeps the AWS SDK out of the usage rollup, which starts with every burst of records', async () => {
    const metafile = await readFile(join(folder, 'lambdas/usage-rollup.meta.json'), 'utf8');

    expect(metafile).not.toContain('node_modules/@aws-sdk');
  });
});
