import { isRecord, type JsonRecord } from './json.ts';

/** Below this depth nothing optional is filled in, so that a schema that refers to itself comes to an end. */
const optionalDepth = 6;
/** Bounds for schemas that ask for more than anybody would send; what lies beyond them is null or left out. */
const maximumValues = 1000;
const maximumLength = 10_000;

const sampleByFormat: Readonly<Record<string, string>> = {
  date: '2026-01-31',
  'date-time': '2026-01-31T12:00:00Z',
  time: '12:00:00Z',
  email: 'someone@example.com',
  uri: 'https://example.com/',
  uuid: '3f2b8c1e-5d4a-4f6b-9c7d-8e9f0a1b2c3d',
  ipv4: '192.0.2.1',
};

/** Arguments for a tool call: a value that fits the tool's JSON schema, the same for the same schema. */
export function sampleArguments(schema: unknown): JsonRecord {
  const value = sampleValue(schema);
  return isRecord(value) ? value : {};
}

/** A value of whatever type the JSON schema describes. */
export function sampleValue(schema: unknown): unknown {
  return sample(schema, { root: schema, name: 'value', depth: 0, budget: { values: maximumValues } });
}

interface Place {
  /** The whole schema, for `$ref`. */
  readonly root: unknown;
  /** The property being filled: the text of a sample string. */
  readonly name: string;
  readonly depth: number;
  /** How many more values there may be, shared by the whole sample. */
  readonly budget: { values: number };
}

function sample(schema: unknown, place: Place): unknown {
  if (!isRecord(schema) || place.budget.values <= 0) return null;
  place.budget.values -= 1;
  const below = { ...place, depth: place.depth + 1 };
  if (typeof schema.$ref === 'string') return sample(dereference(schema.$ref, place.root), below);
  if (Object.hasOwn(schema, 'const')) return schema.const;
  if (Object.hasOwn(schema, 'default')) return schema.default;
  for (const choices of [schema.enum, schema.examples]) {
    if (Array.isArray(choices) && choices.length > 0) return choices[0];
  }
  for (const alternatives of [schema.anyOf, schema.oneOf]) {
    if (!Array.isArray(alternatives) || alternatives.length === 0) continue;
    // People write "or null" last.
    return sample(alternatives.at(isDeep(place) ? -1 : 0), below);
  }
  if (Array.isArray(schema.allOf) && schema.allOf.length > 0) return sampleAll(schema, below);
  return sampleOfType(schema, below);
}

/** Objects are merged, with the schema's own properties too; for anything else the first part has to do. */
function sampleAll(schema: JsonRecord, place: Place): unknown {
  const { allOf, ...own } = schema;
  const parts = (Array.isArray(allOf) ? allOf : []).map((part) => sample(part, place));
  if (!parts.every(isRecord)) return parts[0];
  return Object.assign({}, ...parts, sampleObject(own, place));
}

function sampleOfType(schema: JsonRecord, place: Place): unknown {
  const type = Array.isArray(schema.type)
    ? schema.type[0]
    : (schema.type ?? ('properties' in schema ? 'object' : 'string'));
  switch (type) {
    case 'object':
      return sampleObject(schema, place);
    case 'array':
      return Array.from({ length: readLength(schema.minItems) ?? (isDeep(place) ? 0 : 1) }, () =>
        sample(schema.items, place),
      );
    case 'string':
      return sampleString(schema, place.name);
    case 'integer':
    case 'number':
      return sampleNumber(schema);
    case 'boolean':
      return true;
    default:
      return null;
  }
}

/** The required properties, or all of them where the schema names none as required. */
function sampleObject(schema: JsonRecord, place: Place): JsonRecord {
  const properties = isRecord(schema.properties) ? schema.properties : {};
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  const all = required.size === 0 && !isDeep(place);
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([name]) => all || required.has(name))
      .map(([name, property]) => [name, sample(property, { ...place, name })]),
  );
}

function sampleString(schema: JsonRecord, name: string): string {
  const formatted = typeof schema.format === 'string' ? sampleByFormat[schema.format] : undefined;
  if (formatted !== undefined) return formatted;
  // JSON schema counts code points, and cutting by UTF-16 units could leave half of one.
  const characters = Array.from(`sample ${name}`).slice(0, readNumber(schema.maxLength));
  return characters.join('') + '.'.repeat(Math.max(0, (readLength(schema.minLength) ?? 0) - characters.length));
}

/** 1 where the bounds allow it, else the nearest number that they do. */
function sampleNumber(schema: JsonRecord): number {
  const step = readNumber(schema.multipleOf) ?? (schema.type === 'integer' ? 1 : undefined);
  return step === undefined ? sampleReal(schema) : sampleMultiple(schema, step);
}

function sampleMultiple(schema: JsonRecord, step: number): number {
  const above = readNumber(schema.exclusiveMinimum);
  const below = readNumber(schema.exclusiveMaximum);
  const least =
    above === undefined ? Math.ceil((readNumber(schema.minimum) ?? -Infinity) / step) : Math.floor(above / step) + 1;
  const most =
    below === undefined ? Math.floor((readNumber(schema.maximum) ?? Infinity) / step) : Math.ceil(below / step) - 1;
  return Math.min(Math.max(1, least), most) * step;
}

/** Strictly between the bounds, inclusive or not, unless they meet. */
function sampleReal(schema: JsonRecord): number {
  const low = readNumber(schema.exclusiveMinimum) ?? readNumber(schema.minimum) ?? -Infinity;
  const high = readNumber(schema.exclusiveMaximum) ?? readNumber(schema.maximum) ?? Infinity;
  if (low < 1 && 1 < high) return 1;
  if (high === Infinity) return low + 1;
  return low === -Infinity ? high - 1 : (low + high) / 2;
}

/** Follows a reference inside the document, such as `#/$defs/Place`; null for any other. */
function dereference(reference: string, root: unknown): unknown {
  const [start, ...steps] = reference.split('/');
  if (start !== '#') return null;
  return steps.reduce<unknown>((value, step) => {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    return isRecord(value) ? value[name] : null;
  }, root);
}

function isDeep({ depth }: Place): boolean {
  return depth > optionalDepth;
}

function readLength(value: unknown): number | undefined {
  return typeof value === 'number' ? Math.min(value, maximumLength) : undefined;
}

function readNumber(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
