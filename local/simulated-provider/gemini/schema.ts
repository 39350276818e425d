import * as z from 'zod';
import { isRecord, type JsonRecord } from '../json.ts';
import { refuse } from '../refusal.ts';

const types = ['STRING', 'NUMBER', 'INTEGER', 'BOOLEAN', 'ARRAY', 'OBJECT', 'NULL'];

/** A 64-bit integer is text in protobuf's JSON, and a number is taken as well. */
const int64 = z.union([z.int(), z.string().regex(/^\d+$/)]).optional();

/** `Schema` of https://ai.google.dev/api/caching#Schema: any other keyword of JSON schema is an unknown field. */
export const geminiSchema = z.strictObject({
  type: z
    .union([z.literal('TYPE_UNSPECIFIED'), z.string().refine((type) => types.includes(type.toUpperCase()))])
    .optional(),
  format: z.string().optional(),
  title: z.string().optional(),
  description: z.string().optional(),
  nullable: z.boolean().optional(),
  enum: z.array(z.string()).optional(),
  maxItems: int64,
  minItems: int64,
  minProperties: int64,
  maxProperties: int64,
  minLength: int64,
  maxLength: int64,
  pattern: z.string().optional(),
  example: z.unknown().optional(),
  default: z.unknown().optional(),
  required: z.array(z.string()).optional(),
  propertyOrdering: z.array(z.string()).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  get properties() {
    return z.record(z.string(), geminiSchema).optional();
  },
  get anyOf() {
    return z.array(geminiSchema).optional();
  },
  get items() {
    return geminiSchema.optional();
  },
});

/** What Google checks beyond the names of the members. */
export function checkGeminiSchema(schema: unknown, path: string): void {
  if (!isRecord(schema)) return;
  const type = typeof schema.type === 'string' ? schema.type.toUpperCase() : undefined;
  const properties = isRecord(schema.properties) ? schema.properties : {};
  if (type === 'ARRAY' && schema.items === undefined)
    refuse(path, `* GenerateContentRequest.${path}.items: missing field.`);
  if (type === 'OBJECT' && 'properties' in schema && Object.keys(properties).length === 0) {
    refuse(path, `* GenerateContentRequest.${path}.properties: should be non-empty for OBJECT type`);
  }
  if (Array.isArray(schema.enum) && type !== 'STRING') {
    refuse(path, `* GenerateContentRequest.${path}.enum: only allowed for STRING type`);
  }
  const required: unknown[] = Array.isArray(schema.required) ? schema.required : [];
  for (const [index, name] of required.entries()) {
    if (typeof name === 'string' && Object.hasOwn(properties, name)) continue;
    refuse(path, `* GenerateContentRequest.${path}.required[${index}]: property is not defined`);
  }
  for (const [name, child] of Object.entries(properties)) checkGeminiSchema(child, `${path}.properties[${name}]`);
  checkGeminiSchema(schema.items, `${path}.items`);
}

/** Google's own form as JSON schema. */
export function toJsonSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(toJsonSchema);
  if (!isRecord(schema)) return schema;
  const { type, properties, items, anyOf, minItems, minLength, maxLength, ...others } = schema;
  const numbers = Object.entries({ minItems, minLength, maxLength }).filter(([, value]) => value !== undefined);
  return {
    ...others,
    ...Object.fromEntries(numbers.map(([name, value]) => [name, Number(value)])),
    ...(typeof type === 'string' && { type: type.toLowerCase() }),
    ...(isRecord(properties) && { properties: mapValues(properties) }),
    ...(items !== undefined && { items: toJsonSchema(items) }),
    ...(anyOf !== undefined && { anyOf: toJsonSchema(anyOf) }),
  };
}

function mapValues(record: JsonRecord): JsonRecord {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, toJsonSchema(value)]));
}
