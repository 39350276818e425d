import type { Command } from 'commander';
import { type AdminClient, createAdminClient } from './admin-client.ts';
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
      };
      await run(session, options as never, ...(values.slice(0, -2) as never[]));
    };
}
