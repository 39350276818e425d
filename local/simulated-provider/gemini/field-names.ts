import { isRecord } from '../json.ts';

/** Members whose insides are the caller's own. */
const opaque = [
  'args',
  'response',
  'parametersJsonSchema',
  'responseJsonSchema',
  'labels',
  'partMetadata',
  'default',
  'example',
];

/** Protobuf's JSON takes names in snake_case too. */
export function toCamelCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toCamelCase);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const camel = name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
      if (opaque.includes(camel)) return [camel, member];
      return [camel, camel === 'properties' && isRecord(member) ? keepNames(member) : toCamelCase(member)];
    }),
  );
}

/** The names of properties are the caller's, their schemas are not. */
function keepNames(properties: Record<string, unknown>): object {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, toCamelCase(schema)]));
}

export function wordUnknown(path: string): string {
  const steps = path.split('.');
  const name = steps.pop() ?? '';
  const place = steps.map((step) => (/^\d+$/.test(step) ? `[${step}]` : `.${step}`)).join('');
  const at = place === '' ? '' : ` at '${place.slice(1)}'`;
  return `Invalid JSON payload received. Unknown name "${name}"${at}: Cannot find field.`;
}
