import type { Command } from 'commander';
import { type AdminClient, createAdminClient } from './admin-client.ts';
import { CliError } from './cli-error.ts';
import { type ConnectionOptions, findConnection } from './connection.ts';
import { createPrinter, type Printer } from './printer.ts';
import { readInput, type Terminal } from './terminal.ts';

/** Options that every command takes. */
export interface GlobalOptions extends ConnectionOptions {
  readonly json?: true;
  readonly quiet?: true;
}

/** What a command works with. */
export interface Session {
  readonly terminal: Terminal;
  readonly client: AdminClient;
  readonly print: Printer;
  readonly options: GlobalOptions;
  /** Variables that the command took the name of something from. */
  readonly variablesUsed: Set<string>;
}

/** Connects a command's action with its session: `(session, options, ...arguments)`. */
export type WithSession = (
  run: (session: Session, options: never, ...values: never[]) => Promise<void>,
) => (...values: unknown[]) => Promise<void>;

export function sessionFor(terminal: Terminal): WithSession {
  return (run) =>
    async (...values) => {
      // Commander gives arguments, then options, then the command.
      const command = values.at(-1) as Command;
      const options = command.optsWithGlobals<GlobalOptions>();
      const connection = await findConnection(options, terminal.environment, () => readInput(terminal));
      const session = {
        terminal,
        client: createAdminClient(connection),
        print: createPrinter(terminal, options),
        options,
        variablesUsed: new Set<string>(),
      };
      try {
        await run(session, options as never, ...(values.slice(0, -2) as never[]));
      } catch (error) {
        throw withOrigin(error, session.variablesUsed);
      }
    };
}

/** What is not found may be the organization that a variable of yesterday still names. */
function withOrigin(error: unknown, variables: ReadonlySet<string>): unknown {
  if (!(error instanceof CliError) || error.status !== 404 || variables.size === 0) return error;
  return new CliError(
    error.exitCode,
    `${error.message}\nLooked where ${[...variables].join(' and ')} says.`,
    error.status,
  );
}
