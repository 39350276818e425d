import { type Command, Option } from 'commander';
import type { ItemOf } from '../admin-client.ts';
import { confirm } from '../ask.ts';
import { usageError } from '../cli-error.ts';
import { eraseOrganization } from '../erase-organization.ts';
import { given } from '../given.ts';
import { addIfMatchOption, type IfMatchOption, readBeforeChange } from '../if-match.ts';
import { formatUsd, parseUsd } from '../money.ts';
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
import type { Session, WithSession } from '../session.ts';
import { collectText, parseCount } from '../values.ts';

type Organization = ItemOf<'listOrganizations'>;

interface OrganizationOptions extends PolicyOptions {
  readonly billing?: 'postpaid' | 'prepaid';
  readonly retentionDays?: number;
  readonly zeroRetention?: boolean;
  /** false: `--no-regions`. */
  readonly region?: readonly string[];
  readonly regions?: false;
}

interface ChangeOptions extends OrganizationOptions, IfMatchOption {
  readonly name?: string;
}

const view: View<Organization> = {
  id: ({ id }) => id,
  columns: [
    { title: 'ID', value: ({ id }) => id },
    { title: 'NAME', value: ({ name }) => name },
    { title: 'BILLING', value: ({ billing }) => billing },
    { title: 'RETENTION', value: ({ retentionDays }) => `${retentionDays} d`, align: 'right' },
    { title: 'STATUS', value: ({ status }) => status },
    { title: 'CREATED', value: ({ createdAt }) => createdAt },
  ],
  members: (organization) => [
    ['id', organization.id],
    ['name', organization.name],
    ['status', organization.status],
    ['billing', organization.billing],
    ...(organization.balanceMicroUsd === undefined
      ? []
      : [['balance', formatUsd(organization.balanceMicroUsd)] as const]),
    ['retention', `${organization.retentionDays} days`],
    ['zero retention', organization.zeroRetention ? 'yes' : 'no'],
    ['regions', organization.regions?.join(', ') ?? 'all'],
    ...policyMembers(organization),
    ['created', organization.createdAt],
    ['updated', organization.updatedAt],
  ],
};

/** `organizations …`: tenants. */
export function addOrganizationCommands(program: Command, withSession: WithSession): void {
  const organizations = program.command('organizations').description('tenants: what they may use and how they pay');
  organizations
    .command('list')
    .description('list the organizations you belong to; the operator sees all')
    .action(withSession(({ client, print }) => print.list(view, client.iterate('listOrganizations', {}))));
  addSettings(addPolicyOptions(organizations.command('create').argument('<name>')))
    .description('create an organization')
    .action(withSession(create));
  organizations
    .command('get')
    .argument('<id>')
    .description('show an organization')
    .action(
      withSession(async ({ client, print }, _: object, organization: string) =>
        print.answer(view, await client.call('getOrganization', { parameters: { organization } })),
      ),
    );
  addIfMatchOption(addSettings(addPolicyChangeOptions(organizations.command('update').argument('<id>'))))
    .description('change an organization')
    .option('--name <name>')
    .option('--no-zero-retention', 'allow providers that keep something')
    .option('--no-regions', 'any region may serve it')
    .action(withSession(update));
  organizations
    .command('delete')
    .argument('<id>')
    .description('erase an organization and everything that belongs to it')
    .option('--yes', 'do not ask')
    .option('--wait', 'wait until everything is erased')
    .action(withSession(remove));
  organizations
    .command('credit')
    .argument('<id>')
    .argument('<amount>', 'USD, such as 25 or 12.50; a negative amount takes money away', parseUsd)
    .description('add to or take from a prepaid balance')
    .requiredOption('--reason <text>', 'kept with the adjustment')
    .action(withSession(credit));
}

function addSettings(command: Command): Command {
  return command
    .addOption(new Option('--billing <mode>', 'postpaid, or prepaid: from a balance').choices(['postpaid', 'prepaid']))
    .option('--retention-days <days>', 'how long request records are kept, 1 to 730', parseCount)
    .option('--zero-retention', 'only providers that keep nothing')
    .option('--region <region>', 'a region whose data plane may serve it; repeatable', collectText);
}

async function create({ client, print }: Session, options: OrganizationOptions, name: string): Promise<void> {
  const body = given({
    name,
    billing: options.billing,
    retentionDays: options.retentionDays,
    zeroRetention: options.zeroRetention,
    regions: options.region === undefined ? undefined : [...options.region],
    limits: limitsOf(options.limit),
    budget: options.budget || undefined,
  });
  print.item(view, (await client.call('createOrganization', { body })).body);
}

async function update({ client, print }: Session, options: ChangeOptions, organization: string): Promise<void> {
  const parameters = { organization };
  const { present, ifMatch } = await readBeforeChange(() => client.call('getOrganization', { parameters }), {
    ...options,
    needsPresent: options.limit !== undefined,
  });
  const body = given({
    name: options.name,
    billing: options.billing,
    retentionDays: options.retentionDays,
    zeroRetention: options.zeroRetention,
    regions: options.regions === false ? null : options.region && [...options.region],
    limits: options.limit && changedLimits(present?.limits, options.limit),
    budget: options.budget === false ? null : options.budget,
  });
  if (Object.keys(body).length === 0) throw usageError('Say what to change, such as --name or --limit.');
  print.answer(view, await client.call('updateOrganization', { parameters, body, ...given({ ifMatch }) }));
}

async function remove(
  session: Session,
  options: { readonly yes?: true; readonly wait?: true },
  organization: string,
): Promise<void> {
  const question = `Erase organization ${printable(organization)} with its keys, credentials, records and members? It cannot be undone.`;
  await confirm(session.terminal, options.yes, question, organization);
  await eraseOrganization(session, organization, options.wait ?? false);
}

async function credit(
  { client, print }: Session,
  { reason }: { readonly reason: string },
  organization: string,
  amountMicroUsd: number,
): Promise<void> {
  const { body } = await client.call('createBalanceAdjustment', {
    parameters: { organization },
    body: { amountMicroUsd, reason },
  });
  print.item(
    {
      id: ({ id }) => id,
      columns: [],
      members: (adjustment: typeof body) => [
        ['id', adjustment.id],
        ['amount', formatUsd(adjustment.amountMicroUsd)],
        ['balance', formatUsd(adjustment.balanceMicroUsd)],
        ['reason', adjustment.reason],
        ['created', adjustment.createdAt],
      ],
    },
    body,
  );
}
