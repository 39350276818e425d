import type { Fields } from '../../canonical/read.ts';
import { isObject } from '../../json-fields.ts';

/** The same constraints in keywords that Gemini has; those that have no equivalent stay as they are. */
export function equivalentKeywords(schema: Fields): Fields {
  return [mergeAllOf, constAsEnum, nullableAsType, nullOutOfEnum, integerBounds, tupleItems].reduce(
    (rewritten, rewrite) => rewrite(rewritten),
    schema,
  );
}

/** Parts that do not speak of the same keyword are one schema. */
function mergeAllOf(schema: Fields): Fields {
  const { allOf, ...rest } = schema;
  if (!Array.isArray(allOf) || !allOf.every(isObject)) return schema;
  const parts = [rest, ...allOf.map(equivalentKeywords)];
  const merged: Record<string, unknown> = {};
  for (const [name, values] of valuesByKeyword(parts)) {
    const value = mergeValues(name, values);
    if (value === undefined) return schema;
    merged[name] = value;
  }
  return merged;
}

/** Collected before anything is merged: merging one part after the other would take time in the square of their number. */
function valuesByKeyword(parts: readonly Fields[]): ReadonlyMap<string, readonly unknown[]> {
  const collected = new Map<string, unknown[]>();
  for (const part of parts) {
    for (const [name, value] of Object.entries(part)) {
      const known = collected.get(name);
      if (known === undefined) collected.set(name, [value]);
      else known.push(value);
    }
  }
  return collected;
}

/** `undefined` where the values contradict each other, as far as can be seen. */
function mergeValues(name: string, values: readonly unknown[]): unknown {
  const [first] = values;
  if (values.length === 1) return first;
  if (name === 'properties' && values.every(isObject)) {
    const entries = values.flatMap(Object.entries<unknown>);
    const merged = Object.fromEntries(entries);
    if (Object.keys(merged).length === entries.length) return merged;
  }
  if (name === 'required' && values.every(Array.isArray)) return [...new Set(values.flat())];
  const written = JSON.stringify(first);
  return values.every((value) => JSON.stringify(value) === written) ? first : undefined;
}

function constAsEnum(schema: Fields): Fields {
  const { const: only, ...rest } = schema;
  if (only === undefined || rest['enum'] !== undefined) return schema;
  if (only === null) return { ...rest, type: 'null' };
  if (typeof only !== 'string' && typeof only !== 'number') return schema;
  return { ...rest, type: rest['type'] ?? (typeof only === 'string' ? 'string' : 'number'), enum: [only] };
}

/** OpenAPI's way, which some generators keep. */
function nullableAsType(schema: Fields): Fields {
  const { nullable, ...rest } = schema;
  if (typeof nullable !== 'boolean') return schema;
  if (!nullable) return rest;
  const { type } = rest;
  if (type === undefined) return { anyOf: [rest, { type: 'null' }] };
  const types: readonly unknown[] = Array.isArray(type) ? type : [type];
  return { ...rest, type: types.includes('null') ? types : [...types, 'null'] };
}

/** Enumerations hold strings or numbers, so a null among them becomes an alternative. */
function nullOutOfEnum(schema: Fields): Fields {
  const { enum: values, type, description, title, ...rest } = schema;
  if (!Array.isArray(values) || !values.includes(null)) return schema;
  const others = (Array.isArray(type) ? (type as unknown[]) : [type]).filter((name) => name !== 'null');
  const said = { ...(description !== undefined && { description }), ...(title !== undefined && { title }) };
  const left = (values as unknown[]).filter((value) => value !== null);
  if (left.length === 0) return { ...said, ...rest, type: 'null' };
  const only = { ...rest, ...(others[0] !== undefined && { type: others.length === 1 ? others[0] : others }) };
  return { ...said, anyOf: [{ ...only, enum: left }, { type: 'null' }] };
}

/** Between whole numbers an open end is the next closed one. */
function integerBounds(schema: Fields): Fields {
  const { exclusiveMinimum: above, exclusiveMaximum: below, ...rest } = schema;
  if (rest['type'] !== 'integer') return schema;
  const { minimum, maximum } = rest;
  return {
    ...rest,
    ...(typeof above === 'number'
      ? { minimum: Math.max(Math.floor(above) + 1, typeof minimum === 'number' ? minimum : -Infinity) }
      : { ...(above !== undefined && { exclusiveMinimum: above }) }),
    ...(typeof below === 'number'
      ? { maximum: Math.min(Math.ceil(below) - 1, typeof maximum === 'number' ? maximum : Infinity) }
      : { ...(below !== undefined && { exclusiveMaximum: below }) }),
  };
}

/** Before 2020 a tuple was an array of `items`. */
function tupleItems(schema: Fields): Fields {
  const { items, additionalItems, ...rest } = schema;
  if (!Array.isArray(items)) return items === true ? { ...rest } : schema;
  return { ...rest, prefixItems: items, ...(additionalItems !== undefined && { items: additionalItems }) };
}
