import { isRecord, type JsonRecord } from '../json.ts';
import { refuse } from '../refusal.ts';

/**
 * OpenAI's strict mode takes only schemas whose objects list every property as required and allow no other:
 * https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
 *
 * @throws Refusal naming the place in the schema
 */
export function requireStrictSchema(schema: unknown, at: { readonly param: string; readonly name: string }): void {
  for (const { node, context } of walk(schema, [])) checkObject(node, { ...at, context });
}

function checkObject(node: JsonRecord, at: { param: string; name: string; context: readonly string[] }): void {
  const isObject = node.type === 'object' || (Array.isArray(node.type) && node.type.includes('object'));
  if (!isObject) return;
  const fail = (reason: string): never =>
    refuse(
      at.param,
      `Invalid schema for '${at.name}': In context=(${describe(at.context)}), ${reason}`,
      'invalid_json_schema',
    );
  if (node.additionalProperties !== false) fail("'additionalProperties' is required to be supplied and to be false.");
  const properties = Object.keys(isRecord(node.properties) ? node.properties : {});
  const required = Array.isArray(node.required) ? node.required : [];
  const missing = properties.find((name) => !required.includes(name));
  if (missing !== undefined) {
    fail(`'required' is required to be an array including every key in properties. Missing '${missing}'.`);
  }
}

function* walk(node: unknown, context: readonly string[]): Generator<{ node: JsonRecord; context: readonly string[] }> {
  if (!isRecord(node)) return;
  yield { node, context };
  for (const member of ['properties', '$defs', 'definitions']) {
    if (!isRecord(node[member])) continue;
    for (const [name, child] of Object.entries(node[member])) yield* walk(child, [...context, member, name]);
  }
  yield* walk(node.items, [...context, 'items']);
  for (const member of ['anyOf', 'allOf', 'oneOf']) {
    const branches = node[member];
    if (!Array.isArray(branches)) continue;
    for (const [index, child] of branches.entries()) yield* walk(child, [...context, member, `${index}`]);
  }
}

function describe(context: readonly string[]): string {
  return context.map((step) => `'${step}'`).join(', ');
}
