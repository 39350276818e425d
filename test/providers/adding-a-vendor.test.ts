import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import type { Provider } from '../../lambdas/providers/provider.ts';
import { exchangeFaults } from './exchange.ts';

const page = readFileSync(new URL('../../docs/adding-a-provider.md', import.meta.url), 'utf8');
const rows = new URL('../../lambdas/providers/openai-compatible.ts', import.meta.url);

/** The first lines to paste of a language below a heading of the page. */
function linesOf(heading: string, language: string): string {
  const section = page.slice(page.indexOf(`## ${heading}`));
  return new RegExp(`\`\`\`${language}\\n([^]*?)\\n\`\`\``).exec(section)?.[1] ?? '';
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-vendor-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** The file of rows with one more in its list, loaded as it would be then. */
async function rowsWith(row: string): Promise<readonly Provider[]> {
  const list = 'const cloudVendors: readonly Row[] = [';
  const source = readFileSync(rows, 'utf8');
  const changed = source
    .replace(list, `${list}\n${row}`)
    .replaceAll(/from '(\.[^']+)'/g, (_, path: string) => `from '${new URL(path, rows).href}'`);
  expect(changed).not.toBe(source);
  const file = join(temporaryFolder(), 'openai-compatible.ts');
  writeFileSync(file, changed);
  const loaded = (await import(pathToFileURL(file).href)) as { openaiCompatibleProviders: readonly Provider[] };
  return loaded.openaiCompatibleProviders;
}

function fixturesWith(name: string, exchange: string): string {
  const fixtures = temporaryFolder();
  mkdirSync(join(fixtures, name));
  writeFileSync(join(fixtures, name, 'exchange.json'), exchange);
  return fixtures;
}

test('an OpenAI-compatible vendor is the row and the folder that the page shows, and the contract runs over it', async () => {
  const providers = await rowsWith(linesOf('A vendor row', 'ts'));
  const fixtures = fixturesWith('acme', linesOf('A vendor row', 'json'));

  const acme = providers.find(({ name }) => name === 'acme');

  expect(acme).toMatchObject({ auth: { kind: 'bearer' }, credentialEnvironment: ['ACME_API_KEY'] });
  expect(exchangeFaults(acme!, fixtures)).toEqual([]);
});

test('a vendor without its folder fails the contract', async () => {
  const providers = await rowsWith(linesOf('A vendor row', 'ts'));
  const acme = providers.find(({ name }) => name === 'acme');

  const faults = exchangeFaults(acme!, temporaryFolder());

  expect(faults).toEqual([expect.stringMatching(/^acme has no fixture folder/)]);
});

test.each([
  ['another path', 'v1/chat/completions', 'v2/chat/completions', /is called at/],
  ['another header', 'authorization', 'x-api-key', /gets (the )?header/],
  ['another cap', '"max_tokens"', '"max_output_tokens"', /gets member max_output_tokens/],
  ['a member it must not have', '"max_completion_tokens"', '"stream_options"', /gets the member stream_options/],
])('a fixture that says %s fails the contract', async (_name, from, to, expected) => {
  const providers = await rowsWith(linesOf('A vendor row', 'ts'));
  const acme = providers.find(({ name }) => name === 'acme');
  const fixtures = fixturesWith('acme', linesOf('A vendor row', 'json').replace(from, to));

  const faults = exchangeFaults(acme!, fixtures);

  expect(faults.join('\n')).toMatch(expected);
});

test('answers of its own that are missing, or are read otherwise than expected, fail the contract', async () => {
  const providers = await rowsWith(linesOf('A vendor row', 'ts'));
  const acme = providers.find(({ name }) => name === 'acme');
  const fixtures = fixturesWith('acme', linesOf('A vendor row', 'json').replace('"openai-chat"', '"own"'));

  const missing = exchangeFaults(acme!, fixtures);
  writeFileSync(join(fixtures, 'acme/response.json'), '{"choices": [{"message": {"content": "?"}}]}');
  writeFileSync(join(fixtures, 'acme/stream.sse'), 'data: {"choices": []}\n\n');
  writeFileSync(join(fixtures, 'acme/error.json'), '{"status": 429, "body": {}, "code": "provider_overloaded"}');
  const wrong = exchangeFaults(acme!, fixtures);

  expect(missing).toHaveLength(3);
  expect(wrong).toEqual([
    'tells no usage in its answer',
    'tells no usage in its stream',
    'tells no usage in its stream in bytes',
    'refuses with provider_rate_limited, not with provider_overloaded',
  ]);
});
