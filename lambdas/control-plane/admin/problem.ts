import type * as z from 'zod';
import type { ProblemCode } from '../contract/problem.ts';

export interface FieldError {
  /** `body.limits.requestsPerMinute`, `query.limit`, `path.workspace`, `header.if-match`. */
  readonly field: string;
  /** What would be right; never what was sent. */
  readonly message: string;
}

export interface ProblemOptions {
  readonly detail?: string;
  readonly errors?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** The one error family of the admin API, rendered as RFC 9457 problem details. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly status: number;
  readonly detail: string | undefined;
  readonly errors: readonly FieldError[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ProblemCode, status: number, title: string, options: ProblemOptions = {}) {
    super(title, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = status;
    this.detail = options.detail;
    this.errors = options.errors;
    this.headers = options.headers ?? {};
  }
}

/** The body of its answer. (RFC 9457) */
export function describeProblem(problem: Problem, requestId: string): object {
  const { status, code, detail, errors } = problem;
  return {
    type: `urn:gatehouse:problem:${code}`,
    title: problem.message,
    status,
    ...(detail !== undefined && { detail }),
    code,
    requestId,
    ...(errors !== undefined && { errors }),
  };
}

/** There is none, or it belongs to a tenant the caller has nothing to do with: the two are told apart nowhere. */
export function notFound(): Problem {
  return new Problem('not_found', 404, 'There is no such resource.');
}

/** A body can have more wrong members than an answer has room for. */
const maxErrors = 20;

/** Names the first 20 of them. */
export function invalidRequest(...faults: readonly FieldError[]): Problem {
  const errors = faults.slice(0, maxErrors);
  const named = errors.map(({ field, message }) => `${field}: ${message}`);
  const detail = [...named, ...(faults.length > maxErrors ? [`and ${faults.length - maxErrors} more`] : [])].join('; ');
  return new Problem('invalid_request', 400, 'The request is not valid.', { detail, errors });
}

/** A change that came in between, told by its ETag. */
export function etagMismatch(): Problem {
  return new Problem('etag_mismatch', 412, 'It was changed since you read it.', {
    detail: 'Read it again, and send its ETag as If-Match.',
  });
}

/** Two changes at the same moment, none of them bound to an ETag: the same call can simply be repeated. */
export function conflict(): Problem {
  return new Problem('conflict', 409, 'It is being changed by somebody else at this moment. Try again.');
}

/** One field error per issue of a zod schema. Messages say what is wanted and never repeat what was sent. */
export function fieldErrorsOf(error: z.ZodError, place: 'body' | 'query' | 'path'): FieldError[] {
  return error.issues.flatMap((issue) => describeIssue(issue, place));
}

function describeIssue(issue: z.core.$ZodIssue, place: string): FieldError[] {
  const field = [place, ...issue.path.map(String)].join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ field: `${field}.${key.slice(0, 64)}`, message: 'is not known here' }));
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    // The alternative that got furthest is the one that was meant.
    const closest = issue.errors.toSorted((one, other) => depthOf(other) - depthOf(one))[0] ?? [];
    const nested = closest.filter(({ path }) => path.length > 0);
    if (nested.length > 0 && issue.message === 'Invalid input') {
      return nested.flatMap((inner) => describeIssue({ ...inner, path: [...issue.path, ...inner.path] }, place));
    }
  }
  // What is not there has no input; zod tells the two apart in words only.
  const isMissing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  return [{ field, message: isMissing ? 'is required' : issue.message }];
}

function depthOf(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(0, ...issues.map(({ path }) => path.length));
}
