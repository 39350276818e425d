import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import type { Batch, BatchResult } from './load-generator.ts';
import type { ProcessUsage } from './probe.ts';

export interface ServerProcess {
  /** Origin it listens on; empty for one that does not. */
  readonly url: string;
  usage(): Promise<ProcessUsage>;
  run(batch: Batch): Promise<BatchResult>;
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly script: string;
  readonly probe: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly scriptArguments?: readonly string[];
}

interface Answer {
  readonly id: number | 'listening';
  readonly result?: unknown;
  readonly error?: string;
}

const startMs = 20_000;

/** Starts a process with the probe in it and waits until it listens. Its stdout is dropped, as a log nobody reads. */
export async function startProcess(options: StartOptions): Promise<ServerProcess> {
  const { script, probe, environment = {}, scriptArguments = [] } = options;
  const child = spawn(process.execPath, ['--require', probe, script, ...scriptArguments], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', ...environment },
  });
  const ask = createAsk(child);
  const url = await listening(child, script);
  return {
    url,
    usage: () => ask({ ask: 'usage' }) as Promise<ProcessUsage>,
    run: (batch) => ask({ batch }) as Promise<BatchResult>,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    },
  };
}

function createAsk(child: ChildProcess): (question: object) => Promise<unknown> {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let asked = 0;
  child.on('message', ({ id, result, error }: Answer) => {
    if (id === 'listening') return;
    if (error === undefined) waiting.get(id)?.resolve(result);
    else waiting.get(id)?.reject(new Error(error));
    waiting.delete(id);
  });
  child.on('exit', (code) => {
    for (const question of waiting.values()) question.reject(new Error(`a process ended with ${code}`));
  });
  return (question) => {
    const answer = Promise.withResolvers<unknown>();
    waiting.set(++asked, answer);
    child.send({ id: asked, ...question });
    return answer.promise;
  };
}

function listening(child: ChildProcess, script: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail(`does not listen after ${startMs} ms`), startMs);
    const fail = (problem: string): void => {
      clearTimeout(timer);
      child.kill();
      reject(new Error(`${script} ${problem}`));
    };
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code) => fail(`ended with ${code}`));
    child.on('message', ({ id, result }: Answer) => {
      if (id !== 'listening') return;
      clearTimeout(timer);
      resolve(String(result));
    });
  });
}

/** Runs a script to its end; its result is the last line it prints, as JSON. */
export async function runScript<Result>(
  script: string,
  environment: Readonly<Record<string, string>>,
): Promise<Result> {
  const { stdout } = await promisify(execFile)(process.execPath, [script], {
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', ...environment },
  });
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Result;
}
