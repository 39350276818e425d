import { createInterface, type Interface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { CliError, usageError } from './cli-error.ts';
import { exitCodes } from './exit-code.ts';
import { isInteractive, type Terminal } from './terminal.ts';

/**
 * Asks before something that cannot be undone.
 *
 * @param wanted what must be typed to go on
 * @throws CliError when it is declined, or when nobody is there to ask and `yes` was not given
 */
export async function confirm(
  terminal: Terminal,
  yes: boolean | undefined,
  question: string,
  wanted = 'yes',
): Promise<void> {
  if (yes) return;
  if (!isInteractive(terminal)) throw usageError(`${question}\nNobody is here to ask: add --yes to do it.`);
  const readline = createInterface({ input: terminal.input, output: terminal.errors });
  try {
    const answer = await answerTo(`${question}\nType "${wanted}" to go on: `, readline);
    if (answer.trim() !== wanted) throw declined();
  } finally {
    readline.close();
  }
}

/** Asks for a secret, which is not shown while it is typed. */
export async function askSecret(terminal: Terminal, question: string): Promise<string> {
  terminal.errors.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const readline = createInterface({ input: terminal.input, output: silent, terminal: true, historySize: 0 });
  try {
    return await answerTo('', readline);
  } finally {
    readline.close();
    terminal.errors.write('\n');
  }
}

/** @throws CliError when Ctrl-C, or Ctrl-D on an empty line, is typed instead of an answer */
async function answerTo(question: string, readline: Interface): Promise<string> {
  // Node ends the process with a stack on the one, and leaves the question open for good on the other.
  const cancelled = new AbortController();
  readline.once('SIGINT', () => cancelled.abort());
  readline.once('close', () => cancelled.abort());
  try {
    return await readline.question(question, { signal: cancelled.signal });
  } catch {
    throw declined();
  }
}

function declined(): CliError {
  return new CliError(exitCodes.failedCheck, 'Nothing was done.');
}
