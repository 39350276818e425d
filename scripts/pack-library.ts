import { execFileSync } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { buildBundles } from './build.ts';

const repositoryFolder = dirname(import.meta.dirname);
/** Compiled code of the published package; the bundles lie beside it, where the repository has them too. */
const packageFolder = join(repositoryFolder, 'dist/package');

/** What `npm pack` puts into the package beside sources and papers (`files` in package.json). */
async function packLibrary(): Promise<void> {
  await buildBundles(join(repositoryFolder, 'dist'));
  await compileLibrary();
  await bundleCommandLine();
}

/** The construct library, one module per source, with declarations and maps from those to the sources that are packed. */
export async function compileLibrary(): Promise<void> {
  await rm(packageFolder, { recursive: true, force: true });
  execFileSync(
    process.execPath,
    [join(repositoryFolder, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.lib.json'],
    {
      cwd: repositoryFolder,
      stdio: 'inherit',
    },
  );
  const files = await readdir(packageFolder, { recursive: true });
  await Promise.all(files.filter((file) => file.endsWith('.d.ts')).map(nameCompiledModules));
}

/** Declarations keep `.ts` in their imports, which older resolvers take for sources. Same length, so the maps stay right. */
async function nameCompiledModules(file: string): Promise<void> {
  const path = join(packageFolder, file);
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.replaceAll(/(from '\.{1,2}\/[^']+|import\('\.{1,2}\/[^']+)\.ts'/g, "$1.js'"));
}

/** The command line as one module, so that nothing of the run-time code that it shares types with is packed. */
async function bundleCommandLine(): Promise<void> {
  await build({
    absWorkingDir: repositoryFolder,
    entryPoints: ['bin/cli.ts'],
    outfile: join(packageFolder, 'bin/cli.js'),
    bundle: true,
    packages: 'external',
    platform: 'node',
    target: 'node22',
    format: 'esm',
    logLevel: 'error',
  });
}

if (import.meta.main) await packLibrary();
