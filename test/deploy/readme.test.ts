import { chmod, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { aws, runCommand } from './commands.ts';
import { startEmulator } from './emulator.ts';
import type { Emulator } from './emulator.ts';
import { stackStatuses } from './stack-resources.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const addresses = fileURLToPath(new URL('emulated-addresses.cjs', import.meta.url));
const curl = fileURLToPath(new URL('curl.cjs', import.meta.url));
/** What a run leaves in the folder it is started in. */
const leftovers = new Set(['outputs.json', 'cdk.out', '.gatehouse', 'cdk.context.json']);

let emulator: Emulator;
let home: string;

beforeAll(async () => {
  emulator = await startEmulator();
  home = emulator.environment['HOME']!;
});

afterAll(() => emulator?.close());

it('deploys, manages, calls, deploys again and destroys by the very lines of the README', async () => {
  const lines = shellBlocks(await readFile(join(repository, 'README.md'), 'utf8'), 'Deploy');
  // Each block is announced, so that its output can be told from the others'.
  const script = [
    'set -euo pipefail',
    ...lines.map((block, index) => `printf "\\n== block ${index}\\n"\n${block}`),
  ].join('\n');

  const { status, output } = await runCommand(emulator, 'bash', ['-c', script], {
    cwd: await newcomersFolder(),
    variables: {
      PATH: [await programsFolder(), emulator.environment['PATH']].join(delimiter),
      NODE_OPTIONS: `--require ${JSON.stringify(addresses)}`,
      EMULATED_ENDPOINT: emulator.endpoint,
      // Answers of the person at the keyboard, who is asked both times.
      CDK_REQUIRE_APPROVAL: 'never',
      CDK_FORCE: 'true',
    },
  });

  expect(status, output.slice(-6000)).toBe(0);
  const [, deployed = '', diagnosed = '', called = '', repeated = ''] = output.split(/^== block \d+$/m);
  expect(deployed.match(/✅ {2}Gatehouse/g)?.length).toBeGreaterThan(1);
  expect(diagnosed).toMatch(/^ok +data plane in us-east-1/m);
  expect(diagnosed).not.toMatch(/^problem/m);
  expect(called).toContain('"requests_per_minute":{"limit":60,"remaining":60}');
  expect(repeated.match(/\(no changes\)/g)?.length).toBe(deployed.match(/Deployment time/g)?.length);
});

it('leaves nothing of a sandbox behind', async () => {
  const { TableNames } = await aws<{ TableNames: string[] }>(emulator, 'dynamodb', 'list-tables');
  const { Functions } = await aws<{ Functions: unknown[] }>(emulator, 'lambda', 'list-functions');
  const { SecretList } = await aws<{ SecretList: unknown[] }>(emulator, 'secretsmanager', 'list-secrets');

  expect(await stackStatuses(emulator)).toEqual({});
  expect({ TableNames, Functions, SecretList }).toEqual({ TableNames: [], Functions: [], SecretList: [] });
});

/** Shell blocks of one section, in order. */
function shellBlocks(document: string, heading: string): readonly string[] {
  const section = document.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  return [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
}

/** The repository as somebody new has it, apart from what they may have deployed from the real one. */
async function newcomersFolder(): Promise<string> {
  const folder = join(home, 'gatehouse');
  await mkdir(folder);
  for (const name of await readdir(repository)) {
    if (!leftovers.has(name)) await symlink(join(repository, name), join(folder, name));
  }
  return folder;
}

/** A `curl` that knows where the addresses of AWS are. */
async function programsFolder(): Promise<string> {
  const folder = join(home, 'programs');
  const { stdout } = await runCommand(emulator, 'bash', ['-c', 'command -v curl']);
  const program = join(folder, 'curl');
  await mkdir(folder);
  await writeFile(program, `#!/bin/sh\nexec node ${JSON.stringify(curl)} ${JSON.stringify(stdout.trim())} "$@"\n`);
  await chmod(program, 0o755);
  return folder;
}
