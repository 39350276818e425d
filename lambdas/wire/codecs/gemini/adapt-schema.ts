import { type Fields, requireObject } from '../../canonical/read.ts';
import type { JsonSchema } from '../../canonical/request.ts';
import { isObject } from '../../json-fields.ts';
import { aloneAnyOf, withAll } from './alone-any-of.ts';
import type { CopyBudget } from './copy-budget.ts';
import { equivalentKeywords } from './equivalent-keywords.ts';
import { SchemaReferences } from './schema-references.ts';

export interface SchemaTarget {
  /** Where the client wrote the schema. */
  readonly path: string;
  /** Told each constraint that the model is told of in words and Gemini does not enforce. */
  readonly onUnenforced: (path: string) => void;
  /** Shared by all schemas of a request. */
  readonly copies: CopyBudget;
}

/** What `parametersJsonSchema` and `responseJsonSchema` take. https://ai.google.dev/api/generate-content#v1beta.GenerationConfig */
const supported: ReadonlySet<string> = new Set([
  'type',
  'title',
  'description',
  'enum',
  'format',
  'items',
  'prefixItems',
  'minItems',
  'maxItems',
  'minimum',
  'maximum',
  'anyOf',
  'oneOf',
  'properties',
  'additionalProperties',
  'required',
  'propertyOrdering',
]);

/** Say nothing about which values are valid. Definitions are taken over by those who refer to them. */
const annotations: ReadonlySet<string> = new Set([
  '$schema',
  '$id',
  'id',
  '$comment',
  '$anchor',
  '$defs',
  'definitions',
  'examples',
  'example',
  'strict',
  'deprecated',
  'readOnly',
  'writeOnly',
]);

/** Useful to the model, though no constraint. */
const hints: ReadonlySet<string> = new Set(['default', 'contentMediaType', 'contentEncoding']);

/**
 * A client's JSON Schema in the subset that Gemini takes. Keywords outside of it are rewritten to equivalent ones where there are
 * some; others are put in words, as JSON in the description, so that the model still knows of them, and reported.
 */
export function adaptSchema(schema: JsonSchema, target: SchemaTarget): JsonSchema {
  const references = new SchemaReferences(schema);
  const walk: Walk = { references, onUnenforced: target.onUnenforced, copies: target.copies, depth: 0 };
  const adapted = adapt(schema, target.path, walk);
  const $defs = references.define((definition, pointer) => adapt(definition, target.path + pointer, walk));
  return Object.keys($defs).length === 0 ? adapted : { ...adapted, $defs };
}

interface Walk {
  readonly references: SchemaReferences;
  readonly onUnenforced: (path: string) => void;
  readonly copies: CopyBudget;
  /** How many copies of definitions lie around this place: each is as deep as a request may nest. */
  readonly depth: number;
}

const maxDepth = 4;

function adapt(value: unknown, path: string, walk: Walk): Fields {
  if (value === true) return {};
  if (value === false) return describe({}, { not: {} }, path, walk);
  const schema = equivalentKeywords(requireObject(value, path));
  if (typeof schema['$ref'] === 'string') return refer(schema['$ref'], schema, path, walk);
  const adapted: Record<string, unknown> = {};
  const inWords: Record<string, unknown> = {};
  // An object's properties and further alternatives cannot stand side by side.
  const apart: ReadonlySet<string> = new Set(schema['properties'] === undefined ? [] : ['anyOf', 'oneOf']);
  for (const [name, member] of Object.entries(schema)) {
    if (annotations.has(name) || member === undefined) continue;
    const isTaken = supported.has(name) && !apart.has(name) && isTakenAs(name, member);
    if (isTaken) adapted[name] = adaptMember(name, member, path, walk);
    else inWords[name] = member;
  }
  return aloneAnyOf(describe(adapted, inWords, path, walk), walk.copies);
}

const formats: ReadonlySet<unknown> = new Set(['date-time', 'date', 'time', 'int32', 'int64', 'float', 'double']);

/** Formats and enumerations are taken for some types only. */
function isTakenAs(name: string, value: unknown): boolean {
  switch (name) {
    case 'format':
      return formats.has(value);
    case 'enum':
      return Array.isArray(value) && value.every((entry) => typeof entry === 'string' || typeof entry === 'number');
    default:
      return true;
  }
}

function adaptMember(name: string, value: unknown, path: string, walk: Walk): unknown {
  const memberPath = `${path}.${name}`;
  switch (name) {
    case 'items':
      return adapt(value, memberPath, walk);
    case 'additionalProperties':
      return typeof value === 'boolean' ? value : adapt(value, memberPath, walk);
    case 'properties':
      return Object.fromEntries(
        Object.entries(requireObject(value, memberPath)).map(([key, property]) => [
          key,
          adapt(property, `${memberPath}.${key}`, walk),
        ]),
      );
    case 'anyOf':
    case 'oneOf':
    case 'prefixItems':
      return Array.isArray(value)
        ? value.map((entry: unknown, index) => adapt(entry, `${memberPath}[${index}]`, walk))
        : value;
    default:
      return value;
  }
}

function describe(adapted: Fields, inWords: Fields, path: string, walk: Walk): Fields {
  if (Object.keys(inWords).length === 0) return adapted;
  for (const name of Object.keys(inWords)) if (!hints.has(name)) walk.onUnenforced(`${path}.${name}`);
  const { description } = adapted;
  const words = `JSON Schema: ${JSON.stringify(inWords)}`;
  return { ...adapted, description: typeof description === 'string' ? `${description}\n${words}` : words };
}

/** Beside a `$ref` nothing else may stand, so what does is said together with a copy of what it refers to. */
function refer(reference: string, schema: Fields, path: string, walk: Walk): Fields {
  const { $ref: _, ...others } = schema;
  const beside = Object.fromEntries(Object.entries(others).filter(([name]) => !annotations.has(name)));
  const definition = walk.references.resolve(reference);
  if (definition === undefined) return describe(adapt(beside, path, walk), { $ref: reference }, path, walk);
  if (Object.keys(beside).length === 0) return { $ref: `#/$defs/${walk.references.nameOf(reference)}` };
  const { description, title, ...constraints } = beside;
  const own = { ...(description !== undefined && { description }), ...(title !== undefined && { title }) };
  if (isObject(definition) && walk.depth < maxDepth && walk.copies.take([definition, constraints], 1)) {
    const together = withAll(definition, constraints);
    if (together !== undefined) return adapt({ ...together, ...own }, path, { ...walk, depth: walk.depth + 1 });
  }
  const anyOf = [{ $ref: `#/$defs/${walk.references.nameOf(reference)}` }];
  return describe({ ...own, anyOf }, constraints, path, walk);
}
