import { setTimeout as delay } from 'node:timers/promises';
import { type AuditEntry, type AuditTable, listAuditEntries, putAuditEntry } from '../../store/audit-entry.ts';
import { StoreError } from '../../store/client.ts';
import { chainStart, hashAuditEntry } from './chain.ts';

/** What happened, as far as the trail may know: ids and digests, never names or secrets. */
export type AuditFacts = Omit<AuditEntry, 'sequence' | 'previousHash' | 'hash'>;

const maxTries = 20;
/** Whoever loses waits for a random time up to this, doubled with each loss and never more than the last: all get their turn. */
const [shortestPauseMs, longestPauseMs] = [4, 256];

/**
 * Appends to the chain. Two writers never get the same place: the one who comes second reads the new head and tries again, after
 * a pause that spreads those who lost at the same moment.
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
    await delay(Math.random() * Math.min(longestPauseMs, shortestPauseMs * 2 ** tries));
  }
  throw new StoreError('unavailable', `audit trail contended: no place after ${maxTries} tries`);
}
