import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

export interface RunOptions {
  /** @default - the repository */
  readonly cwd?: string;
  /** All that the command sees. @default - what this process sees */
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs a command to its end. A failure is thrown with everything the command printed. */
export async function run(
  command: string,
  parameters: readonly string[],
  options: RunOptions = {},
): Promise<{ stdout: string; stderr: string }> {
  try {
    return await execute(command, parameters, { ...options, maxBuffer: 64 * 1024 * 1024 });
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${[command, ...parameters].join(' ')} failed:\n${stdout ?? ''}\n${stderr ?? ''}`, {
      cause: error,
    });
  }
}
