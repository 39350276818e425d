import { hash, randomBytes } from 'node:crypto';
import { beginCall, type CallPlace, endCall, forgetCall, takeOverCall } from '../../store/control/idempotency.ts';
import type { DocumentTable } from '../../store/document.ts';
import type { AdminRequest, AdminResponse } from './admin-request.ts';
import type { Principal } from './principal.ts';
import { invalidRequest, Problem } from './problem.ts';

/*
 * A POST with an `Idempotency-Key` is done once: repeated within a day, it is answered from memory, and a call that died half-way
 * is taken up again with the same ids. (draft-ietf-httpapi-idempotency-key-header)
 */

/** After this long without an answer a call is taken to have died; no call may run longer. */
const deadAfterMs = 30_000;

export interface IdempotentCall {
  /** The same for every repetition; without a key, random. */
  newId(prefix: string): string;
  /** The key's digest; `undefined` where the caller sent none. */
  readonly id: string | undefined;
}

/** @throws Problem 400 for a key that is none. */
export function readIdempotencyKey(request: AdminRequest, principal: Principal): IdempotentCall {
  const key = request.method === 'POST' ? request.header('idempotency-key') : undefined;
  if (key === undefined) return { id: undefined, newId: (prefix) => named(prefix, randomBytes(32)) };
  if (!/^[\u0021-\u007e]{1,255}$/.test(key)) {
    throw invalidRequest({
      field: 'header.idempotency-key',
      message: 'must be 1 to 255 printable characters without spaces',
    });
  }
  const seed = JSON.stringify([principal.actor, request.path, key]);
  return {
    id: hash('sha256', seed, 'hex'),
    newId: (prefix) => named(prefix, hash('sha256', JSON.stringify([seed, prefix]), 'buffer')),
  };
}

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const idLength = 16;

/** 16 characters, 95 bits. The remainder's slight bias towards the first eight characters costs less than one of them. */
function named(prefix: string, bytes: Buffer): string {
  const text = [...bytes.subarray(0, idLength)].map((byte) => alphabet[byte % alphabet.length]).join('');
  return prefix === '' ? text : `${prefix}_${text}`;
}

/** Does the work, or answers from memory. */
export async function once(
  call: { place: CallPlace; request: AdminRequest },
  control: DocumentTable,
  work: () => Promise<AdminResponse>,
): Promise<AdminResponse> {
  const { place, request } = call;
  const record = {
    digest: hash('sha256', JSON.stringify([request.method, request.path, request.body]), 'hex'),
    startedAt: request.receivedAt,
  };
  const before = await beginCall(control, place, record);
  if (before !== undefined) {
    if (before.value.digest !== record.digest) throw keyReused();
    if (before.value.answer !== undefined) return replay(before.value.answer);
    const isDead = request.receivedAt - before.value.startedAt > deadAfterMs;
    if (!isDead || !(await takeOverCall(control, place, record, before.version))) throw keyInUse();
  }
  try {
    const response = await work();
    const etag = response.headers['etag'];
    await endCall(control, place, {
      ...record,
      answer: { status: response.status, body: withoutSecret(response.body), ...(etag !== undefined && { etag }) },
    });
    return response;
  } catch (error) {
    await forgetCall(control, place);
    throw error;
  }
}

function replay(answer: { status: number; body: unknown; etag?: string }): AdminResponse {
  return {
    status: answer.status,
    body: answer.body,
    headers: { 'idempotency-replayed': 'true', ...(answer.etag !== undefined && { etag: answer.etag }) },
  };
}

/** A secret is shown once: whoever lost that answer rotates the key. */
function withoutSecret(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || !('secret' in body)) return body;
  const { secret: _, ...rest } = body;
  return rest;
}

function keyReused(): Problem {
  return new Problem('idempotency_key_reused', 422, 'This Idempotency-Key was used for another call.', {
    detail: 'A key stands for one call with one body; make a new one.',
  });
}

function keyInUse(): Problem {
  return new Problem('idempotency_key_in_use', 409, 'The call with this Idempotency-Key is still under way.', {
    headers: { 'retry-after': '1' },
  });
}
