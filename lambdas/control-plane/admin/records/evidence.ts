import { getEndpointReport } from '../../../store/control/endpoint-report.ts';
import { listModelChecks, type ModelCheck } from '../../../store/evidence.ts';
import type { DataPlane } from '../../publication/data-plane.ts';
import type { Context, Handlers, Result } from '../context.ts';
import { decodeCursor, encodeCursor } from '../paging.ts';
import { invalidRequest } from '../problem.ts';

const cursorError = { field: 'query.cursor', message: 'must be the nextCursor of an answer before' };

export const evidenceHandlers: Handlers<'listModelChecks' | 'listEndpoints'> = {
  async listModelChecks({ deps, query, now }) {
    const { model, limit } = query;
    if (!/^[^/]+\/./.test(model)) {
      throw invalidRequest({ field: 'query.model', message: 'must be a provider and its model: provider/model' });
    }
    const [{ store, tables }] = deps.dataPlanes;
    const checks: ModelCheck[] = [];
    let before = checkTimeOf(query.cursor);
    do {
      const evidence = { store, table: tables.evidence };
      const page = await listModelChecks(evidence, model, { limit: limit + 1, before, now });
      checks.push(...page.checks);
      before = page.next;
    } while (before !== undefined && checks.length <= limit);
    const data = checks.slice(0, limit);
    return { body: { data, nextCursor: checks.length > limit ? encodeCursor(data.at(-1)?.checkedAt) : null } };
  },

  async listEndpoints({ deps, query }) {
    const { dataPlanes } = deps;
    const after = decodeCursor(query.cursor);
    const start = after === undefined ? 0 : dataPlanes.findIndex(({ region }) => region === after) + 1;
    if (after !== undefined && start === 0) throw invalidRequest(cursorError);
    const page = dataPlanes.slice(start, start + query.limit);
    const data = await Promise.all(page.map((dataPlane) => showEndpoint(dataPlane, deps)));
    const hasMore = start + page.length < dataPlanes.length;
    return { body: { data, nextCursor: hasMore ? encodeCursor(page.at(-1)?.region) : null } };
  },
};

/** @throws Problem 400 */
function checkTimeOf(cursor: string | undefined): string | undefined {
  const position = decodeCursor(cursor);
  if (position !== undefined && Number.isNaN(Date.parse(position))) throw invalidRequest(cursorError);
  return position;
}

type Endpoint = Result<'listEndpoints'>['body']['data'][number];

/** A data plane is `unknown` until reconcile has compared its policy for the first time. */
async function showEndpoint(
  { region, url }: DataPlane,
  { control }: Context<'listEndpoints'>['deps'],
): Promise<Endpoint> {
  const report = await getEndpointReport(control, region);
  const { status, items, missing, stale, foreign, comparedAt } = report ?? {
    status: 'unknown' as const,
    items: 0,
    missing: 0,
    stale: 0,
    foreign: 0,
    comparedAt: null,
  };
  return { region, ...(url !== undefined && { url }), policy: { status, items, missing, stale, foreign, comparedAt } };
}
