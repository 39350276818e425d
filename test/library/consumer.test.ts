import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { hashesOfCode, missingAssets, resourceCounts } from './assembly.ts';
import { compile, type Consumer, installConsumer, runIn, synthesize } from './consumer.ts';
import { examplesOf } from './examples.ts';

const examples = examplesOf('docs/library.md');
const wholeInstallation = 'The whole installation';
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
  /** Folder of a cloud assembly, by module. */
  let withFlags: (module: string) => string;
  let withoutFlags: (module: string) => string;

  beforeAll(async () => {
    consumer = await installConsumer(inject('packed').tarball, peers);
    const recommended = JSON.parse(
      readFileSync(join(consumer.folder, 'node_modules/aws-cdk-lib/recommended-feature-flags.json'), 'utf8'),
    ) as object;
    await compile(
      consumer,
      Object.fromEntries(Object.entries(examples).map(([title, code]) => [`${moduleOf(title)}.ts`, code])),
    );
    withoutFlags = await synthesize(consumer, [moduleOf(wholeInstallation)], 'without-flags', {});
    withFlags = await synthesize(consumer, Object.keys(examples).map(moduleOf), 'with-flags', recommended);
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

  test.each(['no', 'every recommended'])('synthesizes the whole installation under %s feature flag', (kind) => {
    const assembly = (kind === 'no' ? withoutFlags : withFlags)(moduleOf(wholeInstallation));

    const counts = resourceCounts(assembly);
    const packagedCode = ['admin', 'proxy', 'reconcile', 'usage-rollup'].flatMap((name) =>
      hashesOfCode(join(consumer.folder, 'node_modules/gatehouse/dist/lambdas', name)),
    );
    expect(Object.keys(counts)).toHaveLength(3);
    expect(count(counts, 'AWS::DynamoDB::GlobalTable')).toBe(8);
    expect(count(counts, 'AWS::CloudFront::Distribution')).toBe(1);
    expect(missingAssets(assembly)).toEqual([]);
    expect(packagedCode.length).toBeGreaterThan(4);
    expect(hashesOfCode(assembly).toSorted()).toEqual(packagedCode.toSorted());
  });

  test.each<[string, Record<string, number>]>([
    ["In a pipeline's stage", { 'AWS::DynamoDB::GlobalTable': 16, 'AWS::WAFv2::WebACL': 2 }],
    [
      'A data plane among your own resources',
      { 'AWS::DynamoDB::GlobalTable': 5, 'AWS::KMS::Key': 0, 'AWS::Lambda::Function': 2, 'AWS::WAFv2::WebACL': 0 },
    ],
    ['Both planes in one stack', { 'AWS::DynamoDB::GlobalTable': 8, 'AWS::CloudFront::Distribution': 0 }],
    ['Single tables', { 'AWS::DynamoDB::GlobalTable': 2, 'AWS::KMS::Key': 1, 'AWS::Lambda::Function': 0 }],
    ['Deploying from GitHub', { 'AWS::IAM::Role': 1, 'AWS::IAM::OIDCProvider': 1 }],
  ])('synthesizes the example "%s"', (title, expected) => {
    const assembly = withFlags(moduleOf(title));

    const counts = resourceCounts(assembly);
    const found = Object.fromEntries(Object.keys(expected).map((type) => [type, count(counts, type)]));
    expect(found).toEqual(expected);
    expect(missingAssets(assembly)).toEqual([]);
  });

  test('can be required by a CommonJS application', async () => {
    await writeFile(join(consumer.folder, 'common.cjs'), "console.log(typeof require('gatehouse').Gatehouse);\n");

    const printed = await runIn(consumer, 'common.cjs');

    expect(printed).toBe('function\n');
  });

  test('brings the command line', async () => {
    const commandLine = 'node_modules/.bin/gatehouse';

    const version = await runIn(consumer, commandLine, '--version');
    const help = await runIn(consumer, commandLine, 'organizations', '--help');

    expect(version).toBe(`${manifest.version}\n`);
    expect(help).toContain('gatehouse organizations');
  });
});

test('has every example of docs/library.md above', () => {
  const titles = Object.keys(examples);

  expect(titles).toEqual([
    wholeInstallation,
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
