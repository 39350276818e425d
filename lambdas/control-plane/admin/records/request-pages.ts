import { createRequestId } from '../../../http/request-id.ts';
import type { StoreClient } from '../../../store/client.ts';
import { listRequestRecords, type RequestRecord, type RequestRecordFilter } from '../../../store/request-record.ts';
import type { DataPlane } from '../../publication/data-plane.ts';

/** What is looked for: records of one organization, made from `fromMs` (included) to `toMs` (not), epoch milliseconds. */
export interface RequestSearch {
  readonly organization: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly filter: RequestRecordFilter;
  readonly limit: number;
  /** Epoch milliseconds; records past their retention are gone. */
  readonly now: number;
}

/** Where to go on: records of this UTC day with an id below `before`, then those of the days before. */
export interface RequestPosition {
  readonly day: string;
  readonly before?: string;
}

export interface RequestPage {
  /** Newest first. Fewer than the limit, even none, does not mean that there are no more. */
  readonly records: readonly RequestRecord[];
  readonly next?: RequestPosition;
}

/** What one call may cost: every day is a partition in every region, and most days of a quiet tenant are empty. */
const maxQueries = 60;
const dayMs = 86_400_000;

export const dayOf = (milliseconds: number): string => new Date(milliseconds).toISOString().slice(0, 10);

/** Where a search begins: just below every id of the time that is no longer wanted. */
export function startOf({ toMs }: Pick<RequestSearch, 'toMs'>): RequestPosition {
  return { day: dayOf(toMs), before: createRequestId(toMs, (bytes) => Buffer.alloc(bytes)) };
}

/**
 * Walks the days of all regions backwards until the page is full, the days are over, or enough of the store was asked.
 *
 * @throws StoreError
 */
export async function readRequestPage(
  dataPlanes: readonly DataPlane[],
  search: RequestSearch,
  start: RequestPosition,
): Promise<RequestPage> {
  const firstDay = dayOf(search.fromMs);
  const budget = { left: maxQueries };
  const counted = dataPlanes.map((dataPlane) => ({ ...dataPlane, store: countingQueries(dataPlane.store, budget) }));
  const records: RequestRecord[] = [];
  let position = start;
  while (position.day >= firstDay) {
    if (records.length === search.limit || budget.left <= 0) return { records, next: position };
    const wanted = { ...search, limit: search.limit - records.length };
    const { found, before } = await readDay(counted, wanted, position);
    records.push(...found.filter(({ createdAt }) => Date.parse(createdAt) >= search.fromMs));
    position = before === undefined ? { day: dayBefore(position.day) } : { day: position.day, before };
  }
  return { records };
}

function dayBefore(day: string): string {
  return dayOf(Date.parse(day) - dayMs);
}

/** Records of one day from all regions, merged by id; `before` where the day may have more. */
async function readDay(
  dataPlanes: readonly DataPlane[],
  { organization, filter, limit, now }: RequestSearch,
  { day, before }: RequestPosition,
): Promise<{ found: readonly RequestRecord[]; before?: string }> {
  const pages = await Promise.all(
    dataPlanes.map(({ store, tables }) =>
      listRequestRecords(store, tables.requests, { organization, day, before, limit, filter }, now),
    ),
  );
  // Below the highest place at which some region stopped, that region may have records that belong in between.
  const stops = pages.flatMap(({ next }) => (next === undefined ? [] : [next]));
  const stop = stops.toSorted().at(-1);
  const known = pages
    .flatMap(({ records }) => records)
    .filter(({ id }) => stop === undefined || id >= stop)
    .toSorted((one, other) => (one.id < other.id ? 1 : -1));
  const found = known.slice(0, limit);
  const goOn = known.length > limit ? found.at(-1)?.id : stop;
  return { found, ...(goOn !== undefined && { before: goOn }) };
}

function countingQueries(store: StoreClient, budget: { left: number }): StoreClient {
  return {
    ...store,
    query: (input) => {
      budget.left -= 1;
      return store.query(input);
    },
  };
}
