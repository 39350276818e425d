import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { hashOf, missingAssets, resourceCounts, shippedCode } from './assembly.ts';
import { compile, type Consumer, installConsumer, synthesize } from './consumer.ts';
import { examplesOf } from './examples.ts';
import { run } from './run.ts';

const examples = examplesOf('docs/library.md');
const moduleOf = (title: string): string => title.toLowerCase().replaceAll(/\W+/g, '-');

/** The lowest version that package.json allows, and the one that the repository itself is tested with. */
const floor = Object.fromEntries(
  Object.entries(manifest.peerDependencies).map(([name, range]) => [name, range.replace('^', '')]),
);
const pinned = {
  'aws-cdk-lib': manifest.devDependencies['aws-cdk-lib'],
  constructs: manifest.devDependencies.constructs,
};

describe.each([
  ['the oldest', floor],
  ['the pinned', pinned],
])('beside %s CDK', (_, peers) => {
  let consumer: Consumer;
  let recommended: object;

  beforeAll(async () => {
    consumer = await installConsumer(inject('packed').tarball, peers);
    recommended = JSON.parse(
      readFileSync(join(consumer.folder, 'node_modules/aws-cdk-lib/recommended-feature-flags.json'), 'utf8'),
    ) as object;
    await compile(
      consumer,
      Object.fromEntries(Object.entries(examples).map(([title, code]) => [`${moduleOf(title)}.ts`, code])),
    );
  });

  afterAll(() => rm(consumer.folder, { recursive: true, force: true }));

  test('installs that version, and nothing that builds or runs code on installation', () => {
    const versions = Object.fromEntries(
      Object.keys(peers).map((name) => [name, consumer.installed[`node_modules/${name}`]?.version]),
    );
    const scripted = Object.entries(consumer.installed).filter(([, { hasInstallScript }]) => hasInstallScript === true);

    expect(versions).toEqual(peers);
    expect(scripted).toEqual([]);
    expect(Object.keys(consumer.installed).filter((path) => !path.includes('aws-cdk'))).toEqual([
      'node_modules/commander',
      'node_modules/constructs',
      'node_modules/gatehouse',
      'node_modules/zod',
    ]);
  });

  test.concurrent.each(['no', 'every recommended'])(
    'synthesizes the whole installation under %s feature flag',
    async (kind) => {
      const assembly = await synthesize(
        consumer,
        `out/${moduleOf('The whole installation')}.js`,
        kind === 'no' ? {} : recommended,
      );

      const counts = resourceCounts(assembly);
      const packagedCode = ['admin', 'proxy', 'reconcile', 'usage-rollup'].map((name) =>
        hashOf(join(consumer.folder, 'node_modules/gatehouse/dist/lambdas', name, 'index.cjs')),
      );
      expect(Object.keys(counts)).toHaveLength(3);
      expect(count(counts, 'AWS::DynamoDB::GlobalTable')).toBe(8);
      expect(count(counts, 'AWS::CloudFront::Distribution')).toBe(1);
      expect(missingAssets(assembly)).toEqual([]);
      expect(shippedCode(assembly).toSorted()).toEqual(packagedCode.toSorted());
    },
  );

  test.concurrent.each<[string, Record<string, number>]>([
    ["In a pipeline's stage", { 'AWS::DynamoDB::GlobalTable': 16, 'AWS::WAFv2::WebACL': 2 }],
    [
      'A data plane among your own resources',
      { 'AWS::DynamoDB::GlobalTable': 5, 'AWS::KMS::Key': 0, 'AWS::Lambda::Function': 2, 'AWS::WAFv2::WebACL': 0 },
    ],
    ['Both planes in one stack', { 'AWS::DynamoDB::GlobalTable': 8, 'AWS::CloudFront::Distribution': 0 }],
    ['Single tables', { 'AWS::DynamoDB::GlobalTable': 2, 'AWS::KMS::Key': 1, 'AWS::Lambda::Function': 0 }],
    ['Deploying from GitHub', { 'AWS::IAM::Role': 1, 'AWS::IAM::OIDCProvider': 1 }],
  ])('synthesizes the example "%s"', async (title, expected) => {
    const assembly = await synthesize(consumer, `out/${moduleOf(title)}.js`, recommended);

    const counts = resourceCounts(assembly);
    const found = Object.fromEntries(Object.keys(expected).map((type) => [type, count(counts, type)]));
    expect(found).toEqual(expected);
    expect(missingAssets(assembly)).toEqual([]);
  });

  test('can be required by a CommonJS application', async () => {
    await writeFile(join(consumer.folder, 'common.cjs'), "console.log(typeof require('gatehouse').Gatehouse);\n");

    const { stdout } = await run(process.execPath, ['common.cjs'], { cwd: consumer.folder });

    expect(stdout).toBe('function\n');
  });

  test('brings the command line', async () => {
    const commandLine = join(consumer.folder, 'node_modules/.bin/gatehouse');

    const version = await run(commandLine, ['--version'], { cwd: consumer.folder });
    const help = await run(commandLine, ['organizations', '--help'], { cwd: consumer.folder });

    expect(version.stdout).toBe(`${manifest.version}\n`);
    expect(help.stdout).toContain('gatehouse organizations');
  });
});

test('has every example of docs/library.md above', () => {
  const titles = Object.keys(examples);

  expect(titles).toEqual([
    'The whole installation',
    "In a pipeline's stage",
    'A data plane among your own resources',
    'Both planes in one stack',
    'Single tables',
    'Deploying from GitHub',
  ]);
});

function count(counts: ReturnType<typeof resourceCounts>, type: string): number {
  return Object.values(counts).reduce((sum, types) => sum + (types[type] ?? 0), 0);
}
