import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const repositoryFolder = join(import.meta.dirname, '../..');

/** Everything a commit made now could hold: what .gitignore leaves in. */
const files = listFiles();

describe('the repository', () => {
  test('holds no path of a machine', () => {
    // Joined here, so that this file is not found by its own search.
    const machinePaths = new RegExp(`(?<![\\w.:/-])/(?:${['home', 'Users', 'work'].join('|')})/\\w`);

    const found = linesMatching(machinePaths, files);

    expect(found).toEqual([]);
  });

  test('names no package registry in its configuration or sources', () => {
    const registryHosts = new RegExp(
      [
        ['registry', 'npmjs'],
        ['registry', 'yarnpkg'],
        ['npm', 'pkg', 'github'],
        ['pypi', 'org'],
      ]
        .map((parts) => parts.join('\\.'))
        .concat(['^registry', ''].join('='), '//[^/\\s]+/(?:api/)?npm/')
        .join('|'),
      'i',
    );

    const found = linesMatching(registryHosts, files);

    expect(found).toEqual([]);
  });

  test('locks packages by version and hash, not by where they were fetched', () => {
    const lock = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { resolved?: string; integrity?: string; link?: boolean; inBundle?: boolean }>;
    };

    const packages = Object.entries(lock.packages).filter(
      ([path, { link }]) => path.includes('node_modules/') && !link,
    );
    // A package shipped inside another one's archive is covered by that one's hash.
    const unhashed = packages.filter(([, { integrity, inBundle }]) => !inBundle && !integrity?.startsWith('sha512-'));

    expect(packages.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
    expect(unhashed.map(([path]) => path)).toEqual([]);
    expect(packages.length).toBeGreaterThan(50);
  });

  test('locks the optional packages of every platform, without which npm ci refuses the lock file', () => {
    const lock = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>;
    };
    const locked = new Set(Object.keys(lock.packages).map((path) => path.split('node_modules/').at(-1)));

    const optional = Object.values(lock.packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));

    expect(optional.filter((name) => !locked.has(name))).toEqual([]);
    expect(optional).not.toEqual([]);
  });

  test('runs every test it holds', () => {
    const switchedOff = new RegExp(
      `\\.(?:${['only', 'skip', 'todo', 'skipIf', 'runIf', 'fails'].join('|')})\\(|\\bx(?:it|describe)\\(`,
    );
    const testFiles = files.filter((path) => path.startsWith('test/') && path.endsWith('.ts'));

    const found = linesMatching(switchedOff, testFiles);

    expect(found).toEqual([]);
    expect(testFiles).not.toEqual([]);
  });

  test('pins every dependency to one version', () => {
    const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<
      string,
      Record<string, string>
    >;

    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([, version]) => !/^\d+\.\d+\.\d+$/.test(version),
    );

    expect(loose).toEqual([]);
  });

  test.each(['npm ci && npm start', 'npm ci && npm test'])('tells newcomers to run `%s`', (command) => {
    const readme = read('README.md').split('\n');

    expect(readme.map((line) => line.trim())).toContain(command);
  });

  test('proves the line that the README gives', () => {
    const continuousIntegration = read('.ci/run');

    expect(continuousIntegration).toContain("'npm ci && npm test'");
  });
});

/** Walks the tree instead of asking git, which a machine that only unpacked the sources may not have. */
function listFiles(folder = ''): readonly string[] {
  const ignored = read('.gitignore').split('\n');
  return readdirSync(join(repositoryFolder, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === '.git' || ignored.includes(`${entry.name}/`) ? [] : listFiles(path);
    return entry.isFile() && !entry.name.endsWith('.tgz') ? [path] : [];
  });
}

function read(path: string): string {
  return readFileSync(join(repositoryFolder, path), 'utf8');
}

/** Every matching line as `path:line: text`, binary files left out. */
function linesMatching(pattern: RegExp, paths: readonly string[]): readonly string[] {
  return paths.flatMap((path) => {
    const text = read(path);
    if (text.includes('\0')) return [];
    return text
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim().slice(0, 120)}`] : []));
  });
}
