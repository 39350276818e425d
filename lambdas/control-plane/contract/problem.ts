import * as z from 'zod';

/** Every code of an error of the admin API. Stable: clients may branch on them. docs/errors.md explains each. */
export const problemCodes = [
  'missing_token',
  'invalid_token',
  'expired_token',
  'sign_in_unavailable',
  'permission_denied',
  'path_not_found',
  'method_not_allowed',
  'not_found',
  'invalid_json',
  'invalid_request',
  'unsupported_media_type',
  'request_too_large',
  'name_taken',
  'already_exists',
  'conflict',
  'being_deleted',
  'etag_mismatch',
  'idempotency_key_reused',
  'idempotency_key_in_use',
  'store_unavailable',
  'publication_incomplete',
  'timeout',
  'internal_error',
] as const;

export type ProblemCode = (typeof problemCodes)[number];

/** RFC 9457 problem details, with our code, the request's id and one entry per field that is wrong. */
export const problem = z
  .object({
    type: z
      .string()
      .meta({ description: 'A URI reference for the code.', example: 'urn:gatehouse:problem:invalid_request' }),
    title: z.string(),
    status: z.int(),
    detail: z.string().exactOptional(),
    code: z.enum(problemCodes),
    requestId: z.string(),
    errors: z
      .array(
        z.strictObject({
          field: z
            .string()
            .meta({ description: 'Where: `body.limits.requestsPerMinute`, `query.limit`, `path.workspace`.' }),
          message: z.string().meta({ description: 'What would be right.' }),
        }),
      )
      .exactOptional(),
  })
  .meta({ id: 'Problem' });
