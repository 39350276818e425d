import { type Command, Option } from 'commander';
import type { ItemOf } from '../admin-client.ts';
import { usageError } from '../cli-error.ts';
import { given } from '../given.ts';
import { addIfMatchOption, type IfMatchOption, readBeforeChange } from '../if-match.ts';
import type { View } from '../printer.ts';
import { addOrganizationOption, organizationOf, type OrganizationOption } from '../scope.ts';
import type { Session, WithSession } from '../session.ts';

type Member = ItemOf<'listMembers'>;

interface RoleOption {
  readonly role: Member['role'];
}

const view: View<Member> = {
  id: ({ id }) => id,
  columns: [
    { title: 'ID', value: ({ id }) => id },
    { title: 'WHO', value: ({ email, subject }) => email ?? subject },
    { title: 'ROLE', value: ({ role }) => role },
    { title: 'SINCE', value: ({ createdAt }) => createdAt },
  ],
  members: (member) => [
    ['id', member.id],
    ['organization', member.organization],
    ['email', member.email],
    ['subject', member.subject],
    ['role', member.role],
    ['created', member.createdAt],
    ['updated', member.updatedAt],
  ],
};

/** `members …`: who may do what in an organization. */
export function addMemberCommands(program: Command, withSession: WithSession): void {
  const members = program.command('members').description('who may do what in an organization');
  addOrganizationOption(members.command('list')).description('list members').action(withSession(list));
  addOrganizationOption(members.command('add'))
    .description('add a member, by e-mail or by "<issuer>#<subject>"')
    .option('--email <address>', 'as the issuer vouches for it')
    .option('--subject <issuer#subject>', 'for services and directories without e-mail')
    .addOption(roleOption())
    .action(withSession(add));
  addOrganizationOption(members.command('get').argument('<id>')).description('show a member').action(withSession(get));
  addIfMatchOption(addOrganizationOption(members.command('update').argument('<id>')))
    .description('change a member’s role')
    .addOption(roleOption())
    .action(withSession(update));
  addOrganizationOption(members.command('remove').argument('<id>'))
    .description('remove a member')
    .action(withSession(remove));
}

function roleOption(): Option {
  return new Option('--role <role>').choices(['owner', 'admin', 'member', 'auditor']).makeOptionMandatory();
}

async function list(session: Session, options: OrganizationOption): Promise<void> {
  const organization = await organizationOf(session, options);
  await session.print.list(view, session.client.iterate('listMembers', { parameters: { organization } }));
}

async function add(
  session: Session,
  options: OrganizationOption & RoleOption & { readonly email?: string; readonly subject?: string },
): Promise<void> {
  const { email, subject, role } = options;
  if ((email === undefined) === (subject === undefined)) throw usageError('Give either --email or --subject.');
  const organization = await organizationOf(session, options);
  const body = given({ email, subject, role });
  session.print.item(view, (await session.client.call('createMember', { parameters: { organization }, body })).body);
}

async function get(session: Session, options: OrganizationOption, member: string): Promise<void> {
  const organization = await organizationOf(session, options);
  session.print.answer(view, await session.client.call('getMember', { parameters: { organization, member } }));
}

async function update(
  session: Session,
  options: OrganizationOption & RoleOption & IfMatchOption,
  member: string,
): Promise<void> {
  const { client, print } = session;
  const parameters = { organization: await organizationOf(session, options), member };
  const { ifMatch } = await readBeforeChange(() => client.call('getMember', { parameters }), {
    ...options,
    needsPresent: false,
  });
  const body = { role: options.role };
  print.answer(view, await client.call('updateMember', { parameters, body, ...given({ ifMatch }) }));
}

async function remove(session: Session, options: OrganizationOption, member: string): Promise<void> {
  const organization = await organizationOf(session, options);
  await session.client.call('deleteMember', { parameters: { organization, member } });
  session.print.done(member, `Member ${member} is removed.`);
}
