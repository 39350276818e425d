import { Command } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { addAuditCommands } from './commands/audit.ts';
import { addCatalogCommands } from './commands/catalog.ts';
import { addCostCommand } from './commands/cost.ts';
import { addCredentialCommands } from './commands/credentials.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addEvidenceCommands } from './commands/evidence.ts';
import { addKeyCommands } from './commands/keys.ts';
import { addMemberCommands } from './commands/members.ts';
import { addOrganizationCommands } from './commands/organizations.ts';
import { addProviderCommands } from './commands/providers.ts';
import { addRequestCommands } from './commands/requests.ts';
import { addRouteCommands } from './commands/routes.ts';
import { addUsageCommand } from './commands/usage.ts';
import { addWorkspaceCommands } from './commands/workspaces.ts';
import { exitCodeTexts } from './exit-code.ts';
import { sessionFor } from './session.ts';
import { styleFor, type Terminal } from './terminal.ts';

const epilogue = `
Exit codes:
${Object.entries(exitCodeTexts)
  .map(([code, text]) => `  ${code}  ${text}`)
  .join('\n')}

Environment:
  GATEHOUSE_ADMIN_URL, GATEHOUSE_ADMIN_TOKEN   default of --url and --token
  GATEHOUSE_ORGANIZATION, GATEHOUSE_WORKSPACE  default of --organization and --workspace
  GATEHOUSE_DATA_DIR                           default of --data-dir
  NO_COLOR                                     no colours

docs/cli.md has a line to paste for every command.
`;

/** The whole command line. It ends by throwing: CommanderError for the command line itself, CliError for what a command found. */
export function createProgram(terminal: Terminal): Command {
  const withSession = sessionFor(terminal);
  const red = styleFor(terminal.errors, terminal.environment)('red');
  const program = new Command('gatehouse')
    .description('The admin API of Gatehouse on the command line.')
    .version(manifest.version, '--version', 'print the version')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void terminal.output.write(text),
      writeErr: (text) => void terminal.errors.write(text),
      outputError: (text, write) => write(`${red(withoutValue(text.trimEnd()))}\n`),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .showHelpAfterError('(--help says more)')
    .option('--url <url>', 'where the control plane is')
    .option('--token <token>', 'what opens it; - reads it from standard input, where no process list shows it')
    .option('--data-dir <folder>', 'state of a local runner, whose URL and token are used if none are given')
    .option('--insecure', 'allow http to another machine')
    .option('--json', 'print what the API answers')
    .option('--quiet', 'print ids only')
    .addHelpText('after', epilogue);
  addOrganizationCommands(program, withSession);
  addWorkspaceCommands(program, withSession);
  addMemberCommands(program, withSession);
  addKeyCommands(program, withSession);
  addCredentialCommands(program, withSession);
  addProviderCommands(program, withSession);
  addRouteCommands(program, withSession);
  addRequestCommands(program, withSession);
  addUsageCommand(program, withSession);
  addAuditCommands(program, withSession);
  addEvidenceCommands(program, withSession);
  addDoctorCommand(program, terminal);
  addCatalogCommands(program, terminal);
  addCostCommand(program, terminal);
  return program;
}

/** A mistyped `--secrt=…` is named without its value. */
function withoutValue(message: string): string {
  return message.replace(/(unknown option '[^'=]*)=[^]*'/, "$1'");
}
