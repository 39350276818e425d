import { isRecord } from '../json.ts';
import { refuse } from '../refusal.ts';

const unsupported = [
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
];

/**
 * Claude's structured outputs take closed objects, and no bounds:
 * https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations
 *
 * @throws Refusal naming the place in the schema
 */
export function checkClosedSchema(schema: unknown, path: string): void {
  if (!isRecord(schema)) return;
  const type = typeof schema.type === 'string' ? schema.type : 'any';
  if (type === 'object' && schema.additionalProperties !== false) {
    refuse(path, `${path}: For 'object' type, 'additionalProperties' must be explicitly set to false`);
  }
  const keyword = unsupported.find((name) => name in schema);
  if (keyword !== undefined) refuse(path, `${path}: For '${type}' type, property '${keyword}' is not supported`);
  for (const member of ['properties', '$defs', 'definitions']) {
    const named = schema[member];
    if (!isRecord(named)) continue;
    for (const [name, child] of Object.entries(named)) checkClosedSchema(child, `${path}.${member}.${name}`);
  }
  checkClosedSchema(schema.items, `${path}.items`);
  for (const member of ['anyOf', 'allOf']) {
    const branches: unknown[] = Array.isArray(schema[member]) ? schema[member] : [];
    branches.forEach((child, index) => checkClosedSchema(child, `${path}.${member}.${index}`));
  }
}
