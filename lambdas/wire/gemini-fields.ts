import { invalid } from './json-fields.ts';

/**
 * Google's APIs read JSON by protobuf's rules: a member may be spelled in lowerCamelCase or as in the definition, in snake_case.
 * https://protobuf.dev/programming-guides/json/
 */
export interface GeminiMember {
  readonly value: unknown;
  /** With the spelling that was used. */
  readonly path: string;
}

/** @throws WireError when both spellings are there: two readers could disagree on which one counts. */
export function geminiMember(fields: Readonly<Record<string, unknown>>, name: string, parent = ''): GeminiMember {
  const prefix = parent === '' ? '' : `${parent}.`;
  const snake = toSnakeCase(name);
  if (snake === name || !Object.hasOwn(fields, snake)) {
    return { value: Object.hasOwn(fields, name) ? fields[name] : undefined, path: prefix + name };
  }
  if (Object.hasOwn(fields, name)) throw invalid(prefix + name, `must not be given twice, as "${snake}" too`);
  return { value: fields[snake], path: prefix + snake };
}

/** Names are those of our own code, so there are few; a request of many parts asks for each of them again and again. */
const snakeCase = new Map<string, string>();

export function toSnakeCase(name: string): string {
  const known = snakeCase.get(name);
  if (known !== undefined) return known;
  const written = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  snakeCase.set(name, written);
  return written;
}

export function toCamelCase(name: string): string {
  if (!name.includes('_')) return name;
  return name.replaceAll(/(?!^)_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
