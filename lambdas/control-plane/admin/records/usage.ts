import { listUsage, type UsageRow } from '../../../store/usage-rollup.ts';
import type { Context, Handlers } from '../context.ts';
import { invalidRequest } from '../problem.ts';
import { groupUsage } from './group-usage.ts';

const dayMs = 86_400_000;
const maxDays = 366;
/** About 4 MB of JSON; a Lambda function may answer with 6 MB. */
const maxGroups = 10_000;

export const usageHandlers: Handlers<'getUsage'> = {
  async getUsage(context) {
    const days = daysOf(context);
    const groupBy = [...new Set(context.query.groupBy)];
    const grouped = await groupUsage(rowsOf(context, days), groupBy, maxGroups);
    if (grouped === undefined) {
      const message = `must give at most ${maxGroups} groups: name fewer, or fewer days`;
      throw invalidRequest({ field: 'query.groupBy', message });
    }
    return { body: { ...days, groupBy, data: [...grouped.groups], total: grouped.total } };
  },
};

interface Days {
  readonly from: string;
  readonly to: string;
}

/** @throws Problem 400 */
function daysOf({ query, now }: Context<'getUsage'>): Days {
  const to = query.to ?? new Date(now).toISOString().slice(0, 10);
  const from = query.from ?? `${to.slice(0, 8)}01`;
  if (from > to) throw invalidRequest({ field: 'query.from', message: 'must not be after query.to' });
  if ((Date.parse(to) - Date.parse(from)) / dayMs + 1 > maxDays) {
    throw invalidRequest({
      field: 'query.from',
      message: `must be at most ${maxDays} days before query.to, both included`,
    });
  }
  return { from, to };
}

/** Every region counts what it served itself. */
async function* rowsOf({ deps, organization }: Context<'getUsage'>, days: Days): AsyncGenerator<UsageRow> {
  for (const { store, tables } of deps.dataPlanes) {
    yield* listUsage(store, tables.usage, organization.value.id, days);
  }
}
