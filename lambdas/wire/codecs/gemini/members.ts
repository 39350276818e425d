import { type Fields, isAbsent } from '../../canonical/read.ts';
import type { Untranslated } from '../../canonical/request.ts';
import { geminiMember, type GeminiMember, toCamelCase } from '../../gemini-fields.ts';
import { WireError } from '../../wire-error.ts';

/** Reads members of one object by their camel-case names, whichever spelling the client chose. */
export function membersOf(fields: Fields, path = ''): (name: string) => GeminiMember {
  return (name) => geminiMember(fields, name, path);
}

/** What is there beside the members that a decoder knows, to be refused or dropped. `false` asks for nothing. */
export function unknownMembers(fields: Fields, path: string, known: ReadonlySet<string>): readonly Untranslated[] {
  const prefix = path === '' ? '' : `${path}.`;
  return Object.entries(fields)
    .filter(([name, value]) => !isAbsent(value) && value !== false && !known.has(toCamelCase(name)))
    .map(([name]) => ({ path: prefix + name }));
}

/** For content that has no form in any other protocol. */
export function cannotTranslate(path: string, reason: string): WireError {
  return new WireError('parameter_not_supported', `"${path}" cannot be translated: ${reason}.`, { param: path });
}
