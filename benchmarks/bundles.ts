import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { buildBundles } from '../scripts/build.ts';

export interface Bundles {
  /** The deployed bundle of the proxy. */
  readonly proxy: string;
  /** Bytes of each of its files, by name without `.cjs`. */
  readonly proxyFiles: Readonly<Record<string, number>>;
  /** Where `<name>.cjs` of every process lies. */
  script(name: string): string;
}

const repositoryFolder = dirname(import.meta.dirname);
const outputFolder = join(repositoryFolder, 'dist', 'benchmarks');

/**
 * The processes run bundled, with the settings of the deployed bundle: Node's own TypeScript loader would show in every memory
 * figure, and an ES module import of node:http in every start.
 */
export async function buildForBenchmark({ minify }: { minify: boolean }): Promise<Bundles> {
  const names = [
    'probe',
    'load-generator',
    'upstream-server',
    'store-server',
    'floor-server',
    'gatehouse-server',
    'store-calls',
    'cold-start',
    'translation-costs',
  ];
  const [[proxy]] = await Promise.all([
    buildBundles(outputFolder),
    build({
      absWorkingDir: repositoryFolder,
      entryPoints: names.map((name) => `benchmarks/${name}.ts`),
      outdir: outputFolder,
      outExtension: { '.js': '.cjs' },
      bundle: true,
      platform: 'node',
      target: 'node24',
      format: 'cjs',
      supported: { 'dynamic-import': false },
      mainFields: ['module', 'main'],
      minify,
      logLevel: 'error',
    }),
  ]);
  if (proxy === undefined) throw new Error('the build has no proxy bundle');
  return {
    proxy: join(outputFolder, 'lambdas', proxy.name, 'index.cjs'),
    proxyFiles: { index: proxy.bytes, ...proxy.parts },
    script: (name) => join(outputFolder, `${name}.cjs`),
  };
}
