import type * as z from 'zod';
import type { Permission } from './permission.ts';

/**
 * One operation of the admin API, as data: routing, validation, permission, OpenAPI document and the CLI's types all come from it.
 */
export interface Operation {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below `/admin/v1`, with parameters in braces: `/organizations/{organization}`. */
  readonly path: `/${string}`;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /**
   * Whose permission counts: the organization's that the path's first parameter belongs to, the platform's, or anybody's who is
   * signed in.
   */
  readonly scope: 'organization' | 'workspace' | 'key' | 'platform' | 'signed-in';
  readonly permission: Permission;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** Status of success. */
  readonly status: 200 | 201 | 202 | 204;
  readonly response?: z.ZodType;
  /** The answer has an `ETag`; a write that changes the resource takes it as `If-Match`. */
  readonly etag?: true;
}

type ParameterNames<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParameterNames<Rest>
  : never;

/** Path parameters by name. */
export type ParametersOf<Op extends Operation> = Readonly<Record<ParameterNames<Op['path']>, string>>;
export type QueryOf<Op extends Operation> = Op extends { query: infer Query extends z.ZodType }
  ? z.output<Query>
  : undefined;
export type BodyOf<Op extends Operation> = Op extends { body: infer Body extends z.ZodType }
  ? z.output<Body>
  : undefined;
export type ResponseOf<Op extends Operation> = Op extends { response: infer Response extends z.ZodType }
  ? z.output<Response>
  : undefined;

/** What a client sends: members with a default may be left out. */
export type QueryInputOf<Op extends Operation> = Op extends { query: infer Query extends z.ZodType }
  ? z.input<Query>
  : undefined;
export type BodyInputOf<Op extends Operation> = Op extends { body: infer Body extends z.ZodType }
  ? z.input<Body>
  : undefined;
