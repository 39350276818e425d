import { type Command, Option } from 'commander';
import type { QueryInputOf } from '../../lambdas/control-plane/contract/operation.ts';
import type { Operations } from '../../lambdas/control-plane/contract/operations.ts';
import { requestRecord } from '../../lambdas/control-plane/contract/requests.ts';
import { usageError } from '../cli-error.ts';
import { followRequests } from '../follow-requests.ts';
import { given } from '../given.ts';
import type { Printer } from '../printer.ts';
import { requestLine, type RequestRecord, requestTitles, requestView } from '../request-view.ts';
import { addOrganizationOption, organizationOf, type OrganizationOption } from '../scope.ts';
import type { Session, WithSession } from '../session.ts';
import { take } from '../take.ts';
import { styleFor } from '../terminal.ts';
import { parsePastMoment } from '../time.ts';
import { parseCount } from '../values.ts';

export type RequestFilters = Omit<QueryInputOf<Operations['listRequests']>, 'limit' | 'cursor' | 'from' | 'to'>;

interface ListOptions extends OrganizationOption {
  readonly from?: string;
  readonly to?: string;
  readonly workspace?: string;
  readonly key?: string;
  readonly provider?: string;
  readonly model?: string;
  readonly status?: string;
  readonly ending?: RequestRecord['ending'];
  readonly errorCode?: string;
  readonly limit?: number;
  readonly follow?: true;
}

/** `requests …`: metadata of requests. */
export function addRequestCommands(program: Command, withSession: WithSession): void {
  const requests = program.command('requests').description('what was asked, by whom, and what it cost; never a prompt');
  addOrganizationOption(requests.command('list'))
    .description('list requests, newest first')
    .option('--from <time>', 'not before: 2h, 2026-11-22 or 2026-11-22T06:30:00Z', parsePastMoment)
    .option('--to <time>', 'before', parsePastMoment)
    .option('--workspace <id>')
    .option('--key <id>')
    .option('--provider <name>')
    .option('--model <name>')
    .option('--status <code>')
    .addOption(new Option('--ending <name>').choices(requestRecord.shape.ending.options))
    .option('--error-code <code>')
    .option('--limit <count>', 'at most so many; default: all', parseCount)
    .addOption(
      new Option('--follow', 'print new ones as they are recorded, oldest first, until Ctrl-C').conflicts([
        'from',
        'to',
        'limit',
      ]),
    )
    .action(withSession(list));
  requests
    .command('get')
    .argument('<id>', 'as in the x-request-id of its answer')
    .description('show one request')
    .option('--organization <id>', 'look only there')
    .action(withSession(get));
}

async function list(session: Session, options: ListOptions): Promise<void> {
  const { client, print, terminal } = session;
  const organization = await organizationOf(session, options);
  const { from, to, limit } = options;
  const filters = filtersOf(options);
  if (options.follow) return followRequests(session, organization, filters);
  const query = given({ ...filters, from, to });
  const records = take(client.iterate('listRequests', { parameters: { organization }, query }), limit);
  if (print.form !== 'human') return print.list(requestView, records);
  // As they come: there may be millions, and Ctrl-C ends it.
  let first = true;
  for await (const record of records) {
    if (first) print.line(requestTitles(styleFor(terminal.output, terminal.environment)('bold')));
    first = false;
    print.line(requestLine(record));
  }
  if (first) print.note('None.');
}

function filtersOf({ workspace, key, provider, model, status, ending, errorCode }: ListOptions): RequestFilters {
  if (status !== undefined && !/^[1-5]\d\d$/.test(status))
    throw usageError('--status takes an HTTP status such as 429.');
  return given({ workspace, key, provider, model, status, ending, errorCode });
}

async function get(
  { client, print }: { client: Session['client']; print: Printer },
  options: OrganizationOption,
  request: string,
) {
  const query = given({ organization: options.organization });
  print.item(requestView, (await client.call('getRequest', { parameters: { request }, query })).body);
}
