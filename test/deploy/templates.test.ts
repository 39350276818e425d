import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import { exampleNames, readExample, synthesizeVariant } from '../lib/variants/variant.ts';
import { installPythonEnvironment } from './python-environment.ts';

const run = promisify(execFile);

interface Match {
  readonly Rule: { readonly Id: string };
  readonly Message: string;
  readonly Location: { readonly Path: readonly (string | number)[] | null };
}

/**
 * What cfn-lint says of a resource type and does not know better. Tags of a dashboard came to CloudFormation after the schemas of
 * cfn-lint 1.51.0; aws-cdk-lib has them from CloudFormation's own specification.
 */
const newerThanTheSchemas = new Set([
  "E3002 AWS::CloudWatch::Dashboard Additional properties are not allowed ('Tags' was unexpected)",
]);

let programs: string;

beforeAll(async () => {
  programs = await installPythonEnvironment('cfn-lint-requirements.txt');
});

/** Rule, resource type and message of everything found, less a dependency that is stated twice, which CDK does to be safe. */
async function lint(folder: string): Promise<string[]> {
  const templates = readdirSync(folder).filter((file) => file.endsWith('.template.json'));
  const found = await Promise.all(
    templates.map(async (file) => {
      const path = join(folder, file);
      const parameters = [path, '--format', 'json', '--ignore-checks', 'W3005'];
      // It ends with another status where it finds something.
      const { stdout } = await run(join(programs, 'cfn-lint'), parameters, { maxBuffer: 64 * 1024 * 1024 }).catch(
        (failed: { stdout: string }) => failed,
      );
      const { Resources } = JSON.parse(await readFile(path, 'utf8')) as { Resources: Record<string, { Type: string }> };
      return (JSON.parse(stdout === '' ? '[]' : stdout) as Match[]).map(({ Rule, Message, Location }) => {
        const type = Resources[String(Location.Path?.[1])]?.Type ?? file;
        return `${Rule.Id} ${type} ${Message}`;
      });
    }),
  );
  return [...new Set(found.flat())];
}

it.each(['the default', ...exampleNames])('is what CloudFormation takes, by its own schemas: %s', async (name) => {
  const { directory } = synthesizeVariant(name === 'the default' ? {} : readExample(name));

  const found = await lint(directory);

  expect(found.filter((line) => !newerThanTheSchemas.has(line))).toEqual([]);
});

it('would be seen not to be', async () => {
  const { directory } = synthesizeVariant(readExample('no-control-plane'));
  const [file = ''] = readdirSync(directory).filter(
    (name) => name.includes('DataPlane') && name.endsWith('.template.json'),
  );
  const template = await readFile(join(directory, file), 'utf8');
  await writeFile(join(directory, file), template.replace('"StreamViewType"', '"StreamView"'));

  const found = await lint(directory);

  expect(found).toContainEqual(expect.stringMatching(/^E3002 AWS::DynamoDB::GlobalTable .*StreamView/));
});
