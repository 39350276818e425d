import {
  createDocument,
  deleteDocument,
  type DocumentKey,
  type DocumentTable,
  getDocument,
  replaceDocument,
  type Stored,
} from '../document.ts';

/*
 * Answers to calls with an `Idempotency-Key`, for a day. In the tenant's partition, so that they are erased with it.
 *
 * | pattern              | key                                            | called by       |
 * |----------------------|------------------------------------------------|-----------------|
 * | beginCall, endCall … | `org#<organization>` or `platform` / `idempotency#<digest>` | every POST with a key |
 */

export interface CallRecord {
  /** SHA-256 of method, path and body: the same key for another call is a mistake. */
  readonly digest: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** Absent while the call is under way, or when it died. Never holds a secret. */
  readonly answer?: { readonly status: number; readonly body: unknown; readonly etag?: string };
}

const keepSeconds = 86_400;
const keyOf = (organization: string | undefined, id: string): DocumentKey => ({
  pk: organization === undefined ? 'platform' : `org#${organization}`,
  sk: `idempotency#${id}`,
});

/** Where a call's record is: the organization it belongs to, if any, and a digest of caller and key. */
export interface CallPlace {
  readonly organization: string | undefined;
  readonly id: string;
}

/** `undefined` if this is the first call; otherwise what is known of the one before. */
export async function beginCall(
  control: DocumentTable,
  place: CallPlace,
  record: CallRecord,
): Promise<Stored<CallRecord> | undefined> {
  const key = keyOf(place.organization, place.id);
  const expiresAt = record.startedAt / 1000 + keepSeconds;
  if (await createDocument(control, key, record, { expiresAt, nowMs: record.startedAt })) return undefined;
  return getDocument<CallRecord>(control, key, record.startedAt);
}

/** Takes over a call that died; false where somebody else was quicker. */
export async function takeOverCall(
  control: DocumentTable,
  place: CallPlace,
  record: CallRecord,
  version: number,
): Promise<boolean> {
  return (await replaceDocument(control, keyOf(place.organization, place.id), record, version)) !== undefined;
}

export async function endCall(control: DocumentTable, place: CallPlace, record: CallRecord): Promise<void> {
  const key = keyOf(place.organization, place.id);
  const current = await getDocument<CallRecord>(control, key);
  if (current !== undefined) await replaceDocument(control, key, record, current.version);
}

/** The call failed: repeating it starts anew. */
export const forgetCall = (control: DocumentTable, place: CallPlace): Promise<boolean> =>
  deleteDocument(control, keyOf(place.organization, place.id));
