import { createHash, createHmac } from 'node:crypto';
import { isRecord } from './json.ts';

/**
 * Signatures and encrypted reasoning, as the vendors' models hand them out: opaque to clients, bound to what they were made for,
 * and different from answer to answer. Nothing is stored, so whoever has the key can check them, as with the vendors.
 */
const key = 'what the simulated vendors sign with';

/** @param occasion What tells this answer from others, such as the prompt. */
export function seal(vendor: string, content: string, occasion: string): string {
  const salt = createHash('sha256').update(occasion).digest().subarray(0, 12);
  return Buffer.concat([salt, sign(vendor, content, salt)]).toString('base64');
}

export function isSealed(vendor: string, content: string, text: string): boolean {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) return false;
  return bytes.subarray(12).equals(sign(vendor, content, bytes.subarray(0, 12)));
}

/** JSON in one spelling: the order of members does not matter. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    isRecord(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : member,
  );
}

function sign(vendor: string, content: string, salt: Buffer): Buffer {
  return createHmac('sha256', key).update(`${vendor}\n`).update(salt).update(content).digest();
}
