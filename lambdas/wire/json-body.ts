import { isAscii, isUtf8 } from 'node:buffer';
import { WireError } from './wire-error.ts';

/** Deeper than any tool schema in use, shallow enough that no recursive consumer downstream overflows. */
const maxDepth = 200;
/** Strings at least this long whose first part is ASCII without a space are taken for base64 data, not prose. */
const attachmentMinimumBytes = 2048;
const attachmentProbeBytes = 512;

interface Member {
  readonly keyStart: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

/**
 * A request body that was parsed once and can be changed at the top level without touching another byte: prompt caches
 * upstream see exactly what the caller sent, big integers and escapes included.
 */
export interface JsonBody {
  readonly bytes: Buffer;
  readonly value: Readonly<Record<string, unknown>>;
  readonly members: ReadonlyMap<string, Member>;
  /** Bytes that are not attachment data: an upper bound for the tokens of the text, since a token is at least one byte. */
  readonly textBytes: number;
  /** Long base64 strings (images, documents, audio) and their bytes. */
  readonly attachments: number;
  readonly attachmentBytes: number;
  /** How it is announced to the provider; absent: `application/json`. */
  readonly contentType?: string;
}

/**
 * Parses a JSON object and records where each top-level member lies.
 *
 * @throws WireError for invalid UTF-8 or JSON, a top level that is not an object, nesting over 200 levels, a `__proto__` key at
 * any level, and duplicate top-level keys (two readers could disagree on which one counts).
 */
export function parseJsonBody(bytes: Buffer): JsonBody {
  if (bytes.length === 0) throw new WireError('invalid_json', 'The request body is empty; expected a JSON object.');
  if (!isUtf8(bytes)) throw new WireError('invalid_json', 'The request body is not valid UTF-8.');
  const value = parseObject(bytes);
  return { bytes, value, ...scan(bytes) };
}

function parseObject(bytes: Buffer): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    // The parser's own message quotes the input; ours must not.
    throw new WireError('invalid_json', 'The request body is not valid JSON.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new WireError('invalid_json', 'The request body must be a JSON object.');
  }
  return value as Record<string, unknown>;
}

const quote = 0x22;
const backslash = 0x5c;
const underscore = 0x5f;
const space = 0x20;

/** One pass over bytes already known to be valid JSON. */
function scan(bytes: Buffer): Pick<JsonBody, 'members' | 'textBytes' | 'attachments' | 'attachmentBytes'> {
  const members = new Map<string, Member>();
  const inObject = new Uint8Array(maxDepth + 1);
  let depth = 0;
  let expectKey = false;
  let key: { name: string; start: number } | undefined;
  let valueStart = 0;
  let attachments = 0;
  let attachmentBytes = 0;

  const closeMember = (end: number): void => {
    if (key === undefined) return;
    if (members.has(key.name)) {
      throw new WireError('invalid_json', 'The request body has the same key twice at its top level.', {
        param: key.name.slice(0, 64),
      });
    }
    members.set(key.name, { keyStart: key.start, valueStart, valueEnd: end });
    key = undefined;
  };

  for (let at = 0; at < bytes.length; at += 1) {
    switch (bytes[at]) {
      case quote: {
        const end = stringEnd(bytes, at);
        if (expectKey) {
          if (depth === 1) key = { name: keyName(bytes, at, end), start: at };
          else if (isProtoKey(bytes, at, end)) throw protoKeyError();
          if (key?.name === '__proto__') throw protoKeyError();
          expectKey = false;
        } else if (end - at >= attachmentMinimumBytes && isAttachment(bytes, at, end)) {
          attachments += 1;
          attachmentBytes += end - at;
        }
        at = end;
        break;
      }
      case 0x3a: // :
        if (depth === 1) valueStart = at + 1;
        break;
      case 0x2c: // ,
        if (depth === 1) closeMember(at);
        expectKey = inObject[depth] === 1;
        break;
      case 0x7b: // {
      case 0x5b: // [
        depth += 1;
        if (depth > maxDepth)
          throw new WireError('invalid_json', `The request body nests deeper than ${maxDepth} levels.`);
        inObject[depth] = bytes[at] === 0x7b ? 1 : 0;
        expectKey = bytes[at] === 0x7b;
        break;
      case 0x7d: // }
      case 0x5d: // ]
        if (depth === 1) closeMember(at);
        depth -= 1;
        expectKey = false;
        break;
      default:
        break;
    }
  }
  return { members, textBytes: bytes.length - attachmentBytes, attachments, attachmentBytes };
}

/** Index of the closing quote. Short strings are walked; long ones are skipped with native search. */
function stringEnd(bytes: Buffer, start: number): number {
  const near = Math.min(start + 32, bytes.length);
  for (let at = start + 1; at < near; at += 1) {
    if (bytes[at] === quote) return at;
    if (bytes[at] === backslash) at += 1;
  }
  let at = start;
  for (;;) {
    at = bytes.indexOf(quote, at + 1);
    let backslashes = 0;
    while (bytes[at - 1 - backslashes] === backslash) backslashes += 1;
    if (backslashes % 2 === 0) return at;
  }
}

function keyName(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start + 1, end);
  return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text;
}

/** Cheap for every ordinary key: only one that could spell it, escapes included, is decoded. */
function isProtoKey(bytes: Buffer, start: number, end: number): boolean {
  const first = bytes[start + 1];
  if (first !== underscore && first !== backslash) return false;
  return end - start > '__proto__'.length && keyName(bytes, start, end) === '__proto__';
}

function protoKeyError(): WireError {
  return new WireError('invalid_json', 'The request body has a key named "__proto__", which is not accepted.');
}

/** An escape for something beyond ASCII. Prose in scripts that put no space between words may come without any other sign. */
const escapedLetter = /\\u(?!00[0-7])/;

function isAttachment(bytes: Buffer, start: number, end: number): boolean {
  const probe = bytes.subarray(start, Math.min(start + attachmentProbeBytes, end));
  return !probe.includes(space) && isAscii(probe) && !escapedLetter.test(probe.toString('latin1'));
}

/** A letter or `_`, written as an escape. */
const escapedAscii = /\\u00(?:[46][1-9a-fA-F]|[57][0-9aA]|5[fF])/;

/** Marks are those of our own code, so there are few. */
const expressions = new Map<string, RegExp>();

/**
 * Whether one of the marks, such as `"file_id"`, occurs in the body as it stands. One that is spelled with escapes cannot be seen
 * that way, so an escaped ASCII letter, which no serializer writes, counts as every mark. Marks are letters, `_` and quotes. One
 * expression for all: a search for each of them stops at every quote of the body.
 */
export function mentionsAny({ bytes }: JsonBody, marks: readonly string[]): boolean {
  const alternatives = marks.join('|');
  const expression = expressions.get(alternatives) ?? new RegExp(`${alternatives}|${escapedAscii.source}`);
  expressions.set(alternatives, expression);
  return expression.test(bytes.toString('latin1'));
}

/**
 * The body with top-level members set or (with `undefined`) removed. Members that stay keep their bytes and order; new ones come
 * first. Without changes the very same buffer is returned.
 */
export function withMembers(body: JsonBody, changes: Readonly<Record<string, unknown>>): Buffer {
  const names = Object.keys(changes).filter((name) => changes[name] !== undefined || body.members.has(name));
  if (names.length === 0) return body.bytes;
  const pieces: Buffer[] = [];
  const push = (piece: Buffer): void => {
    pieces.push(pieces.length === 0 ? openBrace : comma, piece);
  };
  for (const name of names) {
    if (changes[name] !== undefined && !body.members.has(name)) push(memberBytes(name, changes[name]));
  }
  for (const [name, member] of body.members) {
    if (!Object.hasOwn(changes, name)) push(body.bytes.subarray(member.keyStart, member.valueEnd));
    else if (changes[name] !== undefined) push(memberBytes(name, changes[name]));
  }
  pieces.push(pieces.length === 0 ? Buffer.from('{}') : closeBrace);
  return Buffer.concat(pieces);
}

const openBrace = Buffer.from('{');
const closeBrace = Buffer.from('}');
const comma = Buffer.from(',');

function memberBytes(name: string, value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(name)}:${JSON.stringify(value)}`);
}
