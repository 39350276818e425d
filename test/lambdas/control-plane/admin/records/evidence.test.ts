import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Context } from '../../../../../lambdas/control-plane/admin/context.ts';
import { evidenceHandlers } from '../../../../../lambdas/control-plane/admin/records/evidence.ts';
import type { DataPlane } from '../../../../../lambdas/control-plane/publication/data-plane.ts';
import { putEndpointReport } from '../../../../../lambdas/store/control/endpoint-report.ts';
import { type AdminApi, startAdminApi } from '../../../../fixtures/admin-api.ts';

let api: AdminApi;

beforeAll(async () => {
  api = await startAdminApi();
});

afterAll(() => api.close());

describe('listEndpoints', () => {
  it('shows a data plane as unknown until its policy was compared, and then what was found', async () => {
    const before = await api.call('GET', '/endpoints');
    const comparedAt = new Date().toISOString();
    const found = { status: 'repaired' as const, items: 9, missing: 1, stale: 2, foreign: 3, comparedAt };
    await putEndpointReport(api.deps.control, { region: 'local', ...found });
    const after = await api.call('GET', '/endpoints');

    const unknown = { status: 'unknown', items: 0, missing: 0, stale: 0, foreign: 0, comparedAt: null };
    const endpoint = { region: 'local', url: 'http://127.0.0.1:8787' };
    expect(before.body).toEqual({ data: [{ ...endpoint, policy: unknown }], nextCursor: null });
    expect(after.body.data).toEqual([{ ...endpoint, policy: found }]);
  });

  it('pages through regions, the home region first', async () => {
    const [home] = api.deps.dataPlanes;
    const dataPlanes: [DataPlane, ...DataPlane[]] = [home, { ...home, region: 'b' }, { ...home, region: 'a' }];
    const contextOf = (cursor?: string) =>
      ({
        deps: { ...api.deps, dataPlanes },
        query: { limit: 2, ...(cursor !== undefined && { cursor }) },
      }) as Context<'listEndpoints'>;

    const first = await evidenceHandlers.listEndpoints(contextOf());
    const second = await evidenceHandlers.listEndpoints(contextOf(first.body.nextCursor ?? ''));

    expect(first.body.data.map(({ region }) => region)).toEqual(['local', 'b']);
    expect(second.body.data.map(({ region }) => region)).toEqual(['a']);
    expect(second.body.nextCursor).toBeNull();
  });

  it('refuses a cursor that names no region', async () => {
    const cursor = Buffer.from('"nowhere"').toString('base64url');

    expect((await api.call('GET', `/endpoints?cursor=${cursor}`)).body.errors[0].field).toBe('query.cursor');
  });
});

describe('listModelChecks', () => {
  async function putCheck(model: string, minute: number, expiresInSeconds = 3600): Promise<string> {
    const checkedAt = `2026-11-22T10:${String(minute).padStart(2, '0')}:00.000Z`;
    await api.testStore.store.putItem({
      TableName: api.testStore.tables.evidence,
      Item: {
        pk: { S: `model#${model}` },
        sk: { S: checkedAt },
        result: { S: 'passed' },
        latencyMs: { N: '12.5' },
        expiresAt: { N: String(Math.floor(Date.now() / 1000) + expiresInSeconds) },
      },
    });
    return checkedAt;
  }

  it('lists those of one model, newest first, page by page, without expired ones', async () => {
    const model = 'openai/gpt-5-mini';
    const times = [await putCheck(model, 1), await putCheck(model, 2), await putCheck(model, 3)];
    await putCheck(model, 4, -1);
    await putCheck('openai/gpt-5', 5);

    const token = await api.tokenFor({ subject: 'anybody' });
    const path = `/model-checks?limit=2&model=${encodeURIComponent(model)}`;
    const first = await api.call('GET', path, { token });
    const second = await api.call('GET', `${path}&cursor=${first.body.nextCursor}`, { token });

    expect(first.body.data[0]).toEqual({ model, checkedAt: times[2], result: 'passed', latencyMs: 12.5 });
    expect([...first.body.data, ...second.body.data].map(({ checkedAt }) => checkedAt)).toEqual(times.toReversed());
    expect(second.body.nextCursor).toBeNull();
  });

  it('answers with none where there is none', async () => {
    expect((await api.call('GET', '/model-checks?model=openai/none')).body).toEqual({ data: [], nextCursor: null });
  });

  it.each(['gpt', '/gpt', 'openai/'])('refuses %s, which is no provider/model', async (model) => {
    const { status, body } = await api.call('GET', `/model-checks?model=${model}`);

    expect([status, body.errors[0].field]).toEqual([400, 'query.model']);
  });

  it('refuses a cursor that is no time', async () => {
    const cursor = Buffer.from('"soon"').toString('base64url');

    const { body } = await api.call('GET', `/model-checks?model=openai/gpt&cursor=${cursor}`);

    expect(body.errors[0].field).toBe('query.cursor');
  });
});
