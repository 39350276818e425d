import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Emulator } from './emulator.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const commandSeconds = 280;

export interface CommandResult {
  readonly status: number | null;
  readonly stdout: string;
  /** Both outputs in the order of their arrival. */
  readonly output: string;
}

interface CommandOptions {
  /** @default - the repository's folder */
  readonly cwd?: string;
  /** Beside the emulator's own. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** Runs a program in the emulator's environment, and says how long it took. */
export async function runCommand(
  emulator: Emulator,
  command: string,
  parameters: readonly string[],
  { cwd = repository, variables = {} }: CommandOptions = {},
): Promise<CommandResult> {
  const started = performance.now();
  const child = spawn(command, parameters, {
    cwd,
    env: { ...emulator.environment, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: commandSeconds * 1000,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (output += text));
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${seconds.padStart(5)} s  ${[command, ...parameters].join(' ').slice(0, 120)}`);
  return { status, stdout, output };
}

/** The unmodified CDK command line, as the README calls it. */
export function cdk(emulator: Emulator, ...parameters: readonly string[]): Promise<CommandResult> {
  return runCommand(emulator, 'npx', ['cdk', ...parameters]);
}

/** As `cdk`, for what has to succeed. */
export async function cdkOrThrow(emulator: Emulator, ...parameters: readonly string[]): Promise<CommandResult> {
  const result = await cdk(emulator, ...parameters);
  if (result.status !== 0) throw new Error(`cdk ${parameters[0]} failed:\n${result.output.slice(-6000)}`);
  return result;
}

/** What `aws` answers, parsed. */
export async function aws<T>(emulator: Emulator, ...parameters: readonly string[]): Promise<T> {
  const { status, stdout, output } = await runCommand(emulator, 'aws', [...parameters, '--output', 'json']);
  if (status !== 0) throw new Error(`aws ${parameters.slice(0, 2).join(' ')} failed:\n${output}`);
  return (stdout.trim() === '' ? undefined : JSON.parse(stdout)) as T;
}
