import { hash } from 'node:crypto';

/** SHA-256 of a policy's content: its version is left out, and the order of members does not matter. */
export function digestOf({ version: _version, ...content }: { readonly version: number }): string {
  return hash('sha256', JSON.stringify(content, sortMembers), 'base64url');
}

function sortMembers(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
