import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { StoredItems } from '../fixtures/gatehouse.ts';

/** A text in every form it could be hiding in. */
export function formsOf(text: string): string[] {
  const bytes = Buffer.from(text);
  const each = (encode: (code: number) => string): string => [...bytes].map(encode).join('');
  const hex = (code: number): string => code.toString(16).padStart(2, '0');
  // Base64 of it inside something longer: for each alignment, the characters that its own bytes alone decide.
  const base64 = [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    const start = Math.ceil((offset * 8) / 6);
    return [encoded.slice(start, Math.floor(((offset + bytes.length) * 8) / 6))];
  });
  return [
    text,
    ...base64,
    bytes.toString('hex'),
    each((code) => `%${hex(code)}`),
    each((code) => `\\u00${hex(code)}`),
    bytes.toString('utf16le'),
  ].map((form) => form.toLowerCase());
}

export const withoutCase = (bytes: string): string => bytes.toLowerCase();

/** Names of the places that hold the text, in any form. */
export function findAll(text: string, places: ReadonlyMap<string, string>): string[] {
  const forms = formsOf(text);
  return [...places].filter(([, content]) => forms.some((form) => content.includes(form))).map(([name]) => name);
}

export function filesOf(folder: string): Map<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => path.join(folder, name));
  const files = names.filter((name) => statSync(name).isFile());
  return new Map(files.map((name) => [path.relative(folder, name), withoutCase(readFileSync(name, 'latin1'))]));
}

/** Bytes as text, so that what was stored in binary is searched too. */
export function itemsOf(stored: StoredItems): Map<string, string> {
  const asText = (_name: string, value: unknown): unknown =>
    value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value;
  const entries = Object.entries(stored).flatMap(([table, items]) =>
    items.map((item, index) => [`${table} ${index}`, withoutCase(JSON.stringify(item, asText))] as const),
  );
  return new Map(entries);
}
