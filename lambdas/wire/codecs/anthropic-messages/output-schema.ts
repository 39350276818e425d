import type { JsonSchema } from '../../canonical/request.ts';
import { isObject } from '../../json-fields.ts';

export interface AdaptedSchema {
  readonly schema: JsonSchema;
  /** What the schema asks for and Anthropic cannot guarantee, in words. */
  readonly problems: readonly string[];
}

/** https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations */
const formats = new Set(['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'uri', 'ipv4', 'ipv6', 'uuid']);
const kept = new Set(['type', 'title', 'description', 'default', 'required']);
const silent = new Set(['$schema', '$id', '$comment', 'additionalProperties']);
const structural = new Set([
  'not',
  'if',
  'then',
  'else',
  'patternProperties',
  'propertyNames',
  'dependentRequired',
  'dependentSchemas',
  'prefixItems',
  'contains',
  'unevaluatedProperties',
  'unevaluatedItems',
  '$dynamicRef',
  '$anchor',
]);
const definitionKeywords = ['$defs', 'definitions'];
const annotations = new Set(['title', 'description', 'default', 'examples', 'deprecated']);

/**
 * The schema in the subset that Anthropic compiles. Bounds and patterns go into the description, as Anthropic's own SDKs do it,
 * and `oneOf` becomes `anyOf`; what changes which documents are valid is a problem. Every object is closed: a document without
 * further members fits an open schema too.
 */
export function adaptSchema(schema: JsonSchema): AdaptedSchema {
  const problems = new Set<string>();
  if (isRecursive(schema)) problems.add('a schema must refer neither to itself nor to another document');
  return { schema: adaptNode(schema, problems), problems: [...problems] };
}

function adaptNode(node: unknown, problems: Set<string>): JsonSchema {
  if (!isObject(node)) {
    problems.add('a schema that takes any value or none cannot be kept to');
    return {};
  }
  if (Object.hasOwn(node, '$ref')) return adaptReference(node, problems);
  const adapted: Record<string, unknown> = {};
  const words: string[] = [];
  for (const [keyword, value] of Object.entries(node)) {
    const result = adaptKeyword(keyword, value, problems);
    if (result === undefined) words.push(`${keyword}: ${JSON.stringify(value)}`);
    else Object.assign(adapted, result);
  }
  if (isOfType(node, 'object') || isObject(node['properties'])) closeObject(node, adapted, problems);
  const shaped = ['type', 'enum', 'const', 'anyOf', 'allOf'].some((keyword) => Object.hasOwn(adapted, keyword));
  if (!shaped) problems.add('every part of a schema needs a type');
  if (words.length > 0) {
    const description = typeof adapted['description'] === 'string' ? `${adapted['description']}\n\n` : '';
    adapted['description'] = `${description}{${words.join(', ')}}`;
  }
  return adapted;
}

/** Beside a reference Anthropic takes definitions only. */
function adaptReference(node: JsonSchema, problems: Set<string>): JsonSchema {
  const others = Object.keys(node).filter((keyword) => keyword !== '$ref' && !definitionKeywords.includes(keyword));
  if (others.some((keyword) => !annotations.has(keyword) && !silent.has(keyword))) {
    problems.add('a schema takes nothing beside a $ref');
  }
  const definitions = definitionKeywords.filter((keyword) => Object.hasOwn(node, keyword));
  return {
    $ref: node['$ref'],
    ...Object.fromEntries(
      definitions.map((keyword) => [keyword, mapValues(node[keyword], (entry) => adaptNode(entry, problems))]),
    ),
  };
}

/** `undefined` for what goes into the description. */
function adaptKeyword(keyword: string, value: unknown, problems: Set<string>): object | undefined {
  if (kept.has(keyword)) return { [keyword]: value };
  if (silent.has(keyword)) return {};
  if (structural.has(keyword)) {
    problems.add(`a schema takes no ${keyword}`);
    return undefined;
  }
  switch (keyword) {
    case 'properties':
    case '$defs':
    case 'definitions':
      return { [keyword]: mapValues(value, (entry) => adaptNode(entry, problems)) };
    case 'items':
      return { items: adaptNode(value, problems) };
    case 'anyOf':
    case 'oneOf':
    case 'allOf':
      return { [keyword === 'oneOf' ? 'anyOf' : keyword]: listOf(value).map((entry) => adaptNode(entry, problems)) };
    case 'enum':
      return listOf(value).every(isPrimitive) ? { enum: value } : undefined;
    case 'const':
      return isPrimitive(value) ? { const: value } : undefined;
    case 'format':
      return typeof value === 'string' && formats.has(value) ? { format: value } : undefined;
    case 'minItems':
      return value === 0 || value === 1 ? { minItems: value } : undefined;
    default:
      return undefined;
  }
}

function closeObject(node: JsonSchema, adapted: Record<string, unknown>, problems: Set<string>): void {
  const further = node['additionalProperties'] ?? false;
  const fields = isObject(node['properties']) ? Object.keys(node['properties']) : [];
  const open = further !== false || (fields.length === 0 && node['additionalProperties'] === undefined);
  if (open) problems.add('an object must name its properties and take no others');
  adapted['properties'] ??= {};
  adapted['additionalProperties'] = false;
}

/** Whether a definition can be reached from itself, or the root is referred to at all. */
function isRecursive(root: JsonSchema): boolean {
  const definitions = new Map<string, unknown>();
  for (const keyword of definitionKeywords) {
    const named = root[keyword];
    if (!isObject(named)) continue;
    for (const [name, value] of Object.entries(named)) definitions.set(`#/${keyword}/${name}`, value);
  }
  // References from place to place instead of calls: a chain of definitions may be longer than the stack is deep.
  const onPath = new Set<string>();
  const done = new Set<string>();
  const waiting = references(root).map((reference) => ({ reference, leaving: false }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { reference, leaving } = next;
    if (leaving) {
      onPath.delete(reference);
      done.add(reference);
      continue;
    }
    if (onPath.has(reference) || !definitions.has(reference)) return true;
    if (done.has(reference)) continue;
    onPath.add(reference);
    waiting.push({ reference, leaving: true });
    for (const inner of references(definitions.get(reference))) waiting.push({ reference: inner, leaving: false });
  }
  return false;
}

function references(node: unknown): readonly string[] {
  if (Array.isArray(node)) return node.flatMap(references);
  if (!isObject(node)) return [];
  const own = typeof node['$ref'] === 'string' ? [node['$ref']] : [];
  return [...own, ...Object.values(node).flatMap(references)];
}

function isOfType(node: JsonSchema, type: string): boolean {
  return node['type'] === type || (Array.isArray(node['type']) && node['type'].includes(type));
}

function mapValues(value: unknown, change: (entry: unknown) => unknown): object {
  return isObject(value) ? Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, change(entry)])) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isPrimitive(value: unknown): boolean {
  return typeof value !== 'object' || value === null;
}
