import { requestIdTime } from '../../../http/request-id.ts';
import { getOrganization } from '../../../store/control/organization.ts';
import { getRequestRecord, type RequestRecord } from '../../../store/request-record.ts';
import type { Context, Handlers, Result } from '../context.ts';
import { decodeCursor, encodeCursor } from '../paging.ts';
import { invalidRequest, notFound } from '../problem.ts';
import { visibleOrganizations } from '../tenancy/visible-organizations.ts';
import { dayOf, readRequestPage, type RequestPosition, type RequestSearch, startOf } from './request-pages.ts';

/** No record is kept longer. */
const maxRetentionMs = 730 * 86_400_000;
/** One request is looked for in at most so many organizations, this many at the same time. */
const maxOrganizations = 500;
const parallel = 25;

export const requestHandlers: Handlers<'listRequests' | 'getRequest'> = {
  async listRequests(context) {
    const search = searchOf(context);
    const start = positionOf(context.query.cursor, search) ?? startOf(search);
    const { records, next } = await readRequestPage(context.deps.dataPlanes, search, start);
    return { body: { data: records.map(showRequest), nextCursor: encodeCursor(next && textOf(next)) } };
  },

  async getRequest(context) {
    const { id, createdAt } = placeOf(context.parameters.request);
    for await (const organizations of candidatesOf(context)) {
      const found = await Promise.all(
        organizations.map((organization) => find(context, { organization, id, createdAt })),
      );
      const record = found.find((candidate) => candidate !== undefined);
      if (record !== undefined) return { body: showRequest(record) };
    }
    throw notFound();
  },
};

/** As the API shows it. */
function showRequest({ expiresAt, ...record }: RequestRecord): Result<'getRequest'>['body'] {
  return { ...record, expiresAt: new Date(expiresAt * 1000).toISOString() };
}

/** @throws Problem 400 */
function searchOf({ query, organization, now }: Context<'listRequests'>): RequestSearch {
  const { from, to, limit, cursor: _, ...filter } = query;
  // A request that is answered just now has a time that is not over yet.
  const toMs = to === undefined ? now + 1 : Date.parse(to);
  if (from !== undefined && Date.parse(from) > toMs) {
    throw invalidRequest({ field: 'query.from', message: 'must not be after query.to' });
  }
  const first = Math.max(Date.parse(organization.value.createdAt), now - maxRetentionMs);
  const fromMs = from === undefined ? startOfDay(first) : Math.max(startOfDay(first), Date.parse(from));
  return { organization: organization.value.id, fromMs, toMs: Math.min(toMs, now + 1), filter, limit, now };
}

function startOfDay(milliseconds: number): number {
  return Date.parse(dayOf(milliseconds));
}

function textOf({ day, before }: RequestPosition): string {
  return before === undefined ? day : `${day}#${before}`;
}

/** @throws Problem 400 for a position that no answer of this search could have given. */
function positionOf(cursor: string | undefined, { toMs }: RequestSearch): RequestPosition | undefined {
  const text = decodeCursor(cursor);
  if (text === undefined) return undefined;
  const [day = '', before] = text.split('#');
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(day) && !Number.isNaN(Date.parse(day)) && day <= dayOf(toMs);
  if (!isDay || before === '') {
    throw invalidRequest({ field: 'query.cursor', message: 'must be the nextCursor of an answer before' });
  }
  return { day, ...(before !== undefined && { before }) };
}

/** A request's id holds its time, which tells the day its record lies under. @throws Problem 404 for what is no id of ours. */
function placeOf(id: string): { id: string; createdAt: string } {
  const time = requestIdTime(id);
  if (time === undefined) throw notFound();
  return { id, createdAt: new Date(time).toISOString() };
}

/**
 * Ids of organizations to look in, some at a time.
 *
 * @throws Problem 400 where there are too many: then the caller has to name one.
 */
async function* candidatesOf(context: Context<'getRequest'>): AsyncGenerator<readonly string[]> {
  const { organization } = context.query;
  if (organization !== undefined) {
    if (await mayRead(context, organization)) yield [organization];
    return;
  }
  let batch: string[] = [];
  let count = 0;
  for await (const { id } of visibleOrganizations(context, 'requests:read')) {
    if (count === maxOrganizations) {
      const message = `must name the organization: it is not in the first ${maxOrganizations} of yours`;
      throw invalidRequest({ field: 'query.organization', message });
    }
    count += 1;
    batch.push(id);
    if (batch.length < parallel) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}

async function mayRead({ deps, may }: Context<'getRequest'>, organization: string): Promise<boolean> {
  if (!(await may('requests:read', organization))) return false;
  return (await getOrganization(deps.control, organization))?.value.status === 'active';
}

async function find(
  { deps, now }: Context<'getRequest'>,
  place: { organization: string; id: string; createdAt: string },
): Promise<RequestRecord | undefined> {
  const found = await Promise.all(
    deps.dataPlanes.map(({ store, tables }) => getRequestRecord(store, tables.requests, place, now)),
  );
  return found.find((record) => record !== undefined);
}
