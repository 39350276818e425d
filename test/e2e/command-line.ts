import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const entry = fileURLToPath(new URL('../../bin/cli.ts', import.meta.url));

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `npx gatehouse` as its user has it: a process of its own, with nothing of this process's environment. */
export async function runGatehouse(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<CommandResult> {
  const child = spawn(process.execPath, [entry, ...args], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { stdout, stderr, code: code as number };
}

/** What the command answers as JSON. @throws when it does not succeed */
export async function answerOfGatehouse(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  // A test says what it expects of the answer by looking at it.
  // oxlint-disable-next-line typescript/no-explicit-any
): Promise<any> {
  const { stdout, stderr, code } = await runGatehouse([...args, '--json'], environment);
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout);
}
