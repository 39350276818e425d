import type { Command } from 'commander';
import { CliError, usageError } from './cli-error.ts';
import { exitCodes } from './exit-code.ts';
import { printable } from './problem-details.ts';
import type { Session } from './session.ts';

export interface OrganizationOption {
  readonly organization?: string;
}

export interface WorkspaceOption extends OrganizationOption {
  readonly workspace?: string;
}

export function addOrganizationOption(command: Command): Command {
  return command.option('--organization <id>', 'default: GATEHOUSE_ORGANIZATION, or the only one there is');
}

export function addWorkspaceOption(command: Command): Command {
  return addOrganizationOption(command).option(
    '--workspace <id>',
    'default: GATEHOUSE_WORKSPACE, or the only one of the organization',
  );
}

/**
 * The organization a command is about: its flag, its variable, or the only one the caller can see.
 *
 * @throws CliError when there are several (usage) or none (not found)
 */
export async function organizationOf(session: Session, options: OrganizationOption): Promise<string> {
  const named = options.organization ?? takeVariable('GATEHOUSE_ORGANIZATION', session);
  if (named !== undefined) return named;
  const active = await firstOf(session.client.iterate('listOrganizations', {}), ({ status }) => status === 'active');
  return onlyOne(active, { noun: 'organization', flag: '--organization', variable: 'GATEHOUSE_ORGANIZATION' });
}

/**
 * The workspace a command is about, in the same way.
 *
 * @throws CliError when there are several (usage) or none (not found)
 */
export async function workspaceOf(session: Session, options: WorkspaceOption): Promise<string> {
  const named =
    options.workspace ??
    // A variable that belongs to another organization must not win over a flag.
    (options.organization === undefined ? takeVariable('GATEHOUSE_WORKSPACE', session) : undefined);
  if (named !== undefined) return named;
  const organization = await organizationOf(session, options);
  const found = await firstOf(session.client.iterate('listWorkspaces', { parameters: { organization } }));
  return onlyOne(found, { noun: 'workspace', flag: '--workspace', variable: 'GATEHOUSE_WORKSPACE' });
}

function takeVariable(name: string, { terminal, variablesUsed }: Session): string | undefined {
  const value = terminal.environment[name] || undefined;
  if (value !== undefined) variablesUsed.add(name);
  return value;
}

const shown = 5;

/** One more than is shown, so that it is known whether there are more. */
async function firstOf<Item>(
  items: AsyncIterable<Item>,
  isWanted: (item: Item) => boolean = () => true,
): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) {
    if (isWanted(item)) found.push(item);
    if (found.length > shown) break;
  }
  return found;
}

interface Names {
  readonly noun: string;
  readonly flag: string;
  readonly variable: string;
}

function onlyOne(
  found: readonly { readonly id: string; readonly name: string }[],
  { noun, flag, variable }: Names,
): string {
  const [only, another] = found;
  if (only === undefined)
    throw new CliError(exitCodes.notFound, `There is no ${noun} yet. Make one: gatehouse ${noun}s create NAME`);
  if (another === undefined) return only.id;
  const lines = found.slice(0, shown).map(({ id, name }) => `  ${id}  ${printable(name)}`);
  const more = found.length > shown ? ['  …'] : [];
  throw usageError([`Which ${noun}? Give ${flag} or ${variable}.`, ...lines, ...more].join('\n'));
}
