import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { App, Stage } from 'aws-cdk-lib';
import { Gatehouse, parseDeploymentConfig } from '../lib/index.ts';

/**
 * Keeps the templates of this release in `test/deploy/releases/<version>`, for the tests that upgrade from it. Names of bundles stand
 * in place of their hashes, so that the files change with the stacks and not with the code of the functions.
 *
 * Usage: `node scripts/keep-release.ts`, after a build.
 */
const repository = dirname(import.meta.dirname);
const builtBundles = join(repository, 'dist/lambdas');
const templateEnding = '.template.json';

/** Where releases are kept, each in a folder named for its version. */
export const releasesFolder: string = join(repository, 'test/deploy/releases');

/** Writes the cloud assembly of the app as the deployment test deploys it. */
export function synthesizeAssembly(outdir: string, bundlesPath: string = builtBundles): void {
  const { context } = readJson(join(repository, 'cdk.json')) as { context: Record<string, unknown> };
  const settings = readJson(join(repository, 'test/deploy/settings.json'));
  const app = new App({ outdir, context, analyticsReporting: false });
  const gatehouse = new Gatehouse(app, 'Gatehouse', { config: parseDeploymentConfig(settings), bundlesPath });
  Stage.of(gatehouse)?.synth();
}

/** Hash of each bundle's asset in an assembly that was made from these bundles. */
export function bundleHashes(assembly: string, bundlesPath: string = builtBundles): Readonly<Record<string, string>> {
  const assets = readdirSync(assembly).filter((file) => /^asset\.[0-9a-f]{64}$/.test(file));
  const hashes = assets.map((asset) => {
    const code = readFileSync(join(assembly, asset, 'index.cjs'));
    const bundles = readdirSync(bundlesPath, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const bundle = bundles.find(({ name }) => readFileSync(join(bundlesPath, name, 'index.cjs')).equals(code));
    if (bundle === undefined) throw new Error(`no bundle has the code of ${asset}`);
    return [bundle.name, asset.slice('asset.'.length)] as const;
  });
  return Object.fromEntries(hashes);
}

/** Templates by artifact id, as text, without anything that depends on the code of the functions. */
export function describeTemplates(
  assembly: string,
  bundlesPath: string = builtBundles,
): Readonly<Record<string, string>> {
  const hashes = Object.entries(bundleHashes(assembly, bundlesPath));
  const files = readdirSync(assembly).filter((file) => file.endsWith(templateEnding));
  return Object.fromEntries(
    files.map((file) => {
      const text = hashes.reduce(
        (template, [name, hash]) => template.replaceAll(hash, placeholder(name)),
        readFileSync(join(assembly, file), 'utf8'),
      );
      // The logical id of a function's version ends in a hash of its code and settings.
      const lasting = text.replaceAll(/(CurrentVersion[0-9A-F]{8})[0-9a-f]{32}/g, '$1Kept');
      return [file.slice(0, -templateEnding.length), lasting];
    }),
  );
}

/** A kept template with the hashes of bundles that there are. */
export function fillTemplate(kept: string, hashes: Readonly<Record<string, string>>): object {
  const filled = kept.replaceAll(/\{\{bundle:([a-z-]+)\}\}/g, (_, name: string) => {
    const hash = hashes[name];
    if (hash === undefined) throw new Error(`the release has a bundle that is no more: ${name}`);
    return hash;
  });
  return JSON.parse(filled) as object;
}

/** Templates of a kept release by artifact id, as text. */
export function readRelease(version: string): Readonly<Record<string, string>> {
  const folder = join(releasesFolder, version);
  const files = readdirSync(folder).filter((file) => file.endsWith(templateEnding));
  return Object.fromEntries(
    files.map((file) => [file.slice(0, -templateEnding.length), readFileSync(join(folder, file), 'utf8')]),
  );
}

/** Versions of which there are templates. */
export function keptReleases(): readonly string[] {
  return readdirSync(releasesFolder).toSorted();
}

function placeholder(bundle: string): string {
  return `{{bundle:${bundle}}}`;
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}

function keepRelease(): string {
  const { version } = readJson(join(repository, 'package.json')) as { version: string };
  const assembly = mkdtempSync(join(tmpdir(), 'gatehouse-release-'));
  const folder = join(releasesFolder, version);
  try {
    synthesizeAssembly(assembly);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const [artifact, text] of Object.entries(describeTemplates(assembly))) {
      writeFileSync(join(folder, `${artifact}${templateEnding}`), `${JSON.stringify(JSON.parse(text), null, 2)}\n`);
    }
  } finally {
    rmSync(assembly, { recursive: true, force: true });
  }
  execFileSync(join(repository, 'node_modules/.bin/oxfmt'), [folder], { cwd: repository });
  return folder;
}

if (import.meta.main) console.log(keepRelease());
