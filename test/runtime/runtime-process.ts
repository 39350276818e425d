import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const runtimeClient = fileURLToPath(import.meta.resolve('aws-lambda-ric'));
const addonBuilt = existsSync(join(dirname(runtimeClient), 'rapid-client.node'));
const standIn = fileURLToPath(new URL('ric-without-addon.cjs', import.meta.url));
const recorder = fileURLToPath(new URL('record-writes.cjs', import.meta.url));
const nodeBinary = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url));

/** How the function is run, the same for each of its processes. */
export interface FunctionSettings {
  /** The unpacked code, Lambda's `/var/task`. */
  readonly taskRoot: string;
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly log: (line: string) => void;
  /**
   * Where to note the writes of its answers.
   * @default - nothing is recorded, and nothing of the runtime's is touched
   */
  readonly notesFile?: string;
}

/** Starts the real runtime interface client on Node 24. Its standard output and error go to the log, line by line. */
export function startRuntimeProcess(settings: FunctionSettings, runtimeApiAddress: string): ChildProcess {
  const notes = settings.notesFile === undefined ? undefined : openSync(settings.notesFile, 'a');
  const preload = [...(addonBuilt ? [] : [standIn]), ...(notes === undefined ? [] : [recorder])];
  const child = spawn(
    nodeBinary,
    [...preload.flatMap((file) => ['--require', file]), runtimeClient, settings.handler],
    {
      cwd: settings.taskRoot,
      stdio: ['ignore', 'pipe', 'pipe', ...(notes === undefined ? [] : [notes])],
      env: platformEnvironment(settings, runtimeApiAddress),
    },
  );
  if (notes !== undefined) closeSync(notes);
  for (const output of [child.stdout, child.stderr]) {
    if (output) createInterface({ input: output }).on('line', settings.log);
  }
  // A stopped process would outlive its parent: it cannot notice that nobody is there any more.
  const killWithParent = () => void child.kill('SIGKILL');
  process.once('exit', killWithParent);
  child.once('exit', () => process.off('exit', killWithParent));
  return child;
}

/** What Lambda sets for a function, and nothing of the test process's own environment. */
function platformEnvironment(settings: FunctionSettings, runtimeApiAddress: string): Record<string, string> {
  return {
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_SESSION_TOKEN: 'local',
    ...settings.environment,
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    _HANDLER: settings.handler,
    LAMBDA_TASK_ROOT: settings.taskRoot,
    AWS_LAMBDA_RUNTIME_API: runtimeApiAddress,
    AWS_LAMBDA_FUNCTION_NAME: 'function',
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/function',
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
  };
}
