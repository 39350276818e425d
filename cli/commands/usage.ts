import type { Command } from 'commander';
import { usageDimensions } from '../../lambdas/control-plane/contract/usage.ts';
import type { Answer } from '../admin-client.ts';
import { usageError } from '../cli-error.ts';
import { given } from '../given.ts';
import { formatUsd } from '../money.ts';
import { addOrganizationOption, organizationOf, type OrganizationOption } from '../scope.ts';
import type { Session, WithSession } from '../session.ts';
import { type Column, formatTable } from '../table.ts';
import { styleFor } from '../terminal.ts';
import { parseDay } from '../time.ts';

type Report = Answer<'getUsage'>['body'];
type Group = Report['data'][number];

interface UsageOptions extends OrganizationOption {
  readonly from?: string;
  readonly to?: string;
  readonly groupBy?: string;
}

const sums: readonly Column<Group>[] = [
  { title: 'REQUESTS', value: ({ requests }) => requests, align: 'right' },
  { title: 'FAILED', value: ({ failedRequests }) => failedRequests, align: 'right' },
  { title: 'ESTIMATED', value: ({ estimatedRequests }) => estimatedRequests, align: 'right' },
  { title: 'IN', value: ({ inputTokens }) => inputTokens, align: 'right' },
  { title: 'CACHED', value: ({ cacheReadInputTokens }) => cacheReadInputTokens, align: 'right' },
  { title: 'OUT', value: ({ outputTokens }) => outputTokens, align: 'right' },
  { title: 'COST', value: ({ costMicroUsd }) => formatUsd(costMicroUsd), align: 'right' },
];

/** `usage`: sums of requests. */
export function addUsageCommand(program: Command, withSession: WithSession): void {
  addOrganizationOption(program.command('usage'))
    .description('sums of requests, tokens and cost')
    .option('--from <day>', 'first UTC day; default: the first of the month', parseDay)
    .option('--to <day>', 'last UTC day, included; default: today', parseDay)
    .option('--group-by <names>', `comma-separated: ${usageDimensions.join(', ')}; default: day`)
    .action(withSession(show));
}

async function show(session: Session, options: UsageOptions): Promise<void> {
  const { client, print, terminal } = session;
  if (print.form === 'ids') throw usageError('usage has no ids: --quiet does not fit it.');
  const organization = await organizationOf(session, options);
  const { from, to, groupBy } = options;
  const { body } = await client.call('getUsage', { parameters: { organization }, query: given({ from, to, groupBy }) });
  if (print.form === 'json') return print.json(body);
  const bold = styleFor(terminal.output, terminal.environment)('bold');
  for (const line of formatTable(columnsOf(body), rowsOf(body), bold)) print.line(line);
}

function columnsOf({ groupBy }: Report): Column<Group>[] {
  const dimensions = groupBy.map((name): Column<Group> => ({
    title: name.toUpperCase(),
    value: (group) => group[name],
  }));
  return [...dimensions, ...sums];
}

/** The total is a row like the others, with its name where the first dimension is. */
function rowsOf({ groupBy, data, total }: Report): Group[] {
  const [first] = groupBy;
  return first === undefined ? [total] : [...data, { ...total, [first]: 'total' }];
}
