import { isDeepStrictEqual } from 'node:util';

/** What a PATCH may say of a record: an absent member stays, `null` goes. */
export type Patch<Fields extends object> = { readonly [Name in keyof Fields]?: Fields[Name] | null };

/** The record with the patch applied (RFC 7396, one level deep); the very same object where that changes nothing. */
export function applyPatch<Fields extends object>(current: Fields, patch: Patch<Fields>): Fields {
  const given = Object.entries(patch).filter(([, value]) => value !== undefined);
  const kept = Object.entries(current).filter(([name]) => !given.some(([changed]) => changed === name));
  const set = given.filter(([, value]) => value !== null);
  const patched = Object.fromEntries([...kept, ...set]) as Fields;
  return isDeepStrictEqual(patched, current) ? current : patched;
}
