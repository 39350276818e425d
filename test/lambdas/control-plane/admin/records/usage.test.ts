import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RequestRecord } from '../../../../../lambdas/store/request-record.ts';
import { replaceUsage, sumUsage, usageDimensionsOf } from '../../../../../lambdas/store/usage-rollup.ts';
import { type AdminApi, startAdminApi } from '../../../../fixtures/admin-api.ts';
import { recordOf } from '../../../../fixtures/usage.ts';

const now = Date.parse('2026-11-18T12:00:00Z');
let api: AdminApi;
let organization: string;

beforeAll(async () => {
  api = await startAdminApi({ now: () => now });
});

beforeEach(async () => {
  organization = (await api.call('POST', '/organizations', { body: { name: randomUUID() } })).body.id;
});

afterAll(() => api.close());

/** Sums of two requests with these dimensions, as the usage rollup keeps them. */
async function putUsage(day: string, change: Partial<RequestRecord> = {}): Promise<void> {
  const record = recordOf({ organization, createdAt: `${day}T10:00:00.000Z`, ...change });
  const usage = { store: api.testStore.store, table: api.testStore.tables.usage };
  const sums = sumUsage([record, { ...record, status: 500, usageEstimated: true }]);
  await replaceUsage(usage, { ...usageDimensionsOf(record), ...sums });
}

const get = (query: string) => api.call('GET', `/organizations/${organization}/usage?${query}`);

const sums = (times: number) => ({
  requests: 2 * times,
  failedRequests: times,
  estimatedRequests: times,
  inputTokens: 2 * times,
  cacheReadInputTokens: 4 * times,
  cacheWrite5mInputTokens: 6 * times,
  cacheWrite1hInputTokens: 8 * times,
  outputTokens: 10 * times,
  reasoningTokens: 12 * times,
  costMicroUsd: 14 * times,
});

describe('getUsage', () => {
  it('sums by day from the first of this month to today, unless told otherwise', async () => {
    for (const day of ['2026-10-31', '2026-11-01', '2026-11-18', '2026-11-19']) await putUsage(day);
    await putUsage('2026-11-18', { model: 'other' });

    const { status, body } = await get('');

    expect(status).toBe(200);
    expect(body).toEqual({
      from: '2026-11-01',
      to: '2026-11-18',
      groupBy: ['day'],
      data: [
        { day: '2026-11-01', ...sums(1) },
        { day: '2026-11-18', ...sums(2) },
      ],
      total: sums(3),
    });
  });

  it('sums by several dimensions, sorted by them in the order they are named', async () => {
    await putUsage('2026-11-02', { model: 'b#1/x', workspace: 'v' });
    await putUsage('2026-11-01', { model: 'b#1/x', workspace: 'w' });
    await putUsage('2026-11-03', { model: 'a', workspace: 'w' });

    const { body } = await get('groupBy=model,workspace');

    expect(body.data).toEqual([
      { model: 'a', workspace: 'w', ...sums(1) },
      { model: 'b#1/x', workspace: 'v', ...sums(1) },
      { model: 'b#1/x', workspace: 'w', ...sums(1) },
    ]);
  });

  it('gives one sum of everything when asked for no dimension', async () => {
    await putUsage('2026-11-01');
    await putUsage('2026-11-02');

    expect((await get('groupBy=')).body).toMatchObject({ groupBy: [], data: [sums(2)], total: sums(2) });
  });

  it('counts nothing of other organizations', async () => {
    await putUsage('2026-11-01');
    organization = (await api.call('POST', '/organizations', { body: { name: randomUUID() } })).body.id;

    expect((await get('')).body).toMatchObject({ data: [], total: sums(0) });
  });

  it('begins with the first of the month of the last day asked for', async () => {
    expect((await get('to=2026-09-10')).body).toMatchObject({ from: '2026-09-01', to: '2026-09-10' });
  });

  it('allows 366 days and refuses 367', async () => {
    expect((await get('from=2025-11-18&to=2026-11-18')).status).toBe(200);
    const { status, body } = await get('from=2025-11-17&to=2026-11-18');

    expect([status, body.errors[0].field]).toEqual([400, 'query.from']);
  });

  it('refuses a first day after the last', async () => {
    const { status, body } = await get('from=2026-11-02&to=2026-11-01');

    expect([status, body.errors[0].field]).toEqual([400, 'query.from']);
  });
});
