import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { type Gatehouse, startGatehouse } from '../fixtures/gatehouse.ts';

const repositoryFolder = join(import.meta.dirname, '../..');
const documentation = readFileSync(join(repositoryFolder, 'docs/clients.md'), 'utf8');

interface Block {
  /** The heading above it. */
  readonly heading: string;
  readonly language: string;
  readonly code: string;
}

const blocks = blocksOf(documentation);
const inLanguage = (language: string): Block[] => blocks.filter((block) => block.language === language);

describe('docs/clients.md', () => {
  test('has settings for every client that was asked for', () => {
    const headings = [...documentation.matchAll(/^##+ (.+)$/gm)].map(([, heading]) => heading);

    expect(headings).toEqual(
      expect.arrayContaining(
        ['OpenAI', 'Anthropic', 'Google Gen AI', 'AI SDK', 'LangChain'].concat([
          'Claude Code',
          'Codex',
          'Gemini CLI',
          'Cursor',
          'Continue',
          'LibreChat',
          'Open WebUI',
        ]),
      ),
    );
  });

  test.each(inLanguage('json'))('has JSON that can be pasted: $heading', ({ code }) => {
    const settings: unknown = JSON.parse(code);

    expect(settings).toBeTypeOf('object');
  });

  test.each(inLanguage('yaml'))('has YAML that can be pasted: $heading', ({ code }) => {
    const settings: unknown = parseYaml(code, { strict: true, uniqueKeys: true });

    expect(settings).toBeTypeOf('object');
  });

  test.each(inLanguage('toml'))('has TOML that can be pasted: $heading', ({ code }) => {
    const wrong = code.split('\n').filter((line) => !tomlLine.test(line));

    expect(wrong).toEqual([]);
  });

  test.each(inLanguage('sh'))('has lines that a shell reads: $heading', async ({ code }) => {
    const { status, errors } = await run('bash', ['-n', '-c', code]);

    expect({ status, errors }).toEqual({ status: 0, errors: '' });
  });

  test('names a base URL with the version where the client leaves it to you, and without it where not', () => {
    const named = [...documentation.matchAll(/http:\/\/127\.0\.0\.1:8787[\w/]*/g)].map(
      ([url]) => new URL(url).pathname,
    );

    expect(new Set(named)).toEqual(new Set(['/', '/v1', '/v1beta']));
  });
});

describe('the TypeScript of docs/clients.md', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-clients-'));
  let gatehouse: Gatehouse | undefined;
  beforeAll(async () => {
    symlinkSync(join(repositoryFolder, 'node_modules'), join(folder, 'node_modules'));
    gatehouse = await startGatehouse();
  });
  afterAll(async () => {
    await gatehouse?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each(inLanguage('ts'))('gets an answer: $heading', async ({ heading, code }) => {
    const { url = '', apiKey = '' } = gatehouse ?? {};
    const home = join(folder, heading);
    mkdirSync(home);
    writeFileSync(join(home, 'client.mts'), code.replaceAll('http://127.0.0.1:8787', url).replaceAll('gh_...', apiKey));

    const { status, output, errors } = await run(process.execPath, [join(home, 'client.mts')]);

    expect({ status, errors: status === 0 ? '' : errors }).toEqual({ status: 0, errors: '' });
    expect(output.match(/Hello/g)).toHaveLength(code.match(/'Hello'/g)!.length * (heading === 'AI SDK' ? 4 : 1));
  });
});

/** A table's head, or a key with a string, a number or one flat table: all that is needed here. */
const tomlLine = /^(?:|\[[\w.-]+\]|[\w-]+ = (?:"[^"]*"|\d+|true|false|\{ "[\w-]+" = "[^"]*" \}))$/;

function blocksOf(markdown: string): Block[] {
  let heading = '';
  return [...markdown.matchAll(/^(?:##+ (.+)|```(\w+)\n([\s\S]*?)\n```)$/gm)].flatMap(([, title, language, code]) => {
    heading = title ?? heading;
    return language === undefined || code === undefined ? [] : [{ heading, language, code }];
  });
}

async function run(command: string, commandLine: readonly string[]) {
  const child = spawn(command, commandLine, { stdio: ['ignore', 'pipe', 'pipe'] });
  const [output, errors, status] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve)),
  ]);
  return { output, errors, status };
}
