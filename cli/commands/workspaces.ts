import type { Command } from 'commander';
import type { ItemOf } from '../admin-client.ts';
import { confirm } from '../ask.ts';
import { usageError } from '../cli-error.ts';
import { given } from '../given.ts';
import { addIfMatchOption, type IfMatchOption, readBeforeChange } from '../if-match.ts';
import {
  addPolicyChangeOptions,
  addPolicyOptions,
  changedLimits,
  limitsOf,
  type PolicyOptions,
} from '../policy-options.ts';
import { policyMembers } from '../policy-view.ts';
import type { View } from '../printer.ts';
import { printable } from '../problem-details.ts';
import { addOrganizationOption, organizationOf, type OrganizationOption } from '../scope.ts';
import type { Session, WithSession } from '../session.ts';

type Workspace = ItemOf<'listWorkspaces'>;

const view: View<Workspace> = {
  id: ({ id }) => id,
  columns: [
    { title: 'ID', value: ({ id }) => id },
    { title: 'NAME', value: ({ name }) => name },
    { title: 'CREATED', value: ({ createdAt }) => createdAt },
  ],
  members: (workspace) => [
    ['id', workspace.id],
    ['name', workspace.name],
    ['organization', workspace.organization],
    ...policyMembers(workspace),
    ['created', workspace.createdAt],
    ['updated', workspace.updatedAt],
  ],
};

/** `workspaces …`: what keys, credentials and routes belong to. */
export function addWorkspaceCommands(program: Command, withSession: WithSession): void {
  const workspaces = program.command('workspaces').description('what keys, credentials and routes belong to');
  addOrganizationOption(workspaces.command('list'))
    .description('list the workspaces of an organization')
    .action(withSession(list));
  addOrganizationOption(addPolicyOptions(workspaces.command('create').argument('<name>')))
    .description('create a workspace')
    .action(withSession(create));
  workspaces
    .command('get')
    .argument('<id>')
    .description('show a workspace')
    .action(
      withSession(async ({ client, print }, _: object, workspace: string) =>
        print.answer(view, await client.call('getWorkspace', { parameters: { workspace } })),
      ),
    );
  addIfMatchOption(addPolicyChangeOptions(workspaces.command('update').argument('<id>')))
    .description('change a workspace')
    .option('--name <name>')
    .action(withSession(update));
  workspaces
    .command('delete')
    .argument('<id>')
    .description('delete a workspace with its keys, credentials and routes')
    .option('--yes', 'do not ask')
    .action(withSession(remove));
}

async function list(session: Session, options: OrganizationOption): Promise<void> {
  const organization = await organizationOf(session, options);
  await session.print.list(view, session.client.iterate('listWorkspaces', { parameters: { organization } }));
}

async function create(session: Session, options: OrganizationOption & PolicyOptions, name: string): Promise<void> {
  const organization = await organizationOf(session, options);
  const body = given({ name, limits: limitsOf(options.limit), budget: options.budget || undefined });
  const { body: created } = await session.client.call('createWorkspace', { parameters: { organization }, body });
  session.print.item(view, created);
}

async function update(
  { client, print }: Session,
  options: PolicyOptions & IfMatchOption & { readonly name?: string },
  workspace: string,
): Promise<void> {
  const parameters = { workspace };
  const { present, ifMatch } = await readBeforeChange(() => client.call('getWorkspace', { parameters }), {
    ...options,
    needsPresent: options.limit !== undefined,
  });
  const body = given({
    name: options.name,
    limits: options.limit && changedLimits(present?.limits, options.limit),
    budget: options.budget === false ? null : options.budget,
  });
  if (Object.keys(body).length === 0) throw usageError('Say what to change, such as --name or --limit.');
  print.answer(view, await client.call('updateWorkspace', { parameters, body, ...given({ ifMatch }) }));
}

async function remove(
  { client, print, terminal }: Session,
  options: { readonly yes?: true },
  workspace: string,
): Promise<void> {
  await confirm(
    terminal,
    options.yes,
    `Delete workspace ${printable(workspace)} with its keys, credentials and routes?`,
  );
  await client.call('deleteWorkspace', { parameters: { workspace } });
  print.done(workspace, `Workspace ${workspace} is deleted.`);
}
