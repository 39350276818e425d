import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { PassThrough, Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { runCli } from '../../cli/run.ts';
import { adminToken, type AdminServer } from './admin-server.ts';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly server?: AdminServer;
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** As on a terminal: somebody types `input`. */
  readonly terminal?: boolean;
  /** Somebody presses Ctrl-C as soon as that is listened for. */
  readonly interrupt?: boolean;
}

function environmentOf({ server, environment }: CommandOptions): Record<string, string> {
  return {
    GATEHOUSE_DATA_DIR: 'no-such-folder',
    ...(server !== undefined && { GATEHOUSE_ADMIN_URL: server.url, GATEHOUSE_ADMIN_TOKEN: adminToken }),
    ...environment,
  };
}

/** One command line in this process. */
export async function runCommand(commandLine: readonly string[], options: CommandOptions = {}): Promise<Ended> {
  const output = collector(options.terminal);
  const errors = collector(options.terminal);
  const input = options.terminal ? new PassThrough() : Readable.from([Buffer.from(options.input ?? '')]);
  if (options.terminal) {
    Object.assign(input, { isTTY: true, setRawMode: () => input });
    (input as PassThrough).write(options.input ?? '');
  }
  const code = await runCli(commandLine, {
    input,
    output: output.stream,
    errors: errors.stream,
    environment: environmentOf(options),
    onInterrupt: (callback) => void (options.interrupt && setImmediate(callback)),
  });
  return { code, stdout: output.text(), stderr: errors.text() };
}

function collector(isTTY = false) {
  let text = '';
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString();
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY }), text: () => text };
}

const cliEntry = fileURLToPath(new URL('../../bin/cli.ts', import.meta.url));

/** One command line as its user has it: a process of its own, with nothing of this one's environment. */
export function startProcess(commandLine: readonly string[], options: CommandOptions = {}) {
  const child = spawn(process.execPath, [cliEntry, ...commandLine], { env: environmentOf(options) });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  child.stdin.end(options.input ?? '');
  const ended = once(child, 'close').then(([code]): Ended => ({ code: code as number | null, ...output }));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return {
    ended,
    output,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    closeOutput: () => child.stdout.destroy(),
    arguments: child.spawnargs,
  };
}
