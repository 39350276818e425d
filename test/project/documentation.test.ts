import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tables } from '../../lambdas/store/tables.ts';

const repositoryFolder = join(import.meta.dirname, '../..');
const documents = [
  ...readdirSync(repositoryFolder).filter((name) => name.endsWith('.md')),
  ...listMarkdown('docs'),
  'test/README.md',
  'benchmarks/README.md',
].filter(exists);

describe('the documentation', () => {
  test('links only to files that exist', () => {
    const broken = documents.flatMap((document) =>
      linksOf(document)
        .map((link) => normalize(join(dirname(document), link)))
        .filter((path) => !exists(path))
        .map((path) => `${document}: ${path}`),
    );

    expect(broken).toEqual([]);
  });

  test('links only to headings that exist', () => {
    const broken = documents.flatMap((document) =>
      anchorsOf(document)
        .filter(({ path, anchor }) => path.endsWith('.md') && exists(path) && !headingsOf(path).includes(anchor))
        .map(({ path, anchor }) => `${document}: ${path}#${anchor}`),
    );

    expect(broken).toEqual([]);
  });

  test('names only source files that exist', () => {
    // Decision records are history: they may name what a later record removed.
    const living = documents.filter((document) => !document.startsWith('docs/decisions/'));

    const missing = living.flatMap((document) =>
      pathsOf(document)
        .filter((path) => !exists(path))
        .map((path) => `${document}: ${path}`),
    );

    expect(missing).toEqual([]);
    expect(living.flatMap(pathsOf).length).toBeGreaterThan(100);
  });

  test('is reachable from the README', () => {
    const reached = new Set<string>();
    const visit = (document: string): void => {
      if (reached.has(document) || !exists(document)) return;
      reached.add(document);
      if (!document.endsWith('.md')) return;
      for (const link of linksOf(document)) visit(normalize(join(dirname(document), link)));
    };
    visit('README.md');

    const lost = documents.filter((document) => document.startsWith('docs/') && !reached.has(document));

    // The README links to the folder of decisions, which lists its own.
    expect(lost.filter((document) => !document.startsWith('docs/decisions/'))).toEqual([]);
  });

  test('numbers its decisions without a gap or a repeat', () => {
    const numbers = readdirSync(join(repositoryFolder, 'docs/decisions')).map((name) => Number(name.slice(0, 4)));

    expect(numbers.toSorted((one, other) => one - other)).toEqual(numbers.map((_, index) => index + 1));
  });

  test('has the access patterns of every table', () => {
    const headings = headingsOf('docs/access-patterns.md');
    const controlItems = read('docs/access-patterns.md').split('\n## control\n')[1]!.split('\n## ')[0]!;
    // Deletes whole partitions and has no item of its own.
    const files = readdirSync(join(repositoryFolder, 'lambdas/store/control')).filter(
      (name) => name !== 'partition.ts',
    );

    expect(headings.toSorted()).toEqual(['access-patterns', ...Object.keys(tables)].toSorted());
    expect(files.filter((name) => !controlItems.includes(`| \`${name}\` |`))).toEqual([]);
    expect(files.length).toBeGreaterThan(10);
  });

  test('gives a status to every requirement', () => {
    const ids = read('docs/evidence/README.md')
      .split('\n')
      .flatMap((line) => /^\| (S\d+) \|.*\| (?:proved|partly|not yet|not code) \|/.exec(line)?.[1] ?? []);

    expect(ids).toEqual(Array.from({ length: 65 }, (_, index) => `S${index + 1}`));
  });

  test('claims proof only where it links to one', () => {
    const claims = read('docs/evidence/README.md')
      .split('\n')
      .filter((line) => /^\| S\d+ \|/.test(line));

    const unfounded = claims.filter(
      (line) =>
        (line.includes('| proved |') && !line.includes('](../../test/')) ||
        (line.includes('| partly |') && !line.includes('](../')),
    );

    expect(claims).not.toEqual([]);
    expect(unfounded).toEqual([]);
  });

  test('keeps AGENTS.md within 150 lines, for it is read at the start of every task', () => {
    const lines = read('AGENTS.md').trimEnd().split('\n');

    expect(lines.length).toBeLessThanOrEqual(150);
  });
});

function listMarkdown(folder: string): string[] {
  return readdirSync(join(repositoryFolder, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return listMarkdown(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

function exists(path: string): boolean {
  return existsSync(join(repositoryFolder, path));
}

function read(path: string): string {
  return readFileSync(join(repositoryFolder, path), 'utf8');
}

/** Fenced blocks are examples: what looks like a link or a path in one is somebody else's. */
function proseOf(document: string): string {
  return read(document).replaceAll(/^```[\s\S]*?^```$/gm, '');
}

function targetsOf(document: string): string[] {
  return [...proseOf(document).matchAll(/\]\(([^)\s]+)\)/g)]
    .flatMap(([, target]) => target ?? [])
    .filter((target) => !/^[a-z]+:/.test(target));
}

function linksOf(document: string): string[] {
  return targetsOf(document)
    .map((target) => target.split('#')[0] ?? '')
    .filter((path) => path !== '');
}

function anchorsOf(document: string): { path: string; anchor: string }[] {
  return targetsOf(document).flatMap((target) => {
    const [path = '', anchor] = target.split('#');
    return anchor === undefined
      ? []
      : [{ path: path === '' ? document : normalize(join(dirname(document), path)), anchor }];
  });
}

/** As GitHub makes them. */
function headingsOf(document: string): string[] {
  return [...proseOf(document).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Paths in backticks that begin with a folder of ours. Those with a placeholder (`<type>.ts`, `*.ts`) name no one file. */
function pathsOf(document: string): string[] {
  return [...proseOf(document).matchAll(/`([^`\n]+)`/g)]
    .flatMap(([, code]) => code ?? [])
    .filter(
      (code) =>
        !code.includes('NNNN') && /^(?:bin|lib|lambdas|local|test|scripts|benchmarks|docs|\.ci)\/[\w./-]+$/.test(code),
    );
}
