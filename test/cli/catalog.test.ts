import { describe, expect, test } from 'vitest';
import type { CatalogEntry } from '../../cli/catalog/catalog-entries.ts';
import { catalogs } from '../../lambdas/metering/catalog/catalog.ts';
import { findProvider } from '../../lambdas/providers/registry.ts';
import { buildSelfDeclaredProvider } from '../../lambdas/providers/self-declared.ts';
import type { ProviderDeclaration } from '../../lambdas/store/policy.ts';
import { startAdminServer } from './admin-server.ts';
import { runCommand } from './run-command.ts';

async function entriesOf(...words: string[]): Promise<CatalogEntry[]> {
  const { code, stdout, stderr } = await runCommand(['catalog', ...words, '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return (JSON.parse(stdout) as { data: CatalogEntry[] }).data;
}

async function declarationOf(...words: string[]): Promise<ProviderDeclaration> {
  const { code, stdout } = await runCommand(['catalog', 'override', ...words]);
  expect(code).toBe(0);
  return JSON.parse(stdout) as ProviderDeclaration;
}

describe('gatehouse catalog', () => {
  test('lists every model of the build without a gateway, each with where and when its price was read', async () => {
    const entries = await entriesOf();

    const models = Object.values(catalogs).flatMap((catalog) => catalog.models);
    expect(entries).toHaveLength(models.length);
    expect(entries.filter(({ source, asOf, protocols }) => !source || !asOf || protocols.length === 0)).toEqual([]);
  });

  test('shows one provider, with rates in dollars per million tokens', async () => {
    const { code, stdout } = await runCommand(['catalog', 'deepseek']);

    const [titles = '', first = '', ...more] = stdout.trim().split('\n');
    expect(code).toBe(0);
    expect(titles.split(/ {2,}/)).toEqual([
      'MODEL',
      'CONTEXT',
      'MAX OUTPUT',
      'IN',
      'CACHED',
      'OUT',
      'UNITS',
      'TAKES',
      'CAN',
      'PROTOCOLS',
      'AS OF',
      'SOURCE',
    ]);
    expect(first.split(/ {2,}/).slice(0, 6)).toEqual([
      'deepseek/deepseek-flash',
      '1000000',
      '384000',
      '0.3',
      '0.006',
      '1.2',
    ]);
    expect(more).toHaveLength(2);
  });

  test.each([
    [['--model', 'opus-4-5'], ({ id }: CatalogEntry) => id.includes('opus-4-5')],
    [['--protocol', 'gemini'], ({ protocols }: CatalogEntry) => protocols.includes('gemini')],
    [
      ['--input', 'audio', '--input', 'video'],
      ({ capabilities }: CatalogEntry) =>
        ['audio', 'video'].every((name) => capabilities.input?.some((known) => known === name) === true),
    ],
    [['--can', 'structuredOutput'], ({ capabilities }: CatalogEntry) => capabilities.structuredOutput === true],
    [['--min-context', '1050000'], ({ contextTokens }: CatalogEntry) => contextTokens >= 1_050_000],
  ])('narrows the list by %j to what fits and nothing else', async (words, fits) => {
    const all = await entriesOf();

    const narrowed = await entriesOf(...words);

    expect(narrowed.length).toBeGreaterThan(0);
    expect(narrowed.map(({ provider, id }) => [provider, id])).toEqual(
      all.filter(fits).map(({ provider, id }) => [provider, id]),
    );
    expect(narrowed.length).toBeLessThan(all.length);
  });

  test('prints with --quiet what a request names', async () => {
    const { stdout } = await runCommand(['catalog', 'voyage', '--model', 'rerank-3', '--quiet']);

    expect(stdout).toBe('voyage/rerank-3\nvoyage/rerank-3-lite\n');
  });

  test('says of a provider without prices what to do', async () => {
    const { code, stdout, stderr } = await runCommand(['catalog', 'together']);

    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toMatch(/no prices of Together AI/);
  });

  test.each([
    [['nosuch'], /There are: openai, anthropic/],
    [['--input', 'smell'], /text, image, pdf, audio, video/],
    [['--can', 'fly'], /tools, reasoning/],
  ])('refuses %j and says what there is', async (words, expected) => {
    const { code, stderr } = await runCommand(['catalog', ...words]);

    expect(code).toBe(2);
    expect(stderr).toMatch(expected);
  });
});

describe('gatehouse catalog override', () => {
  test('prints a declaration that the admin API takes, and that keeps everything of the provider but the price', async () => {
    const server = await startAdminServer();
    const { stdout } = await runCommand([
      'catalog',
      'override',
      'mistral',
      '--model',
      'mistral-large-4=0.50/1.50/0.05',
    ]);

    const { code } = await runCommand(['providers', 'set', 'mistral', '--file', '-'], { server, input: stdout });

    expect(code).toBe(0);
    const declaration = JSON.parse(stdout) as ProviderDeclaration;
    expect(declaration.models).toEqual([
      {
        id: 'mistral-large-4',
        price: { inputPerMillion: 500_000, outputPerMillion: 1_500_000, cacheReadPerMillion: 50_000 },
        contextTokens: 1_048_576,
        maxOutputTokens: 1_048_576,
      },
    ]);
    const { baseUrl, paths, auth, acceptsStreamOptions } = findProvider('mistral')!;
    expect(buildSelfDeclaredProvider('mistral', declaration)).toMatchObject({
      baseUrl,
      paths,
      auth,
      acceptsStreamOptions,
      catalog: 'mistral',
    });
  });

  test.each(['openai', 'anthropic', 'google', 'deepseek', 'cohere', 'voyage', 'moonshot'])(
    '%s: is reached as before',
    async (name) => {
      const declaration = await declarationOf(name, '--scale', '1');

      const declared = buildSelfDeclaredProvider(name, declaration);

      const { paths, baseUrl, auth, chatQuirks, maxTokensField } = findProvider(name)!;
      expect(declared).toMatchObject({ paths, baseUrl, auth });
      expect([declared.chatQuirks, declared.maxTokensField]).toEqual([chatQuirks, maxTokensField]);
    },
  );

  test('scales every rate exactly and rounds up, the dearest tier and cache write standing for all', async () => {
    const { models } = await declarationOf('anthropic', '--scale', '1.1');

    expect(models.find(({ id }) => id === 'claude-opus-5-5')?.price).toEqual({
      inputPerMillion: 4_400_000,
      outputPerMillion: 22_000_000,
      cacheReadPerMillion: 220_000,
      cacheWritePerMillion: 8_800_000,
    });
    expect(models.find(({ id }) => id === 'claude-haiku-5-5')?.price?.inputPerMillion).toBe(550_000);
    expect(models).toHaveLength(catalogs['anthropic']!.models.length);
  });

  test('warns of a tier that a declared price cannot have, on standard error', async () => {
    const given = await runCommand(['catalog', 'override', 'openai', '--model', 'gpt-5.5=4/20']);
    const scaled = await runCommand(['catalog', 'override', 'anthropic', '--scale', '2']);

    expect(given.stderr).toMatch(/gpt-5\.5 costs more above 272000 input tokens.*give the dearer/);
    expect(scaled.stderr).toMatch(/claude-haiku-5-5 .*it gets the dearer one/);
  });

  test('puts Bedrock into the region that is named, and another host where one is given', async () => {
    const bedrock = await declarationOf('bedrock', '--scale', '1', '--region', 'eu-central-1');
    const words = ['--base-url', 'https://acme.openai.azure.com', '--auth', 'header:api-key'];
    const azure = await declarationOf('openai', '--scale', '1.1', ...words);

    expect(bedrock).toMatchObject({
      baseUrl: 'https://bedrock-runtime.eu-central-1.amazonaws.com',
      auth: { kind: 'sigv4' },
    });
    expect(azure).toMatchObject({
      baseUrl: 'https://acme.openai.azure.com',
      auth: { kind: 'header', name: 'api-key' },
    });
  });

  test.each([
    [['openai'], /Say what changes/],
    [['bedrock', '--scale', '1'], /--region/],
    [['nosuch', '--scale', '1'], /No provider of this name/],
    [['openai', '--scale', '0'], /above 0/],
    [['openai', '--scale', '1', '--model', 'a=free'], /cannot be used with/],
  ])('refuses %j and says what is missing', async (words, expected) => {
    const { code, stdout, stderr } = await runCommand(['catalog', 'override', ...words]);

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(expected);
  });
});
