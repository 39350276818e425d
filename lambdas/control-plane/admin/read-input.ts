import type * as z from 'zod';
import { idPattern, providerName, routeAlias } from '../contract/fields.ts';
import type { Operation } from '../contract/operation.ts';
import type { AdminRequest } from './admin-request.ts';
import { fieldErrorsOf, invalidRequest, notFound, Problem } from './problem.ts';

/** Names chosen by callers; ids are ours and simply not found when they are none. */
const parameterSchemas: Readonly<Record<string, z.ZodType>> = { provider: providerName, route: routeAlias };

export interface Input {
  readonly query: unknown;
  readonly body: unknown;
  /** Version that `If-Match` asks for. */
  readonly ifMatch: number | undefined;
}

/**
 * Everything the caller may have got wrong about the form of the request.
 *
 * @throws Problem 400 naming each field, 404 for an id that cannot be one, 415.
 */
export function readInput(operation: Operation, request: AdminRequest): Input {
  for (const [name, value] of Object.entries(request.parameters)) {
    // The ids of tenants were looked at when the path was followed. This one becomes part of a key, which takes no text of any length.
    if (name === 'member' && !idPattern.test(value)) throw notFound();
    const parsed = parameterSchemas[name]?.safeParse(value);
    if (parsed?.success === false) throw invalidRequest({ field: `path.${name}`, message: messageOf(parsed.error) });
  }
  const ifMatch = readIfMatch(request.header('if-match'));
  return { query: readQuery(operation, request), body: readBody(operation, request), ifMatch };
}

function readQuery({ query }: Operation, request: AdminRequest): unknown {
  const names = [...request.query.keys()];
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined)
    throw invalidRequest({ field: `query.${repeated.slice(0, 64)}`, message: 'may be given once' });
  if (query === undefined) {
    if (names.length === 0) return undefined;
    throw invalidRequest(
      ...names.map((name) => ({ field: `query.${name.slice(0, 64)}`, message: 'is not known here' })),
    );
  }
  const parsed = query.safeParse(Object.fromEntries(request.query));
  if (!parsed.success) throw invalidRequest(...fieldErrorsOf(parsed.error, 'query'));
  return parsed.data;
}

function readBody({ body: schema }: Operation, request: AdminRequest): unknown {
  if (schema === undefined) {
    // Clients that send `{}` with every POST mean nothing by it.
    if (request.body === '' || isEmptyObject(request.body)) return undefined;
    throw invalidRequest({ field: 'body', message: 'must be left out: nothing can be told here' });
  }
  const value = request.body === '' ? {} : parseJson(request);
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw invalidRequest(...fieldErrorsOf(parsed.error, 'body'));
  return parsed.data;
}

function parseJson(request: AdminRequest): unknown {
  const type = request.header('content-type')?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== undefined && type !== 'application/json' && !type.endsWith('+json')) {
    throw new Problem('unsupported_media_type', 415, 'The body must be JSON.', {
      detail: 'Send it with "content-type: application/json".',
    });
  }
  try {
    return JSON.parse(request.body);
  } catch {
    throw new Problem('invalid_json', 400, 'The body is not valid JSON.');
  }
}

function isEmptyObject(text: string): boolean {
  return /^\s*\{\s*\}\s*$/.test(text);
}

/** `"7"`, as our ETags are; `*` asks for nothing that is not asked for anyway. (RFC 9110 section 13.1.1) */
function readIfMatch(header: string | undefined): number | undefined {
  if (header === undefined || header.trim() === '*') return undefined;
  const version = /^(?:W\/)?"(\d{1,15})"$/.exec(header.trim())?.[1];
  if (version === undefined) {
    throw invalidRequest({
      field: 'header.if-match',
      message: 'must be the ETag of an answer before, quotes included',
    });
  }
  return Number(version);
}

function messageOf(error: z.ZodError): string {
  return error.issues[0]?.message ?? 'is not valid';
}
