import { createApiKey } from '../../../crypto/api-key.ts';
import type { Secret } from '../../../crypto/secret.ts';
import { createKey, getKey, type KeyRecord, listKeys, replaceKey } from '../../../store/control/key.ts';
import { putLocation } from '../../../store/control/location.ts';
import type { Stored } from '../../../store/document.ts';
import { publishKey } from '../../publication/publish.ts';
import { changeRecord, tryChange } from '../change.ts';
import type { Context, Handlers } from '../context.ts';
import { keyUsedBefore, requireCreatedFromSame } from '../created-before.ts';
import { invalidRequest, notFound, Problem } from '../problem.ts';
import { readPage } from '../read-page.ts';
import { rotateSecrets } from './key-secrets.ts';
import { type ApiKeyView, readLastUsed, viewKey } from './key-view.ts';

type Ids = 'createKey' | 'listKeys' | 'getKey' | 'updateKey' | 'revokeKey' | 'rotateKey';

/** One hour less than answers under an Idempotency-Key are kept. */
const answersKeptMs = 23 * 3_600_000;

export const keyHandlers: Handlers<Ids> = {
  async createKey(context) {
    assertInFuture(context.body.expiresAt, context.now);
    const { stored, secret } = await createOrTakeUp(context);
    await publishKey(context.deps, stored);
    const body = { ...viewKey(stored.value, undefined, context.now), secret: secret.reveal() };
    return { body, version: stored.version };
  },

  async listKeys({ deps, workspace, query, now }) {
    const { items, nextCursor } = await readPage((page) => listKeys(deps.control, workspace.value.id, page), query);
    const data = await Promise.all(
      items.map(async ({ value }) => viewKey(value, await readLastUsed(deps, value.id), now)),
    );
    return { body: { data, nextCursor } };
  },

  async getKey({ deps, key, now }) {
    return { body: viewKey(key.value, await readLastUsed(deps, key.value.id), now), version: key.version };
  },

  async updateKey(context) {
    const { body, now } = context;
    assertInFuture(body.expiresAt, now);
    return change(context, 'key.update', (before) => {
      if (before.status === 'revoked') throw revoked('It cannot be changed any more.');
      return withChanges(before, body);
    });
  },

  async revokeKey(context) {
    const revokedAt = new Date(context.now).toISOString();
    return change(context, 'key.revoke', (before) => ({ revokedAt, ...before, status: 'revoked' }));
  },

  async rotateKey(context) {
    const { key, body, now } = context;
    const { apiKey, secretHash, lastFour } = createApiKey(undefined, key.value.id);
    const { body: rotated, version } = await change(context, 'key.rotate', (before) => {
      if (before.status === 'revoked') throw revoked('Create another one instead of rotating it.');
      return { ...before, secrets: rotateSecrets(before.secrets, secretHash, { ...body, now }), lastFour };
    });
    return { body: { ...rotated, secret: apiKey.reveal() }, version };
  },
};

/** Writes the location first: a key that is there without one could never be found again. */
async function createOrTakeUp(context: Context<'createKey'>): Promise<{ stored: Stored<KeyRecord>; secret: Secret }> {
  const { deps, organization, workspace, body, now } = context;
  const { apiKey: secret, publicId: id, secretHash, lastFour } = createApiKey(undefined, context.newId(''));
  const place = { organization: organization.value.id, workspace: workspace.value.id };
  const at = new Date(now).toISOString();
  const record: KeyRecord = {
    id,
    ...place,
    ...withUtcExpiry(body),
    status: 'active',
    secrets: [{ hash: secretHash }],
    lastFour,
    createdAt: at,
    updatedAt: at,
  };
  await context.audit({ action: 'key.create', target: `key/${id}`, after: viewKey(record, undefined, now) });
  await putLocation(deps.control, 'key', id, place);
  if (await createKey(deps.control, record)) return { stored: { value: record, version: 1 }, secret };
  // A call with this Idempotency-Key died before its answer was kept: nobody knows the secret that it made.
  const stored = await tryChange(undefined, async () => {
    const before = await getKey(deps.control, place.workspace, id);
    if (before === undefined) throw notFound();
    if (before.value.status === 'revoked') throw revoked('Create another one, under another Idempotency-Key.');
    // A secret that somebody may be using is not replaced: the answer to that call was kept for a day, and so is over.
    if (now - Date.parse(before.value.createdAt) >= answersKeptMs) throw keyUsedBefore();
    requireCreatedFromSame({ ...before.value, secrets: record.secrets, lastFour }, record);
    const after = { ...before.value, secrets: record.secrets, lastFour, updatedAt: at };
    const version = await replaceKey(deps.control, after, before.version);
    return version === undefined ? undefined : { value: after, version };
  });
  return { stored, secret };
}

/** Changes one key, publishes it and shows it; published also where nothing had to change, for a call that died before that. */
async function change(
  context: Context<'updateKey'> | Context<'revokeKey'> | Context<'rotateKey'>,
  action: string,
  build: (before: KeyRecord) => KeyRecord,
): Promise<{ body: ApiKeyView; version: number }> {
  const { deps, workspace, key, now } = context;
  const { id } = key.value;
  const lastUsed = await readLastUsed(deps, id);
  const stored = await changeRecord<KeyRecord>(context, {
    read: () => getKey(deps.control, workspace.value.id, id),
    build(before) {
      // It was there a moment ago: its workspace is being erased.
      if (before === undefined) throw notFound();
      return build(before);
    },
    replace: (record, version) => replaceKey(deps.control, record, version),
    describe: (before, after) => ({
      action,
      target: `key/${id}`,
      // Without its last use, which is no part of the key: digests of one entry and the next then join up.
      ...(before !== undefined && { before: viewKey(before, undefined, now) }),
      after: viewKey(after, undefined, now),
    }),
  });
  await publishKey(deps, stored);
  return { body: viewKey(stored.value, lastUsed, now), version: stored.version };
}

/** Only what is named changes; null removes. */
function withChanges(before: KeyRecord, body: Context<'updateKey'>['body']): KeyRecord {
  const members = Object.entries({ ...before, ...withUtcExpiry(body) }).filter(([, value]) => value !== null);
  return Object.fromEntries(members) as unknown as KeyRecord;
}

/** One text for one moment, however it was written. */
function withUtcExpiry<Body extends { expiresAt?: string | null }>(body: Body): Body {
  if (typeof body.expiresAt !== 'string') return body;
  return { ...body, expiresAt: new Date(body.expiresAt).toISOString() };
}

/** @throws Problem 400: a key that never works is a slip. */
function assertInFuture(expiresAt: string | null | undefined, now: number): void {
  if (typeof expiresAt !== 'string' || Date.parse(expiresAt) > now) return;
  throw invalidRequest({ field: 'body.expiresAt', message: 'must be in the future' });
}

function revoked(detail: string): Problem {
  return new Problem('conflict', 409, 'This key is revoked for good.', { detail });
}
