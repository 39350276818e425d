import type { Fields } from '../../canonical/read.ts';
import { isObject } from '../../json-fields.ts';
import type { CopyBudget } from './copy-budget.ts';

/**
 * Vertex AI refuses a schema that says anything beside its alternatives, so what it says is said by each of them: the same
 * constraints. A description, which binds nothing, goes to the first one that can have it. Where that is not possible the schema
 * stays as it is. https://github.com/googleapis/python-genai/issues/625
 */
export function aloneAnyOf(schema: Fields, copies: CopyBudget): Fields {
  const { anyOf, description, title, ...constraints } = schema;
  if (!Array.isArray(anyOf) || Object.keys(schema).length === 1) return schema;
  if (!copies.take(constraints, anyOf.length)) return schema;
  const merged = anyOf.map((alternative: unknown) =>
    isObject(alternative) ? withAll(alternative, constraints) : undefined,
  );
  const alternatives = merged.filter((alternative) => alternative !== undefined);
  if (alternatives.length < anyOf.length) return schema;
  const said = [title, description].filter((text) => typeof text === 'string').join('\n');
  if (said === '') return { anyOf: alternatives };
  const at = alternatives.findIndex((alternative) => !Object.hasOwn(alternative, '$ref'));
  if (at === -1) return schema;
  return {
    anyOf: alternatives.map((alternative, index) => (index === at ? describedBy(said, alternative) : alternative)),
  };
}

function describedBy(said: string, alternative: Fields): Fields {
  const { description } = alternative;
  return { ...alternative, description: typeof description === 'string' ? `${said}\n${description}` : said };
}

/** Both schemas in one; `undefined` where they speak of the same keyword, or nothing may stand beside what the first one says. */
export function withAll(schema: Fields, constraints: Fields): Fields | undefined {
  const merged: Record<string, unknown> = { ...schema };
  for (const [name, value] of Object.entries(constraints)) {
    if (Object.hasOwn(schema, '$ref') || Object.hasOwn(schema, 'anyOf')) return undefined;
    const own = schema[name];
    if (own === undefined) merged[name] = value;
    else if (JSON.stringify(own) !== JSON.stringify(value)) return undefined;
  }
  return merged;
}
