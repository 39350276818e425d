import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './run.ts';

/** Node that applications run on: the repository's own, or another that is to be tested. */
const node = process.env['CONSUMER_NODE'] ?? process.execPath;

/** An application that installed the package. */
export interface Consumer {
  readonly folder: string;
  /** Package versions by path below node_modules, as npm locked them. */
  readonly installed: Readonly<Record<string, { version: string; hasInstallScript?: boolean }>>;
}

/** Under which nothing can be reached: a connection that is tried ends the process. */
const noNetwork = `
import net from 'node:net';
net.Socket.prototype.connect = () => { console.error('tried to reach the network'); process.exit(70); };
`;

/** The CDK reads its output folder whenever an app is made. */
const runApps = `
for (const module of process.argv.slice(2)) {
  process.env.CDK_OUTDIR = process.env.ASSEMBLIES + '/' + module;
  await import('./out/' + module + '.js');
}
`;

/** Compiler options of a careful application: strict, and the declarations of every package are checked as well. */
const compilerOptions = {
  target: 'ES2022',
  lib: ['ES2022'],
  module: 'NodeNext',
  types: ['node'],
  typeRoots: [join(import.meta.dirname, '../../node_modules/@types')],
  strict: true,
  skipLibCheck: false,
  outDir: 'out',
};

/** Makes an application in a folder of its own and installs the tarball beside the given versions of the CDK. */
export async function installConsumer(tarball: string, peers: Readonly<Record<string, string>>): Promise<Consumer> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-consumer-'));
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'consumer', private: true, type: 'module', dependencies: { gatehouse: tarball, ...peers } }),
  );
  await writeFile(join(folder, 'no-network.mjs'), noNetwork);
  await writeFile(join(folder, 'run-apps.mjs'), runApps);
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--strict-peer-deps'], { cwd: folder });
  const lock = JSON.parse(await readFile(join(folder, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version: string }>;
  };
  const { '': _, ...installed } = lock.packages;
  return { folder, installed };
}

/** Compiles TypeScript sources as the application's own. */
export async function compile(consumer: Consumer, sources: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(sources)) await writeFile(join(consumer.folder, name), text);
  await writeFile(
    join(consumer.folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: Object.keys(sources) }),
  );
  const compiler = join(import.meta.dirname, '../../node_modules/typescript/bin/tsc');
  await run(process.execPath, [compiler, '-p', '.'], { cwd: consumer.folder });
}

/**
 * Runs CDK apps, each into a cloud assembly of its own below `assemblies/<name>`. They have no network, no credentials, and nothing on
 * their path: no Docker, no bundler, no Git. One process runs them all, since loading the CDK takes longer than most of them.
 */
export async function synthesize(consumer: Consumer, modules: readonly string[], name: string, flags: object) {
  const output = join(consumer.folder, 'assemblies', name);
  await run(node, ['--import', './no-network.mjs', 'run-apps.mjs', ...modules], {
    cwd: consumer.folder,
    env: { PATH: '', HOME: consumer.folder, ASSEMBLIES: output, CDK_CONTEXT_JSON: JSON.stringify(flags) },
  });
  return (module: string): string => join(output, module);
}

/** Runs a file of the application's folder to its end and gives what it printed. */
export async function runIn(consumer: Consumer, ...parameters: readonly string[]): Promise<string> {
  const { stdout } = await run(node, parameters, { cwd: consumer.folder });
  return stdout;
}
