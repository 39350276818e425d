import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const repositoryFolder = join(import.meta.dirname, '../..');

interface Violation {
  readonly path: string;
  readonly source: string;
  readonly rule: string;
}

/** Sources that must each be refused, by the named rule and no other. */
const violations: Readonly<Record<string, Violation>> = {
  'data plane imports the control plane': restricted('data-plane', '../control-plane/admin/keys.ts'),
  'control plane imports the data plane': restricted('control-plane/admin', '../../data-plane/handler.ts'),
  'billing imports the data plane': restricted('control-plane/billing', '../../data-plane/handler.ts'),
  'model checks import the data plane': restricted('model-check', '../data-plane/admit.ts'),
  'routing imports a plane': restricted('routing', '../data-plane/admit.ts'),
  'metering imports a plane': restricted('metering/catalog', '../../control-plane/admin/keys.ts'),
  'a provider imports routing': restricted('providers', '../routing/upstream.ts'),
  'store imports metering': restricted('store', '../metering/price.ts'),
  'crypto imports routing': restricted('crypto', '../routing/upstream.ts'),
  'an sdk file of the store imports metering': restricted('store', '../metering/price.ts', { file: 'sdk-probe.ts' }),
  'wire imports metering values': restricted('wire', '../metering/price.ts'),
  'wire imports a provider': restricted('wire', '../providers/provider.ts'),
  'wire names a type of the store': restricted('wire', '../store/client.ts', {
    statement: 'export type { StoreClient }',
  }),
  'wire imports the gateway’s errors': restricted('wire', '../http/gateway-error.ts'),
  'a codec imports routing': restricted('wire/codecs/gemini', '../../../routing/target.ts'),
  'a codec imports a package': restricted('wire/codecs/gemini', '@google/genai'),
  'wire imports SDK values': restricted('wire', '@aws-sdk/client-bedrock-runtime'),
  'wire opens a file': restricted('wire', 'node:fs/promises'),
  'the data plane loads translation at once': restricted('data-plane', '../wire/translation/translation.ts'),
  'another file of the data plane loads translation': restricted('data-plane', '../wire/translation/translation.ts', {
    file: 'another-probe.ts',
    statement:
      "export const load = async (): Promise<unknown> => import('../wire/translation/translation.ts');\nexport type { value }",
  }),
  'routing loads a codec at once': restricted('routing/provider-access', '../../wire/codecs/gemini/codec.ts'),
  'a provider loads the canonical model at once': restricted('providers', '../wire/canonical/losses.ts'),
  'http imports wire values': restricted('http', '../wire/sse.ts'),
  'telemetry imports store values': restricted('telemetry', '../store/client.ts'),
  'aws imports crypto values': restricted('aws', '../crypto/secret.ts'),
  'run-time code imports the construct library': restricted('control-plane/admin', '../../../lib/index.ts'),
  'run-time code imports the local runner': restricted('data-plane', '../../local/server.ts'),
  'run-time code imports the CDK': restricted('store', 'aws-cdk-lib/aws-dynamodb'),
  'run-time code imports constructs': restricted('crypto', 'constructs'),
  'stripe is imported by the data plane': restricted('data-plane', 'stripe'),
  'stripe is imported by the admin API': restricted('control-plane/admin', 'stripe'),
  'stripe is imported by the store': restricted('store', 'stripe/webhooks'),
  'the data plane imports SDK values': restricted('data-plane', '@aws-sdk/client-dynamodb'),
  'the lean transport imports SDK values': restricted('aws', '@aws-sdk/client-kms'),
  'a lean client imports SDK values': restricted('store', '@aws-sdk/client-dynamodb', { file: 'lean-client.ts' }),
  'lib imports run-time code': restricted('../lib/storage', '../../lambdas/store/client.ts'),
  'lib imports the local runner': restricted('../lib', '../local/server.ts'),
  'the local runner imports the construct library': restricted('../local', '../lib/index.ts'),
  'the CLI imports run-time code': restricted('../cli', '../lambdas/store/client.ts'),
  'the CLI imports the admin API’s code': restricted('../cli/commands', '../../lambdas/control-plane/admin/keys.ts'),
  'the CLI imports the local runner': restricted('../cli', '../local/data-folder.ts'),
  'the CLI imports the AWS SDK': restricted('../cli', '@aws-sdk/client-dynamodb'),
  'run-time code imports the CLI': restricted('control-plane/admin', '../../../cli/money.ts'),
  'the CLI reads the environment': {
    path: 'cli/environment.ts',
    source: "export const token = process.env['GATEHOUSE_ADMIN_TOKEN'];",
    rule: 'no-process-env',
  },
  'a file has more than 400 lines': {
    path: 'lambdas/wire/lines.ts',
    source: lines(401, (line) => `export const line${line} = ${line};`),
    rule: 'max-lines',
  },
  'a function has more than 80 lines': {
    path: 'lambdas/wire/long-function.ts',
    source: `export function long(total: number): number {\n${lines(80, (line) => `  total += ${line};`)}\n  return total;\n}`,
    rule: 'max-lines-per-function',
  },
  'a function has five parameters': {
    path: 'lambdas/wire/parameters.ts',
    source: 'export const sum = (a: number, b: number, c: number, d: number, e: number): number => a + b + c + d + e;',
    rule: 'max-params',
  },
  'a file name is not kebab-case': {
    path: 'lambdas/wire/camelCase.ts',
    source: 'export const value = 1;',
    rule: 'filename-case',
  },
  'a module has a default export': {
    path: 'lambdas/wire/default-export.ts',
    source: 'export default 1;',
    rule: 'no-default-export',
  },
  'a folder has a barrel': {
    path: 'lambdas/wire/barrel.ts',
    source: "export * from './lines.ts';",
    rule: 'no-barrel-file',
  },
  'a module imports one that imports it': {
    path: 'lambdas/wire/cycle-one.ts',
    source: "import { two } from './cycle-two.ts';\nexport const one = (): number => two();",
    rule: 'no-cycle',
  },
  'a module is imported by one it imports': {
    path: 'lambdas/wire/cycle-two.ts',
    source: "import { one } from './cycle-one.ts';\nexport const two = (): number => one();",
    rule: 'no-cycle',
  },
  'a value is any': {
    path: 'lambdas/wire/any.ts',
    source: 'export const read = (value: any): string => String(value);',
    rule: 'no-explicit-any',
  },
  'a switch without a default misses a case': {
    path: 'lambdas/wire/switch.ts',
    source:
      "export function size(kind: 'one' | 'two'): number {\n  switch (kind) {\n    case 'one':\n      return 1;\n  }\n  return 0;\n}",
    rule: 'switch-exhaustiveness-check',
  },
  'a promise floats': {
    path: 'lambdas/wire/floating.ts',
    source: 'export function start(run: () => Promise<void>): void {\n  run();\n}',
    rule: 'no-floating-promises',
  },
  'something other than an error is thrown': {
    path: 'lambdas/wire/throw.ts',
    source: "export function fail(): never {\n  throw 'broken';\n}",
    rule: 'only-throw-error',
  },
  'a type is imported as a value': {
    path: 'lambdas/http/type-import.ts',
    source:
      "import { Server } from 'node:http';\nexport const listening = (server: Server): boolean => server.listening;",
    rule: 'consistent-type-imports',
  },
  'the environment is read outside a handler': {
    path: 'lambdas/wire/environment.ts',
    source: "export const region = process.env['AWS_REGION'];",
    rule: 'no-process-env',
  },
};

/** Sources that sit just inside the rules. */
const allowed: Readonly<Record<string, string>> = {
  'lambdas/data-plane/handler.ts':
    "import type { AttributeValue } from '@aws-sdk/client-dynamodb';\nimport { sign } from '../aws/sign.ts';\nexport const read = (value: AttributeValue): unknown => sign(value, process.env['AWS_REGION']);",
  'lambdas/control-plane/billing/checkout.ts':
    "import Stripe from 'stripe';\nimport { sign } from '../../aws/sign.ts';\nexport const create = (): unknown => sign(new Stripe(''), undefined);",
  'lambdas/store/sdk-client.ts':
    "import { DynamoDBClient } from '@aws-sdk/client-dynamodb';\nexport const create = (): DynamoDBClient => new DynamoDBClient({});",
  'lambdas/wire/usage.ts':
    "import type { TokenUsage } from '../metering/token-usage.ts';\nexport const total = (usage: TokenUsage): unknown => usage;",
  'lambdas/wire/codecs/gemini/digest.ts':
    "import { createHash } from 'node:crypto';\nimport type { Content } from '@google/genai';\nexport const digest = (content: Content): string => createHash('sha256').update(String(content.role)).digest('hex');",
  'lambdas/data-plane/translate.ts':
    "import type { Translation } from '../wire/translation/translation.ts';\nexport const load = async (): Promise<Translation> =>\n  // oxlint-disable-next-line no-restricted-imports -- here it is loaded\n  import('../wire/translation/translation.ts');",
  'lambdas/wire/translation/translation.ts': 'export interface Translation { name: string }',
  'lambdas/http/envelope.ts':
    "import type { ProtocolName } from '../wire/protocol-name.ts';\nexport const name = (protocol: ProtocolName): string => protocol;",
  'lambdas/aws/sign.ts':
    'export const sign = (value: unknown, region: string | undefined): unknown => [value, region];',
  'cli/commands/verify.ts':
    "import { verifyChain } from '../../lambdas/control-plane/audit/chain.ts';\nimport { operations } from '../../lambdas/control-plane/contract/operations.ts';\nexport const all = [verifyChain, operations];",
  'bin/cli.ts': "export const token = process.env['GATEHOUSE_ADMIN_TOKEN'];",
  'lib/storage/gateway-table.ts': "export { tables } from '../../lambdas/store/tables.ts';",
  'lib/index.ts': "export * from './storage/gateway-table.ts';",
  'test/lib/everything.test.ts':
    "import { DynamoDBClient } from '@aws-sdk/client-dynamodb';\nimport { tables } from '../../lib/index.ts';\nimport { create } from '../../lambdas/store/sdk-client.ts';\nexport const all = [DynamoDBClient, tables, create, process.env['CI']];",
  'some.config.ts': 'export default {};',
  'lambdas/wire/event.ts':
    "import { encode } from './encode.ts';\nexport interface Event { name: string }\nexport const text = (event: Event): string => encode(event);",
  'lambdas/wire/encode.ts':
    "import type { Event } from './event.ts';\nexport const encode = (event: Event): string => event.name;",
};

describe('lint rules', () => {
  let found: ReadonlyMap<string, readonly string[]>;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-lint-'));
    await Promise.all(
      ['.oxlintrc.json', 'tsconfig.json'].map((name) => copyFile(join(repositoryFolder, name), join(folder, name))),
    );
    await symlink(join(repositoryFolder, 'node_modules'), join(folder, 'node_modules'));
    const sources = [
      ...Object.entries(allowed),
      ...Object.values(violations).map(({ path, source }) => [path, source] as const),
    ];
    await Promise.all(sources.map(([path, source]) => writeSource(join(folder, path), source)));
    found = await lint(folder);
  });

  afterAll(() => rm(folder, { recursive: true }));

  test.each(Object.entries(violations))('refuse that %s', (_, { path, rule }) => {
    const rules = found.get(path);

    expect(rules).toEqual([rule]);
  });

  test.each(Object.keys(allowed))('accept %s', (path) => {
    const rules = found.get(path);

    expect(rules).toBeUndefined();
  });

  test('are tried on a different source each', () => {
    const paths = [...Object.values(violations).map(({ path }) => path), ...Object.keys(allowed)];

    expect(paths).toEqual([...new Set(paths)]);
  });
});

/** A violation of the import direction: a file in `folder` of lambdas/ that re-exports from `specifier`. */
function restricted(
  folder: string,
  specifier: string,
  { file = `${specifier.replaceAll(/\W+/g, '-').replace(/^-/, '')}-probe.ts`, statement = 'export { value }' } = {},
): Violation {
  return {
    path: join('lambdas', folder, file),
    source: `${statement} from '${specifier}';\n`,
    rule: 'no-restricted-imports',
  };
}

function lines(count: number, write: (line: number) => string): string {
  return Array.from({ length: count }, (_, index) => write(index)).join('\n');
}

async function writeSource(path: string, source: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${source.trim()}\n`);
}

/** Rule names by file, as the linter reports them with the project's own configuration. */
async function lint(folder: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const oxlint = join(repositoryFolder, 'node_modules/.bin/oxlint');
  // The linked node_modules is a link, not a folder, and would be linted as sources.
  const report = await new Promise<string>((resolve, reject) => {
    execFile(
      oxlint,
      ['--format', 'json', '--ignore-pattern', 'node_modules'],
      { cwd: folder, maxBuffer: 2 ** 24 },
      (error, stdout, stderr) => {
        // The linter leaves with 1 when it found something, which is what it is here for.
        if (error !== null && error.code !== 1) reject(new Error(stderr || stdout, { cause: error }));
        else resolve(stdout);
      },
    );
  });
  const { diagnostics } = JSON.parse(report) as { diagnostics: { code: string; filename: string }[] };
  const rules = Map.groupBy(diagnostics, ({ filename }) => filename);
  return new Map([...rules].map(([path, list]) => [path, list.map(({ code }) => /\((.+)\)/.exec(code)?.[1] ?? code)]));
}
