import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  readRequestPage,
  type RequestPosition,
  type RequestSearch,
  startOf,
} from '../../../../../lambdas/control-plane/admin/records/request-pages.ts';
import type { DataPlane } from '../../../../../lambdas/control-plane/publication/data-plane.ts';
import { putRequestRecord, type RequestRecord } from '../../../../../lambdas/store/request-record.ts';
import { startTestStore, type TestStore } from '../../../../fixtures/data-plane.ts';
import { noon, recordOf } from '../../../../fixtures/usage.ts';

const dayMs = 86_400_000;
const organization = 'org_pages';
let stores: TestStore[];
/** How often each region was queried. */
const queries = [0, 0];

beforeAll(async () => {
  stores = await Promise.all([startTestStore(), startTestStore()]);
});

afterAll(() => Promise.all(stores.map((store) => store.close())));

function dataPlanes(): DataPlane[] {
  return stores.map(({ store, tables }, index) => ({
    region: `region-${index}`,
    tables,
    store: {
      ...store,
      query: (input) => {
        queries[index] = (queries[index] ?? 0) + 1;
        return store.query(input);
      },
    },
  }));
}

async function put(region: number, atMs: number, change: Partial<RequestRecord> = {}): Promise<string> {
  const { store, tables } = stores[region]!;
  const record = recordOf({ organization, ...change }, atMs);
  await putRequestRecord(store, tables.requests, record);
  return record.id;
}

const search = (change: Partial<RequestSearch>): RequestSearch => ({
  organization,
  fromMs: noon - dayMs,
  toMs: noon + dayMs / 4,
  filter: {},
  limit: 3,
  now: noon,
  ...change,
});

describe('readRequestPage', () => {
  it('merges the records of all regions, newest first, each once, whatever region is ahead', async () => {
    const ids: string[] = [];
    // Uneven, so that one region's page ends far above the other's.
    for (const [index, region] of [0, 0, 0, 0, 0, 1, 0, 1, 1, 1, 1, 1, 1, 0].entries()) {
      ids.push(await put(region, noon - index * 1000));
    }
    ids.push(await put(1, noon - dayMs + 5), await put(0, noon - dayMs + 4));
    await put(0, noon - dayMs - 1);

    const seen: string[] = [];
    let position: RequestPosition | undefined = startOf(search({}));
    while (position !== undefined) {
      const page = await readRequestPage(dataPlanes(), search({}), position);
      expect(page.records.length).toBeLessThanOrEqual(3);
      seen.push(...page.records.map(({ id }) => id));
      position = page.next;
    }

    expect(seen).toEqual(ids);
  });

  it('shows nothing older than what a region that stopped early may still have', async () => {
    const other = { organization: 'org_uneven' };
    const wanted: string[] = [];
    for (let second = 0; second < 25; second += 1) await put(0, noon - second * 1000, { ...other, model: 'unwanted' });
    for (const [region, second] of [
      [0, 30],
      [1, 31],
      [0, 32],
    ] as const) {
      wanted.push(await put(region, noon - second * 1000, { ...other, model: 'wanted' }));
    }
    // As if every record were so large that the store gave one at a time.
    const [slow, quick] = dataPlanes();
    const query: DataPlane['store']['query'] = (input) => slow!.store.query({ ...input, Limit: 1 });
    const regions = [{ ...slow!, store: { ...slow!.store, query } }, quick!];
    const wantedOnly = search({ ...other, filter: { model: 'wanted' } });

    const seen: string[] = [];
    let position: RequestPosition | undefined = startOf(wantedOnly);
    while (position !== undefined) {
      const page = await readRequestPage(regions, wantedOnly, position);
      seen.push(...page.records.map(({ id }) => id));
      position = page.next;
    }

    expect(seen).toEqual(wanted);
  });

  it('stops asking the store after a bounded number of queries and says where to go on', async () => {
    queries.fill(0);

    const page = await readRequestPage(
      dataPlanes(),
      search({ organization: 'org_empty', fromMs: noon - 400 * dayMs }),
      startOf(search({})),
    );

    expect(queries).toEqual([30, 30]);
    expect(page).toEqual({ records: [], next: { day: '2026-10-19' } });
  });
});
