import type * as z from 'zod';
import { Refusal } from './refusal.ts';

export type JsonRecord = Record<string, unknown>;

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws Refusal naming the first member that does not fit, as the vendors do. */
export function parseBody<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const param = issue?.path.join('.') || 'body';
  throw new Refusal('invalid-request', `${param}: ${issue?.message ?? 'invalid'}`, { param });
}
