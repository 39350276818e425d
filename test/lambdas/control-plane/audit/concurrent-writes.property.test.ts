import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { verifyChain } from '../../../../lambdas/control-plane/audit/chain.ts';
import type { AuditEntry } from '../../../../lambdas/store/audit-entry.ts';
import { type AdminAnswer, type AdminApi, startAdminApi } from '../../../fixtures/admin-api.ts';

let api: AdminApi;

beforeAll(async () => {
  api = await startAdminApi();
});

afterAll(() => api.close());

interface Tenant {
  readonly organization: string;
  readonly workspace: string;
  readonly key: string;
}

const target = { provider: 'openai', model: 'gpt-5-mini' };

/** Each makes a change whenever it succeeds, whatever came before it. */
const calls: Record<string, (tenant: Tenant, step: number) => Promise<AdminAnswer>> = {
  changeOrganization: ({ organization }, step) =>
    api.call('PATCH', `/organizations/${organization}`, { body: { retentionDays: step + 1 } }),
  createWorkspace: ({ organization }) =>
    api.call('POST', `/organizations/${organization}/workspaces`, { body: { name: randomUUID() } }),
  createMember: ({ organization }) =>
    api.call('POST', `/organizations/${organization}/members`, {
      body: { email: `${randomUUID()}@example.com`, role: 'admin' },
    }),
  createKey: ({ workspace }) => api.call('POST', `/workspaces/${workspace}/keys`, { body: { name: 'k' } }),
  rotateKey: ({ key }) => api.call('POST', `/keys/${key}/rotate`, { body: { overlapSeconds: 60 } }),
  changeRoute: ({ workspace }, step) =>
    api.call('PUT', `/workspaces/${workspace}/routes/fast`, { body: { targets: [{ ...target, weight: step }] } }),
  storeCredential: ({ workspace }, step) =>
    api.call('PUT', `/workspaces/${workspace}/credentials/openai`, { body: { secret: `sk-number-${step}` } }),
  renameWorkspace: ({ workspace }) => api.call('PATCH', `/workspaces/${workspace}`, { body: { name: randomUUID() } }),
};

async function newTenant(): Promise<Tenant> {
  const { body: made } = await api.call('POST', '/organizations', { body: { name: randomUUID() } });
  const { body: lab } = await api.call('POST', `/organizations/${made.id}/workspaces`, { body: { name: 'Lab' } });
  const { body: key } = await api.call('POST', `/workspaces/${lab.id}/keys`, { body: { name: 'k' } });
  return { organization: made.id, workspace: lab.id, key: key.id };
}

/** Page by page, so that pages are seen to join up, too. */
async function trailOf(organization: string): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? '' : `&cursor=${cursor}`;
    const { body } = await api.call('GET', `/organizations/${organization}/audit-events?order=oldest&limit=7${query}`);
    entries.push(...body.data);
    cursor = body.nextCursor;
  } while (cursor !== null);
  return entries;
}

it(
  'changes made at the same time leave a chain that is whole, with an entry for each of them',
  { timeout: 120_000 },
  async () => {
    const mixes = fc.array(fc.constantFrom(...Object.keys(calls)), { minLength: 2, maxLength: 30 });

    await fc.assert(
      fc.asyncProperty(mixes, async (names) => {
        const tenant = await newTenant();

        const answers = await Promise.all(names.map((name, step) => calls[name]!(tenant, step + 1)));

        const entries = await trailOf(tenant.organization);
        const verdict = await verifyChain(entries);
        const audited = new Set(entries.map(({ requestId }) => requestId));
        const changes = answers.filter(({ status }) => status < 300);
        expect(verdict).toEqual({ entries: entries.length, head: expect.anything() });
        expect(changes.filter(({ headers }) => !audited.has(headers.get('x-request-id') ?? ''))).toEqual([]);
        // A change may lose to others of the same thing; nothing else may go wrong.
        expect(answers.filter(({ status }) => status >= 300 && status !== 409).map(({ body }) => body)).toEqual([]);
      }),
      { numRuns: 12 },
    );
  },
);
