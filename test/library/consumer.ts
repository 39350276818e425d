import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from './run.ts';

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
 * Runs a CDK app and gives the folder of its cloud assembly. It has no network, no credentials, and nothing on its path: no Docker, no
 * bundler, no Git.
 */
export async function synthesize(consumer: Consumer, module: string, flags: object): Promise<string> {
  const output = join(
    consumer.folder,
    'assemblies',
    `${module.replaceAll('/', '-')}-${Object.keys(flags).length}-flags`,
  );
  await mkdir(dirname(output), { recursive: true });
  await run(process.execPath, ['--import', './no-network.mjs', module], {
    cwd: consumer.folder,
    env: { PATH: '', HOME: consumer.folder, CDK_OUTDIR: output, CDK_CONTEXT_JSON: JSON.stringify(flags) },
  });
  return output;
}
