import { CommanderError } from 'commander';
import { CliError } from './cli-error.ts';
import { type ExitCode, exitCodes } from './exit-code.ts';
import { createProgram } from './program.ts';
import { styleFor, type Terminal } from './terminal.ts';

/** Runs one command line and says how it ended. Anything but a foreseen ending is thrown. */
export async function runCli(commandLine: readonly string[], terminal: Terminal): Promise<ExitCode> {
  try {
    await createProgram(terminal).parseAsync([...commandLine], { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    if (error instanceof CliError) {
      terminal.errors.write(`${styleFor(terminal.errors, terminal.environment)('red')(error.message)}\n`);
      return error.exitCode;
    }
    // Commander has printed its own.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    throw error;
  }
}
