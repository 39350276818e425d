import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { build, type BuildResult, type Metafile, type OutputFile } from 'esbuild';

/** One Lambda function's code: `name` is its folder under dist/lambdas, which the stacks ship as an asset. */
interface Bundle {
  readonly name: string;
  readonly entry: string;
}

const bundles: readonly Bundle[] = [
  { name: 'proxy', entry: 'lambdas/data-plane/handler.ts' },
  { name: 'usage-rollup', entry: 'lambdas/usage-rollup/handler.ts' },
  { name: 'tenant-authorizer', entry: 'lambdas/tenant-authorizer/handler.ts' },
  { name: 'admin', entry: 'lambdas/control-plane/admin/handler.ts' },
  { name: 'reconcile', entry: 'lambdas/control-plane/reconcile/handler.ts' },
];

export interface BuiltBundle {
  readonly name: string;
  readonly bytes: number;
  readonly metafile: Metafile;
}

const repositoryFolder = dirname(import.meta.dirname);

/**
 * Bundles every function into `<outputFolder>/lambdas/<name>/`. The same sources give the same bytes in every folder and on
 * every machine, since asset hashes, and so templates, depend on them. Source maps and metafiles stay outside the asset.
 */
export function buildBundles(outputFolder: string): Promise<readonly BuiltBundle[]> {
  return Promise.all(bundles.map((bundle) => buildBundle(bundle, outputFolder)));
}

async function buildBundle({ name, entry }: Bundle, outputFolder: string): Promise<BuiltBundle> {
  const result = await bundleSources(entry, name);
  const assetFolder = join(outputFolder, 'lambdas', name);
  await rm(assetFolder, { recursive: true, force: true });
  await mkdir(assetFolder, { recursive: true });
  await mkdir(join(outputFolder, 'maps'), { recursive: true });

  const code = requireOutput(result.outputFiles, '.cjs');
  await writeFile(join(assetFolder, 'index.cjs'), code.contents);
  await writeFile(join(assetFolder, 'NOTICES.txt'), await notices(result));
  await writeFile(
    join(outputFolder, 'maps', `${name}.cjs.map`),
    requireOutput(result.outputFiles, '.cjs.map').contents,
  );
  await writeFile(join(outputFolder, 'lambdas', `${name}.meta.json`), JSON.stringify(result.metafile));
  return { name, bytes: code.contents.byteLength, metafile: result.metafile };
}

type Bundled = BuildResult<{ metafile: true; write: false }>;

function bundleSources(entry: string, name: string): Promise<Bundled> {
  return build({
    absWorkingDir: repositoryFolder,
    entryPoints: [entry],
    // Nothing is written here: source maps hold paths relative to this name, which therefore must not vary.
    outfile: `dist/lambdas/${name}/index.cjs`,
    write: false,
    bundle: true,
    platform: 'node',
    target: 'node24',
    // CommonJS without import(): an ES module import of node:http makes Node 24 load its own undici, 30 ms of cold start.
    format: 'cjs',
    supported: { 'dynamic-import': false },
    mainFields: ['module', 'main'],
    define: { 'process.env.NODE_ENV': '"production"' },
    minify: true,
    sourcemap: 'external',
    legalComments: 'external',
    metafile: true,
    logLevel: 'error',
  });
}

/** Licence texts of every package in the bundle, then licence comments found in its sources: both must travel with the code. */
async function notices({ metafile, outputFiles }: Bundled): Promise<string> {
  const packageFolders = Object.keys(metafile.inputs).flatMap(
    (input) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? [],
  );
  const licences = await Promise.all([...new Set(packageFolders)].toSorted().map(licenceOf));
  const comments = outputFiles.find((file) => file.path.endsWith('.LEGAL.txt'))?.text ?? '';
  return [...licences, comments].filter((text) => text !== '').join('\n\n');
}

async function licenceOf(packageFolder: string): Promise<string> {
  const folder = join(repositoryFolder, packageFolder);
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    name?: string;
    version?: string;
    license?: string;
  };
  const licenceFile = (await readdir(folder)).find((file) => /^licen[cs]e/i.test(file));
  const text = licenceFile === undefined ? '' : await readFile(join(folder, licenceFile), 'utf8');
  return `${name ?? packageFolder} ${version ?? ''} (${license ?? 'see the package'})\n\n${text.trim()}`.trim();
}

function requireOutput(files: readonly OutputFile[], suffix: string): OutputFile {
  const file = files.find(({ path }) => path.endsWith(suffix));
  if (file === undefined) throw new Error(`esbuild wrote no ${suffix} file`);
  return file;
}

function report({ name, bytes, metafile }: BuiltBundle): string {
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  const biggest = inputs
    .map(([input, { bytesInOutput }]) => ({ input, bytesInOutput }))
    .toSorted((one, other) => other.bytesInOutput - one.bytesInOutput)
    .slice(0, 5)
    .map(({ input, bytesInOutput }) => `  ${String(bytesInOutput).padStart(8)}  ${input}`);
  return [`${name}: ${bytes.toLocaleString('en')} bytes`, ...biggest].join('\n');
}

if (import.meta.main) {
  const built = await buildBundles(join(repositoryFolder, 'dist'));
  console.log(built.map(report).join('\n'));
}
