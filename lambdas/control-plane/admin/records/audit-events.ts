import { listAuditEntries } from '../../../store/audit-entry.ts';
import type { QueryOf, ResponseOf } from '../../contract/operation.ts';
import type { Operations } from '../../contract/operations.ts';
import type { Handlers } from '../context.ts';
import type { ControlPlaneDependencies } from '../dependencies.ts';
import { decodeCursor, encodeCursor } from '../paging.ts';
import { invalidRequest } from '../problem.ts';

export const auditEventHandlers: Handlers<'listAuditEvents' | 'listPlatformAuditEvents'> = {
  listAuditEvents: ({ deps, organization, query }) => listChain(deps, organization.value.id, query),

  /** The chain of an organization outlives it: this is the only way to one whose organization is erased. */
  listPlatformAuditEvents: ({ deps, query }) => listChain(deps, query.organization ?? 'platform', query),
};

async function listChain(
  { audit }: ControlPlaneDependencies,
  chain: string,
  { limit, cursor, order }: QueryOf<Operations['listAuditEvents']>,
): Promise<{ body: ResponseOf<Operations['listAuditEvents']> }> {
  // One more than asked for shows that there are more.
  const page = { limit: limit + 1, after: sequenceOf(cursor), order };
  const { entries } = await listAuditEntries(audit, chain, page);
  const data = entries.slice(0, limit);
  return { body: { data, nextCursor: entries.length > limit ? encodeCursor(data.at(-1)?.sequence) : null } };
}

/** @throws Problem 400 */
function sequenceOf(cursor: string | undefined): number | undefined {
  const position = decodeCursor(cursor);
  if (position === undefined) return undefined;
  if (!/^\d{1,12}$/.test(position)) {
    throw invalidRequest({ field: 'query.cursor', message: 'must be the nextCursor of an answer before' });
  }
  return Number(position);
}
