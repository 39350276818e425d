import type { AttributeValue } from '@aws-sdk/client-dynamodb';

type Item = Record<string, AttributeValue>;

/**
 * The input with every `Uint8Array` in it as base64 text, the form of binary values in DynamoDB's JSON. Returns the input
 * itself, without a copy, where there is none.
 */
export function withBase64<Value>(value: Value): Value {
  return encode(value) as Value;
}

function encode(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64');
  let copy: Record<string, unknown> | unknown[] | undefined;
  // `for in` instead of entries: every store call of every request walks its input here.
  for (const key in value) {
    const member: unknown = value[key as keyof typeof value];
    const encoded = encode(member);
    if (encoded === member) continue;
    copy ??= Array.isArray(value) ? [...value] : { ...value };
    (copy as Record<string, unknown>)[key] = encoded;
  }
  return copy ?? value;
}

/** Turns the base64 text of every binary value of a parsed item into bytes, in place. */
export function readBinaryValues(item: Item | undefined): void {
  if (item === undefined) return;
  for (const value of Object.values(item)) readBinaryValue(value);
}

function readBinaryValue(value: AttributeValue): void {
  if (value.B !== undefined) value.B = fromBase64(value.B);
  else if (value.BS !== undefined) value.BS = value.BS.map(fromBase64);
  else if (value.M !== undefined) readBinaryValues(value.M);
  else if (value.L !== undefined) value.L.forEach(readBinaryValue);
}

/** What is typed as bytes is text until here: the type describes the item after the reading. */
function fromBase64(text: unknown): Uint8Array {
  return Buffer.from(String(text), 'base64');
}
