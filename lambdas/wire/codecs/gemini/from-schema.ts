import { type Fields, isAbsent, requireList, requireObject, requireText } from '../../canonical/read.ts';
import type { JsonSchema } from '../../canonical/request.ts';
import { toCamelCase } from '../../gemini-fields.ts';
import { invalid } from '../../json-fields.ts';

/**
 * Gemini's own `Schema`, a dialect of OpenAPI 3.0, as JSON Schema: types in lower case, `nullable` as a type, limits as numbers,
 * since protobuf writes 64-bit integers as strings. https://ai.google.dev/api/caching#Schema
 */
export function fromSchema(value: unknown, path: string): JsonSchema {
  const schema: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(requireObject(value, path))) {
    if (!isAbsent(member)) Object.assign(schema, readKeyword(toCamelCase(name), member, `${path}.${name}`));
  }
  const { nullable, propertyOrdering, ...rest } = schema;
  const ordered = Array.isArray(propertyOrdering) ? inOrder(rest, propertyOrdering) : rest;
  return nullable === true ? orNull(ordered) : ordered;
}

const limits: ReadonlySet<string> = new Set([
  'maxItems',
  'minItems',
  'maxLength',
  'minLength',
  'maxProperties',
  'minProperties',
]);

function readKeyword(name: string, value: unknown, path: string): Fields {
  if (limits.has(name)) return { [name]: readLimit(value, path) };
  switch (name) {
    case 'type':
      return readType(value, path);
    case 'format':
      // Says that a string has an `enum`, which is there to see.
      return value === 'enum' ? {} : { format: value };
    case 'items':
      return { items: fromSchema(value, path) };
    case 'additionalProperties':
      return { [name]: typeof value === 'boolean' ? value : fromSchema(value, path) };
    case 'anyOf':
      return { anyOf: requireList(value, path).map((entry, index) => fromSchema(entry, `${path}[${index}]`)) };
    case 'properties':
      return { properties: readProperties(value, path) };
    case 'defs':
      return { $defs: readProperties(value, path) };
    case 'ref':
      return { $ref: requireText(value, path).replace('#/defs/', '#/$defs/') };
    case 'example':
      return { examples: [value] };
    default:
      return { [name]: value };
  }
}

function readLimit(value: unknown, path: string): number {
  const limit = typeof value === 'string' && value !== '' ? Number(value) : value;
  if (typeof limit !== 'number' || !Number.isInteger(limit)) throw invalid(path, 'must be an integer');
  return limit;
}

function readType(value: unknown, path: string): Fields {
  const type = requireText(value, path).toLowerCase();
  return type === 'type_unspecified' ? {} : { type };
}

/** The names are the client's own, so they keep their spelling. */
function readProperties(value: unknown, path: string): Fields {
  return Object.fromEntries(
    Object.entries(requireObject(value, path)).map(([name, schema]) => [name, fromSchema(schema, `${path}.${name}`)]),
  );
}

function inOrder(schema: Fields, order: readonly unknown[]): Fields {
  const properties = (schema['properties'] ?? {}) as Fields;
  const ranks = new Map(order.map((name, index) => [name, index]));
  const rank = (name: string): number => ranks.get(name) ?? order.length;
  const entries = Object.entries(properties).toSorted(([one], [other]) => rank(one) - rank(other));
  return { ...schema, ...(entries.length > 0 && { properties: Object.fromEntries(entries) }) };
}

function orNull(schema: Fields): Fields {
  if (typeof schema['type'] !== 'string') return { anyOf: [schema, { type: 'null' }] };
  return {
    ...schema,
    type: [schema['type'], 'null'],
    ...(Array.isArray(schema['enum']) && { enum: [...(schema['enum'] as unknown[]), null] }),
  };
}
