import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyChain } from '../../../../../lambdas/control-plane/audit/chain.ts';
import type { AuditEntry } from '../../../../../lambdas/store/audit-entry.ts';
import { type AdminApi, startAdminApi } from '../../../../fixtures/admin-api.ts';

let api: AdminApi;

beforeAll(async () => {
  api = await startAdminApi();
});

afterAll(() => api.close());

/** An organization with this many entries in its trail. */
async function organizationWith(entries: number): Promise<string> {
  const { body } = await api.call('POST', '/organizations', { body: { name: randomUUID() } });
  for (let retentionDays = 1; retentionDays < entries; retentionDays += 1) {
    await api.call('PATCH', `/organizations/${body.id}`, { body: { retentionDays } });
  }
  return body.id;
}

async function readAll(path: string): Promise<{ pages: number[]; entries: AuditEntry[] }> {
  const pages: number[] = [];
  const entries: AuditEntry[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const { body }: { body: { data: AuditEntry[]; nextCursor: string | null } } = await api.call(
      'GET',
      cursor === '' ? path : `${path}&cursor=${cursor}`,
    );
    pages.push(body.data.length);
    entries.push(...body.data);
    cursor = body.nextCursor;
  }
  return { pages, entries };
}

describe('listAuditEvents', () => {
  it('reads the chain newest first, page by page', async () => {
    const organization = await organizationWith(4);

    const { pages, entries } = await readAll(`/organizations/${organization}/audit-events?limit=2`);

    expect(pages).toEqual([2, 2]);
    expect(entries.map(({ sequence }) => sequence)).toEqual([4, 3, 2, 1]);
  });

  it('reads it oldest first, so that it can be verified', async () => {
    const organization = await organizationWith(5);

    const { pages, entries } = await readAll(`/organizations/${organization}/audit-events?limit=2&order=oldest`);

    expect(pages).toEqual([2, 2, 1]);
    expect(await verifyChain(entries)).toEqual({ entries: 5, head: { sequence: 5, hash: entries.at(-1)?.hash } });
  });

  it('shows each tenant its own chain', async () => {
    const organization = await organizationWith(2);

    const { entries } = await readAll(`/organizations/${organization}/audit-events?limit=100`);

    expect(new Set(entries.map(({ chain }) => chain))).toEqual(new Set([organization]));
  });

  it.each(['"one"', '-1', '{}', '""'])('refuses a cursor that holds %s', async (content) => {
    const organization = await organizationWith(1);
    const cursor = Buffer.from(content).toString('base64url');

    const { status, body } = await api.call('GET', `/organizations/${organization}/audit-events?cursor=${cursor}`);

    expect([status, body.errors[0].field]).toEqual([400, 'query.cursor']);
  });
});

describe('listPlatformAuditEvents', () => {
  it('reads the chain of the platform', async () => {
    const declaration = { baseUrl: 'https://models.example.com', models: [{ id: 'm', free: true }] };
    await api.call('PUT', '/providers/example', { body: declaration });

    const { status, body } = await api.call('GET', '/platform/audit-events');

    expect(status).toBe(200);
    expect(body.data).not.toHaveLength(0);
    expect(new Set(body.data.map(({ chain }: AuditEntry) => chain))).toEqual(new Set(['platform']));
  });

  it('reads the chain of an erased organization, which is whole', async () => {
    const organization = await organizationWith(2);
    await api.call('DELETE', `/organizations/${organization}`);

    const { entries } = await readAll(`/platform/audit-events?organization=${organization}&order=oldest`);

    expect(entries.map(({ action }) => action)).toEqual([
      'organization.create',
      'organization.update',
      'organization.delete',
    ]);
    expect(await verifyChain(entries)).not.toHaveProperty('broken');
  });
});
