import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { build, type BuildResult, type Metafile, type OutputFile, type Plugin } from 'esbuild';

/** One Lambda function's code: `name` is its folder under dist/lambdas, which the stacks ship as an asset. */
interface Bundle {
  readonly name: string;
  readonly entry: string;
  /** Modules that become files of their own beside `index.cjs`, loaded where they are first imported (docs/decisions/0029). */
  readonly parts?: readonly Part[];
}

interface Part {
  /** File name without `.cjs`. */
  readonly name: string;
  readonly entry: string;
}

const bundles: readonly Bundle[] = [
  {
    name: 'proxy',
    entry: 'lambdas/data-plane/handler.ts',
    parts: [
      { name: 'translation', entry: 'lambdas/wire/translation/translation.ts' },
      { name: 'protocols', entry: 'lambdas/wire/further-protocols.ts' },
      { name: 'providers', entry: 'lambdas/providers/find-provider.ts' },
      { name: 'catalog', entry: 'lambdas/metering/catalog/catalog.ts' },
    ],
  },
  { name: 'usage-rollup', entry: 'lambdas/usage-rollup/handler.ts' },
  { name: 'tenant-authorizer', entry: 'lambdas/tenant-authorizer/handler.ts' },
  { name: 'admin', entry: 'lambdas/control-plane/admin/handler.ts' },
  { name: 'reconcile', entry: 'lambdas/control-plane/reconcile/handler.ts' },
];

export interface BuiltBundle {
  readonly name: string;
  /** Of `index.cjs`. */
  readonly bytes: number;
  /** Of each part, by name. */
  readonly parts: Readonly<Record<string, number>>;
  /** Of all of the bundle's files. */
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

async function buildBundle(bundle: Bundle, outputFolder: string): Promise<BuiltBundle> {
  const { name } = bundle;
  const assetFolder = join(outputFolder, 'lambdas', name);
  await rm(assetFolder, { recursive: true, force: true });
  await mkdir(assetFolder, { recursive: true });
  await mkdir(join(outputFolder, 'maps'), { recursive: true });

  const files = [{ name: 'index', entry: bundle.entry }, ...(bundle.parts ?? [])];
  const results = await Promise.all(files.map((file) => bundleSources(file, bundle)));
  const sizes = new Map<string, number>();
  for (const [index, file] of files.entries()) {
    const outputs = results[index]?.outputFiles ?? [];
    const code = requireOutput(outputs, '.cjs');
    sizes.set(file.name, code.contents.byteLength);
    await writeFile(join(assetFolder, `${file.name}.cjs`), code.contents);
    const map = file.name === 'index' ? name : `${name}-${file.name}`;
    await writeFile(join(outputFolder, 'maps', `${map}.cjs.map`), requireOutput(outputs, '.cjs.map').contents);
  }
  const metafile = joinMetafiles(results.map((result) => result.metafile));
  const outputFiles = results.flatMap((result) => result.outputFiles);
  await writeFile(join(assetFolder, 'NOTICES.txt'), await notices({ metafile, outputFiles }));
  await writeFile(join(outputFolder, 'lambdas', `${name}.meta.json`), JSON.stringify(metafile));
  const { index: bytes = 0, ...parts } = Object.fromEntries(sizes);
  return { name, bytes, parts, metafile };
}

function joinMetafiles(metafiles: readonly Metafile[]): Metafile {
  return {
    inputs: Object.assign({}, ...metafiles.map(({ inputs }) => inputs)) as Metafile['inputs'],
    outputs: Object.assign({}, ...metafiles.map(({ outputs }) => outputs)) as Metafile['outputs'],
  };
}

type Bundled = BuildResult<{ metafile: true; write: false }>;

function bundleSources(file: Part, { name, parts = [] }: Bundle): Promise<Bundled> {
  return build({
    absWorkingDir: repositoryFolder,
    entryPoints: [file.entry],
    // Nothing is written here: source maps hold paths relative to this name, which therefore must not vary.
    outfile: `dist/lambdas/${name}/${file.name}.cjs`,
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
    plugins: [keepApart(parts.filter((part) => part.name !== file.name))],
  });
}

/** An import of a part's module becomes a `require` of the part's file. */
function keepApart(parts: readonly Part[]): Plugin {
  return {
    name: 'keep-apart',
    setup({ onResolve }) {
      onResolve({ filter: /^\.{1,2}\/.*\.ts$/ }, ({ path, resolveDir }) => {
        const source = relative(repositoryFolder, join(resolveDir, path)).replaceAll(sep, '/');
        const part = parts.find(({ entry }) => entry === source);
        return part === undefined ? undefined : { path: `./${part.name}.cjs`, external: true };
      });
    },
  };
}

/** Licence texts of every package in the bundle, then licence comments found in its sources: both must travel with the code. */
async function notices({ metafile, outputFiles }: Pick<Bundled, 'metafile' | 'outputFiles'>): Promise<string> {
  const packageFolders = Object.keys(metafile.inputs).flatMap(
    (input) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? [],
  );
  const licences = await Promise.all([...new Set(packageFolders)].toSorted().map(licenceOf));
  const comments = outputFiles.filter((file) => file.path.endsWith('.LEGAL.txt')).map((file) => file.text);
  return [...licences, ...comments].filter((text) => text !== '').join('\n\n');
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

function report({ name, bytes, parts, metafile }: BuiltBundle): string {
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  const biggest = inputs
    .map(([input, { bytesInOutput }]) => ({ input, bytesInOutput }))
    .toSorted((one, other) => other.bytesInOutput - one.bytesInOutput)
    .slice(0, 5)
    .map(({ input, bytesInOutput }) => `  ${String(bytesInOutput).padStart(8)}  ${input}`);
  const sizes = Object.entries(parts).map(([part, size]) => `, ${part} ${size.toLocaleString('en')} bytes`);
  return [`${name}: ${bytes.toLocaleString('en')} bytes${sizes.join('')}`, ...biggest].join('\n');
}

if (import.meta.main) {
  const built = await buildBundles(join(repositoryFolder, 'dist'));
  console.log(built.map(report).join('\n'));
}
