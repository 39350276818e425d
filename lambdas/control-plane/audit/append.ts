import { type AuditEntry, type AuditTable, listAuditEntries, putAuditEntry } from '../../store/audit-entry.ts';
import { StoreError } from '../../store/client.ts';
import { chainStart, hashAuditEntry } from './chain.ts';

/** What happened, as far as the trail may know: ids and digests, never names or secrets. */
export type AuditFacts = Omit<AuditEntry, 'sequence' | 'previousHash' | 'hash'>;

const maxTries = 20;

/**
 * Appends to the chain. Two writers never get the same place: the one who comes second reads the new head and tries again.
 *
 * @throws StoreError `unavailable` also when it lost 20 races.
 */
export async function appendAuditEntry(audit: AuditTable, facts: AuditFacts): Promise<AuditEntry> {
  for (let tries = 0; tries < maxTries; tries += 1) {
    const { entries } = await listAuditEntries(audit, facts.chain, { limit: 1, order: 'newest' });
    const head = entries[0];
    const unhashed = {
      ...facts,
      sequence: (head?.sequence ?? 0) + 1,
      previousHash: head?.hash ?? chainStart,
    };
    const entry: AuditEntry = { ...unhashed, hash: hashAuditEntry(unhashed) };
    if (await putAuditEntry(audit, facts.chain, entry)) return entry;
  }
  throw new StoreError('unavailable', `audit trail contended: no place after ${maxTries} tries`);
}
