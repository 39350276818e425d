import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { run } from './run.ts';

const repositoryFolder = join(import.meta.dirname, '../..');
const require = createRequire(import.meta.url);
/** The command of are-the-types-wrong, which has no other interface to a finished archive. */
const attw = join(require.resolve('@arethetypeswrong/cli/package.json'), '../dist/index.js');

let folder: string;
let files: readonly string[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-package-'));
  await run('tar', ['-xzf', inject('packed').tarball, '-C', folder, '--strip-components=1']);
  files = inject('packed').files.toSorted();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the package', () => {
  test('holds the library with its sources and maps, the bundles, the command line, and nothing else', () => {
    const sources = [
      ...readdirSync(join(repositoryFolder, 'lib'), { recursive: true, encoding: 'utf8' })
        .filter((path) => path.endsWith('.ts'))
        .map((path) => `lib/${path}`),
      'lambdas/store/tables.ts',
      'lambdas/telemetry/metrics.ts',
    ];
    const compiled = sources.flatMap((source) =>
      ['.js', '.d.ts', '.d.ts.map'].map((suffix) => `dist/package/${source.replace(/\.ts$/, suffix)}`),
    );
    const bundles = bundleNames().flatMap((name) =>
      [
        ...(name === 'proxy' ? ['catalog.cjs', 'protocols.cjs', 'providers.cjs', 'translation.cjs'] : []),
        'index.cjs',
        'NOTICES.txt',
      ].map((file) => `dist/lambdas/${name}/${file}`),
    );

    const expected = [
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'package.json',
      'bin/cli.js',
      'dist/package/bin/cli.js',
      ...sources,
      ...compiled,
      ...bundles,
    ].toSorted();

    expect(files).toEqual(expected);
  });

  test('names no folder of the machine that packed it', () => {
    const found = files.filter((path) => readFileSync(join(folder, path), 'utf8').includes(repositoryFolder));

    expect(found).toEqual([]);
  });

  test('has maps that lead to sources in the package', () => {
    const maps = files.filter((path) => path.endsWith('.map'));

    const lost = maps.flatMap((path) => {
      const { sources } = JSON.parse(readFileSync(join(folder, path), 'utf8')) as { sources: readonly string[] };
      return sources.filter((source) => !files.includes(normalize(join(dirname(path), source))));
    });

    expect(maps.length).toBeGreaterThan(20);
    expect(lost).toEqual([]);
  });

  test('declares every package that its code imports, and no other', () => {
    const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<
      string,
      Record<string, string>
    >;

    const modules = files.filter((path) => path.endsWith('.js') || path.endsWith('.d.ts'));
    const imported = modules.flatMap((path) =>
      [...readFileSync(join(folder, path), 'utf8').matchAll(/(?:from |import\(|^import )["']([@\w][^"']*)["']/gm)]
        .map(([, name]) => name!)
        .filter((name) => !name.startsWith('node:'))
        .map((name) => /^(@[^/]+\/)?[^/]+/.exec(name)![0]),
    );

    expect([...new Set(imported)].toSorted()).toEqual(Object.keys({ ...dependencies, ...peerDependencies }).toSorted());
  });

  test('leaves publint nothing to say, not even a suggestion', async () => {
    const { messages } = await publint({ pkgDir: folder, pack: false, strict: true });

    expect(messages).toEqual([]);
  });

  test('has types that every ES module resolution finds', async () => {
    const { stdout } = await run(process.execPath, [
      attw,
      inject('packed').tarball,
      '--profile',
      'esm-only',
      '--format',
      'json',
    ]);

    // The two problems that an ES module package has by design: CommonJS loads it as a namespace, and old resolvers know no exports.
    const { analysis } = JSON.parse(stdout) as {
      analysis: { problems: readonly { kind: string; resolutionKind?: string }[] };
    };
    expect(analysis.problems.filter(({ resolutionKind }) => !ignored.has(resolutionKind ?? ''))).toEqual([]);
  });
});

/** What the profile `esm-only` leaves out. */
const ignored = new Set(['node10', 'node16-cjs']);

/** Names of the functions, from the script that bundles them. */
function bundleNames(): readonly string[] {
  const script = readFileSync(join(repositoryFolder, 'scripts/build.ts'), 'utf8');
  return [...script.matchAll(/name: '([\w-]+)',\s+entry: '[\w/-]+\/handler\.ts'/g)].map(([, name]) => name!);
}
