import type { Command } from 'commander';
import { createAdminClient } from '../admin-client.ts';
import { CliError } from '../cli-error.ts';
import { type ConnectionOptions, findConnection } from '../connection.ts';
import { type Check, checkControlPlane, checkNode } from '../diagnosis.ts';
import { exitCodes } from '../exit-code.ts';
import { createPrinter, type Printer } from '../printer.ts';
import type { GlobalOptions } from '../session.ts';
import { readInput, styleFor, type Terminal } from '../terminal.ts';

/** `doctor`: what is wrong, if anything. It has no session, because not getting one is a finding. */
export function addDoctorCommand(program: Command, terminal: Terminal): void {
  program
    .command('doctor')
    .description('check the connection, the token, the API, the data planes and this machine')
    .action((_: object, command: Command) => diagnose(command.optsWithGlobals(), terminal));
}

/** @throws CliError (failed check) when anything is wrong */
async function diagnose(options: GlobalOptions, terminal: Terminal): Promise<void> {
  const print = createPrinter(terminal, options);
  const checks: Check[] = [];
  for await (const check of allChecks(options, terminal)) {
    checks.push(check);
    show(check, print, terminal);
  }
  if (print.form === 'json') print.json({ checks });
  const problems = checks.filter(({ status }) => status === 'problem').length;
  if (problems > 0) {
    throw new CliError(
      exitCodes.failedCheck,
      problems === 1 ? 'There is 1 problem.' : `There are ${problems} problems.`,
    );
  }
}

async function* allChecks(options: ConnectionOptions, terminal: Terminal): AsyncGenerator<Check> {
  yield checkNode(process.versions.node);
  try {
    const connection = await findConnection(options, terminal.environment, () => readInput(terminal));
    yield {
      name: 'connection',
      status: 'ok',
      detail: `${connection.url} (${connection.urlFrom}), token from ${connection.tokenFrom}`,
    };
    yield* checkControlPlane(connection, createAdminClient(connection));
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    yield { name: 'connection', status: 'problem', detail: error.message };
  }
}

/** With `--quiet`, only what is wrong. */
function show({ name, status, detail, remedy }: Check, print: Printer, terminal: Terminal): void {
  if (print.form === 'json' || (print.form === 'ids' && status !== 'problem')) return;
  const colour = ({ ok: 'green', problem: 'red', skipped: 'dim' } as const)[status];
  const word = styleFor(terminal.output, terminal.environment)(colour)(status.padEnd(7));
  print.line(`${word}  ${name}: ${detail}${remedy === undefined ? '' : ` ${remedy}`}`);
}
