import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { emulatedTypes } from './emulated-types.ts';
import { installPythonEnvironment } from './python-environment.ts';

const launcher = fileURLToPath(new URL('emulator.py', import.meta.url));
const functionRuntime = fileURLToPath(new URL('function-runtime.cjs', import.meta.url));
/** Its `node` is the one that functions of the stacks run on. */
const nodePrograms = fileURLToPath(new URL('../../node_modules/.bin', import.meta.url));

/** The emulator's one account and its all-powerful user. Everybody else is held to the policies of a role. */
const account = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
const startSeconds = 60;

export interface Emulator {
  readonly endpoint: string;
  /** Environment in which `aws`, `cdk` and SDKs reach the emulator and nothing else: a home folder of its own included. */
  readonly environment: Readonly<Record<string, string>>;
  /** What it and the functions have printed. */
  readonly log: string[];
  close(): Promise<void>;
}

/** Starts MiniStack on a free loopback port, with policies enforced and nothing kept on disk. */
export async function startEmulator(): Promise<Emulator> {
  const programs = await installPythonEnvironment('emulator-requirements.txt');
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const home = await mkdtemp(join(tmpdir(), 'gatehouse-deploy-'));
  const environment = {
    ...account,
    PATH: [nodePrograms, programs, process.env['PATH']].join(delimiter),
    HOME: home,
    TMPDIR: home,
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ENDPOINT_URL: endpoint,
    AWS_ENDPOINT_URL_S3: endpoint,
    CDK_DISABLE_CLI_TELEMETRY: 'true',
    CI: 'true',
    NO_COLOR: '1',
  };
  const child = spawn(join(programs, 'python'), [launcher, JSON.stringify(Object.keys(emulatedTypes))], {
    // A group of its own, so that it is ended with the functions' processes.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      ...environment,
      BIND_HOST: '127.0.0.1',
      MINISTACK_HOST: 'localhost',
      GATEWAY_PORT: String(port),
      IOT_MTLS_ENABLED: '0',
      AUTH: 'true',
      NODE_OPTIONS: `--require ${JSON.stringify(functionRuntime)}`,
      // Functions inherit it: the provider of the tests is on this machine.
      ALLOW_PRIVATE_ADDRESSES: 'true',
    },
  });
  const log: string[] = [];
  for (const output of [child.stdout, child.stderr]) {
    output.setEncoding('utf8').on('data', (text: string) => log.push(...text.split('\n')));
  }
  const killGroup = (): void => endGroup(child);
  process.once('exit', killGroup);
  const close = async (): Promise<void> => {
    process.off('exit', killGroup);
    const exited = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
    endGroup(child);
    await exited;
    await rm(home, { recursive: true, force: true, maxRetries: 3 });
  };
  await waitUntilReady(child, endpoint, log).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return { endpoint, environment, log, close };
}

/** SIGKILL: the emulator may ignore anything gentler while something is pending. */
function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}

async function waitUntilReady(child: ChildProcess, endpoint: string, log: readonly string[]): Promise<void> {
  const deadline = Date.now() + startSeconds * 1000;
  while (Date.now() < deadline && child.exitCode === null) {
    const ready = await fetch(`${endpoint}/_ministack/health`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) return;
    await sleep(100);
  }
  throw new Error(`The emulator did not start:\n${log.slice(-20).join('\n')}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
