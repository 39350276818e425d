import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { appendAuditEntry, type AuditFacts } from '../../../../lambdas/control-plane/audit/append.ts';
import { verifyChain } from '../../../../lambdas/control-plane/audit/chain.ts';
import { type AuditTable, listAuditEntries } from '../../../../lambdas/store/audit-entry.ts';
import { startTestStore, type TestStore } from '../../../fixtures/data-plane.ts';

let testStore: TestStore;
let audit: AuditTable;

beforeAll(async () => {
  testStore = await startTestStore();
  audit = { store: testStore.store, table: testStore.tables.audit };
});

afterAll(() => testStore.close());

const factsOf = (chain: string, requestId: string): AuditFacts => ({
  chain,
  at: '2026-11-22T06:30:00.000Z',
  actor: 'bootstrap-token',
  action: 'key.revoke',
  target: 'key/one',
  sourceAddress: '127.0.0.1',
  requestId,
  beforeDigest: null,
  afterDigest: null,
});

test('a hundred writers at the same moment all get a place of their own', async () => {
  const chain = `org_${randomUUID()}`;
  const requests = Array.from({ length: 100 }, (_, index) => `req_${index}`);

  await Promise.all(requests.map((id) => appendAuditEntry(audit, factsOf(chain, id))));

  const { entries } = await listAuditEntries(audit, chain, { limit: 200, order: 'oldest' });
  expect(entries.map(({ requestId }) => requestId).toSorted()).toEqual(requests.toSorted());
  expect(await verifyChain(entries)).toMatchObject({ entries: 100, head: { sequence: 100 } });
});
