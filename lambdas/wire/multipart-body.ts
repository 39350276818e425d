import { isUtf8 } from 'node:buffer';
import type { JsonBody } from './json-body.ts';
import type { RequestForm } from './protocol.ts';
import { WireError } from './wire-error.ts';

/**
 * A form with a file, read without changing or copying a byte. Stricter than RFC 7578, as readers of forms disagree on everything
 * unusual: where two could see different models, one would be priced and the other one would run.
 */
export const multipartForm: RequestForm = { mediaType: 'multipart/form-data', parse: parseMultipartBody };

const maxParts = 64;
const maxHeadBytes = 4096;
const headEnd = Buffer.from('\r\n\r\n');

/** @throws WireError for anything but a well-formed form whose fields have one value each; names that end in `[]` are lists. */
function parseMultipartBody(bytes: Buffer, contentType: string): JsonBody {
  const boundary = readBoundary(contentType);
  const members = new Map<string, { keyStart: number; valueStart: number; valueEnd: number }>();
  const value: Record<string, unknown> = {};
  let attachments = 0;
  let attachmentBytes = 0;
  for (const { head, keyStart, valueStart, valueEnd } of readParts(bytes, Buffer.from(`--${boundary}`))) {
    const { name, isFile } = readHead(head);
    if (members.has(name) && !name.endsWith('[]')) throw malformed('it has the same field twice');
    if (name === '__proto__') throw malformed('it has a field named "__proto__"');
    members.set(name, { keyStart, valueStart, valueEnd });
    if (isFile) {
      attachments += 1;
      attachmentBytes += valueEnd - valueStart;
    } else {
      const field = bytes.subarray(valueStart, valueEnd);
      if (!isUtf8(field)) throw malformed('a field is not valid UTF-8');
      value[name] = field.toString('utf8');
    }
  }
  const textBytes = bytes.length - attachmentBytes;
  return { bytes, value, members, textBytes, attachments, attachmentBytes, contentType };
}

/** The form with one of its fields changed; every other byte stays. */
export function withField({ bytes, members }: JsonBody, name: string, text: string): Buffer {
  const field = members.get(name);
  if (field === undefined) return bytes;
  return Buffer.concat([bytes.subarray(0, field.valueStart), Buffer.from(text), bytes.subarray(field.valueEnd)]);
}

/** Quoted or not, of the characters that RFC 2046 allows, and no other parameter: the header goes on as it is. */
const withBoundary = /^multipart\/form-data; ?boundary=(?:([\w'+.-]{1,70})|"([\w'()+,./:=?-]{1,70})")$/i;

function readBoundary(contentType: string): string {
  const [, plain, quoted] = withBoundary.exec(contentType) ?? [];
  const boundary = plain ?? quoted;
  if (boundary === undefined) throw malformed('its content type has no usable boundary');
  return boundary;
}

interface Part {
  readonly head: string;
  readonly keyStart: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

const carriageReturn = 0x0d;
const lineFeed = 0x0a;

function readParts(bytes: Buffer, opening: Buffer): Part[] {
  const delimiter = Buffer.concat([Buffer.from('\r\n'), opening]);
  const isOpening = (at: number): boolean => bytes.subarray(at, at + opening.length).equals(opening);
  if (!isOpening(0)) throw malformed('it does not begin with its boundary');
  const parts: Part[] = [];
  let at = opening.length;
  while (bytes[at] === carriageReturn && bytes[at + 1] === lineFeed) {
    const keyStart = at + 2;
    const end = bytes.subarray(0, keyStart + maxHeadBytes).indexOf(headEnd, keyStart);
    const valueStart = end + headEnd.length;
    const valueEnd = bytes.indexOf(delimiter, valueStart);
    // An empty value has a line end of its own; some readers take that of the head for it.
    if (end === -1 || valueEnd === -1 || isOpening(valueStart)) throw malformed('one of its parts does not end');
    parts.push({ head: bytes.toString('latin1', keyStart, end), keyStart, valueStart, valueEnd });
    if (parts.length > maxParts) throw malformed(`it has more than ${maxParts} parts`);
    at = valueEnd + delimiter.length;
  }
  if (!['--', '--\r\n'].includes(bytes.toString('latin1', at))) throw malformed('its last boundary is not its end');
  return parts;
}

/** Escapes in names are read differently, so there are none; a file may have any name whose quotes are not in doubt. */
const disposition =
  /^content-disposition: ?form-data; ?name="([^"\\%\r\n]+)"(; ?filename="(?:[^"\\\r\n]|\\[^"\r\n])*")?(?:; ?filename\*=[\w!#$&+.^`|~%'-]+)?$/i;
const harmless =
  /^(?:content-type: ?[\w./+-]+(?:; ?[\w-]+=[\w-]+)*|content-length: ?\d+|content-transfer-encoding: ?(?:binary|[78]bit))$/i;

function readHead(head: string): { name: string; isFile: boolean } {
  const lines = head.split('\r\n');
  const found = lines.map((line) => disposition.exec(line)).filter((match) => match !== null);
  const others = lines.filter((line) => !disposition.test(line));
  const [, name, filename] = found[0] ?? [];
  if (name === undefined || found.length > 1 || !others.every((line) => harmless.test(line))) {
    throw malformed('a part has headers that are not understood');
  }
  return { name, isFile: filename !== undefined };
}

function malformed(problem: string): WireError {
  return new WireError('invalid_request', `The request body is not a form that can be read without doubt: ${problem}.`);
}
