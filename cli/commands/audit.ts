import { type Command, Option } from 'commander';
import { verifyChain } from '../../lambdas/control-plane/audit/chain.ts';
import type { ItemOf } from '../admin-client.ts';
import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-code.ts';
import { given } from '../given.ts';
import type { View } from '../printer.ts';
import { printable } from '../problem-details.ts';
import { addOrganizationOption, organizationOf, type OrganizationOption } from '../scope.ts';
import type { Session, WithSession } from '../session.ts';
import { take } from '../take.ts';
import { parseCount } from '../values.ts';

type AuditEvent = ItemOf<'listAuditEvents'>;

interface TrailOptions extends OrganizationOption {
  readonly platform?: true;
}

const view: View<AuditEvent> = {
  id: ({ sequence }) => String(sequence),
  columns: [
    { title: 'NUMBER', value: ({ sequence }) => sequence, align: 'right' },
    { title: 'AT', value: ({ at }) => at },
    { title: 'ACTOR', value: ({ actor }) => actor },
    { title: 'ACTION', value: ({ action }) => action },
    { title: 'TARGET', value: ({ target }) => target },
    { title: 'FROM', value: ({ sourceAddress }) => sourceAddress },
    { title: 'REQUEST', value: ({ requestId }) => requestId },
  ],
  members: (event) => Object.entries(event).map(([name, value]) => [name, value ?? undefined] as const),
};

/** `audit …`: who changed what, and whether the trail of it is whole. */
export function addAuditCommands(program: Command, withSession: WithSession): void {
  const audit = program.command('audit').description('who changed what, in a chain that shows tampering');
  addTrail(audit.command('list'))
    .description('list audit events')
    .addOption(new Option('--order <order>', 'default: newest first').choices(['newest', 'oldest']))
    .option('--limit <count>', 'at most so many; default: all', parseCount)
    .action(withSession(list));
  addTrail(audit.command('verify'))
    .description('walk the chain and name the first entry that is out of order')
    .option('--expect-head <hash>', 'a head printed earlier: fails if the chain no longer leads through it')
    .action(withSession(verify));
}

function addTrail(command: Command): Command {
  return addOrganizationOption(command).option(
    '--platform',
    'the platform’s own; with --organization, that of an erased organization',
  );
}

interface Trail {
  /** What every entry must say it belongs to. */
  readonly chain: string;
  readonly events: AsyncIterable<AuditEvent>;
}

async function trailOf(session: Session, options: TrailOptions, order: 'newest' | 'oldest'): Promise<Trail> {
  const { client } = session;
  if (options.platform) {
    const query = { ...given({ organization: options.organization }), order };
    return { chain: options.organization ?? 'platform', events: client.iterate('listPlatformAuditEvents', { query }) };
  }
  const organization = await organizationOf(session, options);
  const events = client.iterate('listAuditEvents', { parameters: { organization }, query: { order } });
  return { chain: organization, events };
}

async function list(
  session: Session,
  options: TrailOptions & { readonly order?: 'newest' | 'oldest'; readonly limit?: number },
): Promise<void> {
  const { events } = await trailOf(session, options, options.order ?? 'newest');
  await session.print.list(view, take(events, options.limit));
}

/** @throws CliError (failed check) when the chain is broken or does not lead through the expected head */
async function verify(session: Session, options: TrailOptions & { readonly expectHead?: string }): Promise<void> {
  const { print } = session;
  const expected = options.expectHead?.toLowerCase();
  let passed = expected === undefined;
  const { chain, events } = await trailOf(session, options, 'oldest');
  const watched = watch(events, (event) => {
    if (event.hash === expected) passed = true;
    if (event.chain === chain) return;
    throw new CliError(
      exitCodes.failedCheck,
      `Entry ${event.sequence} belongs to another chain: ${printable(event.chain)}.`,
    );
  });
  const verdict = await verifyChain(watched);
  const { head, broken, entries } = verdict;
  if (print.form === 'json') print.json({ ...verdict, ...(expected !== undefined && { expectedHeadFound: passed }) });
  if (broken !== undefined) {
    throw new CliError(exitCodes.failedCheck, `The chain is broken at entry ${broken.sequence}: ${broken.reason}.`);
  }
  if (!passed) {
    throw new CliError(
      exitCodes.failedCheck,
      `The chain of ${entries} entries does not lead through the expected head: its end was cut off, or it was made anew.`,
    );
  }
  if (print.form === 'ids' && head !== undefined) print.line(head.hash);
  if (print.form !== 'human') return;
  if (head === undefined) return print.line('The chain is empty.');
  print.line(`The chain is whole: ${entries} entries.`);
  print.line(`head ${head.sequence} ${head.hash}`);
  print.note('Keep the head elsewhere; "--expect-head HASH" then shows whether anything was cut off since.');
}

async function* watch<Item>(items: AsyncIterable<Item>, look: (item: Item) => void): AsyncGenerator<Item> {
  for await (const item of items) {
    look(item);
    yield item;
  }
}
