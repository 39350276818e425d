import { hash } from 'node:crypto';
import type { AuditEntry } from '../../store/audit-entry.ts';

/*
 * The audit trail of one organization (or of the platform) is a chain: each entry carries the hash of the one before, so an
 * entry that is changed, removed or put in later breaks it. Cutting off the newest entries leaves a chain that is whole; keep
 * its head (sequence and hash) elsewhere to notice that.
 */

/** What the first entry has in place of a predecessor's hash. */
export const chainStart = '0'.repeat(64);

/** SHA-256, in hex, over the canonical JSON (members in alphabetical order, no spaces) of everything but the hash itself. */
export function hashAuditEntry(entry: Omit<AuditEntry, 'hash'>): string {
  const members = Object.entries({ ...entry, hash: undefined })
    .filter(([, value]) => value !== undefined)
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
  return hash('sha256', JSON.stringify(Object.fromEntries(members)), 'hex');
}

export interface ChainVerdict {
  /** Entries looked at. */
  readonly entries: number;
  /** The last entry that is in order. */
  readonly head?: { readonly sequence: number; readonly hash: string };
  /** The first that is not. */
  readonly broken?: { readonly sequence: number; readonly reason: string };
}

/** Walks a chain from its first entry on, and stops at the first one that is out of order. */
export async function verifyChain(entries: AsyncIterable<AuditEntry> | Iterable<AuditEntry>): Promise<ChainVerdict> {
  let count = 0;
  let head: ChainVerdict['head'];
  for await (const entry of entries) {
    count += 1;
    const reason = faultOf(entry, head);
    if (reason !== undefined) {
      return { entries: count, ...(head !== undefined && { head }), broken: { sequence: entry.sequence, reason } };
    }
    head = { sequence: entry.sequence, hash: entry.hash };
  }
  return { entries: count, ...(head !== undefined && { head }) };
}

function faultOf(entry: AuditEntry, head: ChainVerdict['head']): string | undefined {
  const expected = (head?.sequence ?? 0) + 1;
  if (entry.sequence !== expected)
    return `its sequence number should be ${expected}: an entry is missing or was put in`;
  if (entry.previousHash !== (head?.hash ?? chainStart)) return 'it does not continue from the entry before it';
  if (hashAuditEntry(entry) !== entry.hash) return 'its content does not match its hash: it was changed';
  return undefined;
}
