import type * as z from 'zod';
import { Refusal } from './refusal.ts';

export type JsonRecord = Record<string, unknown>;

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The arguments of a call. Cut by the request's maximum they are not JSON, and have to be an object all the same. */
export function parseArguments(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}

/** How a vendor words that a request has a member it does not know. */
export type UnknownMember = (path: string) => string;

/** @throws Refusal naming the first member that does not fit, as the vendors do. */
export function parseBody<Schema extends z.ZodType>(
  schema: Schema,
  body: unknown,
  wordUnknown: UnknownMember = (path) => `Unknown parameter: '${path}'.`,
): z.output<Schema> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const { issue, path } = findDeepest(result.error.issues, []);
  if (issue?.code === 'unrecognized_keys') {
    const param = [...path, issue.keys[0]].join('.');
    throw new Refusal('invalid-request', wordUnknown(param), { param, code: 'unknown_parameter' });
  }
  const param = path.join('.') || 'body';
  throw new Refusal('invalid-request', `${param}: ${issue?.message ?? 'invalid'}`, { param });
}

interface Fault {
  readonly issue: z.core.$ZodIssue | undefined;
  readonly path: readonly PropertyKey[];
}

/** Of the alternatives of a union, the one that fits best tells most. */
function findDeepest(issues: readonly z.core.$ZodIssue[], before: readonly PropertyKey[]): Fault {
  const [issue] = issues;
  const path = [...before, ...(issue?.path ?? [])];
  if (issue?.code !== 'invalid_union') return { issue, path };
  const faults = issue.errors.map((alternative) => findDeepest(alternative, path));
  return faults.reduce((best, fault) => (fault.path.length > best.path.length ? fault : best), { issue, path });
}
