import { type ExitCode, exitCodes } from './exit-code.ts';

/** An ending the person at the terminal is told about, without a stack. The message never holds a token or a secret. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: ExitCode;
  /** HTTP status, when a server's answer is the reason. */
  readonly status: number | undefined;

  constructor(exitCode: ExitCode, message: string, status?: number) {
    super(message);
    this.exitCode = exitCode;
    this.status = status;
  }
}

/** The command line, the environment or a file it names is wrong. */
export function usageError(message: string): CliError {
  return new CliError(exitCodes.usage, message);
}
