import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { claims } from './variants/claims.ts';
import {
  beyondQuotas,
  broadActions,
  disposableData,
  logsWithoutRetention,
  publicFunctions,
  unprotectedTables,
} from './variants/house-rules.ts';
import { everySettingPath, pathsOf } from './variants/setting-paths.ts';
import { exampleNames, readExample, synthesizeVariant, type Variant } from './variants/variant.ts';

/** Outputs that operators, scripts and other deployments read: a renamed one breaks them with the next upgrade. */
const stableOutputs: readonly [RegExp, readonly string[]][] = [
  [
    /DataPlane/,
    [
      'ProxyUrl',
      'VaultKeyArn',
      ...['Policy', 'Meter', 'Requests', 'Vault', 'Evidence', 'Usage'].map((name) => `${name}TableName`),
    ],
  ],
  [/ControlPlane/, ['AdminUrl', 'BootstrapTokenSecretArn', 'UserPoolId', 'UserPoolClientId']],
];

function missingOutputs({ templates }: Variant): string[] {
  return Object.entries(templates).flatMap(([stack, { Outputs }]) =>
    stableOutputs
      .filter(([pattern]) => pattern.test(stack))
      .flatMap(([, names]) => names.filter((name) => !(name in Outputs)).map((name) => `${stack}: ${name}`)),
  );
}

const settingsPage = readFileSync('docs/operations.md', 'utf8');
const variantsPage = readFileSync('docs/variants.md', 'utf8');

const settingsSections = [
  ...settingsPage.matchAll(/^## (?:Settings of a deployment|Deploying the control plane)$[\s\S]*?(?=^## )/gm),
]
  .map(([section]) => section)
  .join('');

/** What the first cells of the tables of settings name. A star stands for any one member. */
function pathsInTables(): string[] {
  const cells = [...settingsSections.matchAll(/^\| (`[^|]+) \|/gm)].map(([, cell]) => cell ?? '');
  const paths = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, path]) => path ?? ''));
  return paths.filter((path) => /^[a-z][\w.*]*$/.test(path));
}

function pathsInJson(): string[] {
  const blocks = [...settingsSections.matchAll(/^```json$([\s\S]*?)^```$/gm)].map(([, json]) => json ?? '');
  return blocks.flatMap((json) => pathsOf(JSON.parse(json)));
}

function covers(pattern: string, path: string): boolean {
  return new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '[^.]+')}$`).test(path);
}

describe('examples', () => {
  it('all have assertions of their own that say what makes them what they are', () => {
    const withClaims = Object.entries(claims).filter(([, own]) => Object.keys(own).length > 0);

    expect(withClaims.map(([name]) => name).toSorted()).toEqual(exampleNames.toSorted());
  });

  it('are all in the paper that says what each is for, with a link', () => {
    const linked = [...variantsPage.matchAll(/\(\.\.\/examples\/([\w-]+)\.json\)/g)].map(([, name]) => String(name));

    expect([...new Set(linked)].toSorted()).toEqual(exampleNames.toSorted());
  });

  it('and the paper on settings name every setting that there is, and none that is not', () => {
    const all = everySettingPath();

    const described = pathsInTables();

    const shown = [...described, ...pathsInJson(), ...exampleNames.flatMap((name) => pathsOf(readExample(name)))];
    const known = [...all, ...all.map((path) => path.split('.').slice(0, -1).join('.'))];
    expect(all.length).toBeGreaterThan(60);
    expect(described.length).toBeGreaterThan(40);
    expect(all.filter((path) => !shown.some((pattern) => covers(pattern, path)))).toEqual([]);
    expect(shown.filter((pattern) => !known.some((path) => covers(pattern, path)))).toEqual([]);
  });
});

describe.each(exampleNames)('examples/%s.json', (name) => {
  let variant: Variant;

  beforeAll(() => {
    variant = synthesizeVariant(readExample(name));
  }, 60_000);

  it('leaves no finding of AwsSolutions or Serverless unacknowledged', () => {
    expect(variant.findings).toEqual([]);
  });

  it('keeps no log line for good, and no function or API logs to a group that it does not hold', () => {
    expect(logsWithoutRetention(variant)).toEqual([]);
  });

  it('has no role that may do everything, or everything of a service', () => {
    expect(broadActions(variant)).toEqual([]);
  });

  it('protects each table as the table definitions and its settings promise', () => {
    expect([...unprotectedTables(variant), ...disposableData(variant)]).toEqual([]);
  });

  it('opens no function to the public unless its origin is a function URL', () => {
    expect(publicFunctions(variant).length > 0).toBe(variant.config.origin === 'function-url');
  });

  it('keeps the outputs that others read, and stays within the quotas of CloudFormation', () => {
    expect([...missingOutputs(variant), ...beyondQuotas(variant)]).toEqual([]);
  });

  it.each(Object.entries(claims[name] ?? {}))('%s', (_claim, assess) => {
    assess(variant);
  });
});
