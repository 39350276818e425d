import * as z from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { providerName, routeAlias } from '../contract/fields.ts';
import type { Operation } from '../contract/operation.ts';
import { basePath, type OperationId, operationIds, operations } from '../contract/operations.ts';
import { problem } from '../contract/problem.ts';

/** Bumped with every change of the contract; a change that breaks clients needs a new base path. */
const apiVersion = '1.0.0';

const idempotencyKey = z.string().max(255).optional().meta({
  description:
    'Any text of your own. The same call repeated with it within a day is answered from memory, not done again.',
});
const ifMatch = z.string().optional().meta({
  description: 'ETag of the answer you read. Anything changed since: 412, and nothing happens.',
});
const etag = z.string().meta({ description: 'Version of the resource, for If-Match.', header: { id: 'ETag' } });
const requestId = z
  .string()
  .meta({ description: 'Names this call in logs and audit trail.', header: { id: 'RequestId' } });

const tagDescriptions: Readonly<Record<(typeof operations)[OperationId]['tag'], string>> = {
  Organizations: 'Tenants, what they are granted, and their end.',
  Workspaces: 'Where keys, credentials and routes of an organization are kept apart.',
  Members: 'Who may do what in an organization.',
  Keys: 'API keys of applications.',
  Credentials: 'Secrets of model providers: written, never read back.',
  Providers: 'Model providers of your own declaration.',
  Routes: 'Model names of your own, with targets behind them.',
  'Requests and usage': 'What was called and what it cost. Metadata only.',
  Audit: 'Who changed what.',
  Evidence: 'Model checks, and how fresh each data plane is.',
};

let document: ReturnType<typeof createDocument> | undefined;

/** The OpenAPI 3.1 document of the admin API, from the same schemas that validate its requests; docs/openapi.json is a copy. */
export function openApiDocument(): ReturnType<typeof createDocument> {
  document ??= createDocument({
    openapi: '3.1.1',
    info: {
      title: 'Gatehouse admin API',
      version: apiVersion,
      description:
        'Organizations, workspaces, keys, credentials, providers and routes of a Gatehouse installation; its requests, usage and audit trail. Errors are RFC 9457 problem details. Lists are paged by `limit` and `cursor`. Money is integer micro-USD.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [
      { url: `http://127.0.0.1:8788${basePath}`, description: 'Local runner' },
      {
        url: `{endpoint}${basePath}`,
        description: 'Deployed',
        variables: { endpoint: { default: 'https://admin.gatehouse.example.com' } },
      },
    ],
    security: [{ bearer: [] }],
    tags: Object.entries(tagDescriptions).map(([name, description]) => ({ name, description })),
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'A token of an OpenID Connect issuer the installation trusts, or the bootstrap admin token.',
        },
      },
    },
    paths: paths(),
  });
  return document;
}

function paths(): ZodOpenApiPathsObject {
  const byPath: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const id of operationIds) {
    const operation: Operation = operations[id];
    const path = (byPath[operation.path] ??= {});
    path[operation.method.toLowerCase()] = describe(id, operation);
  }
  return byPath;
}

function describe(operationId: string, operation: Operation): ZodOpenApiOperationObject {
  const { body, query, method } = operation;
  const header = {
    ...(method === 'POST' && { 'Idempotency-Key': idempotencyKey }),
    ...(isConditional(operation) && { 'If-Match': ifMatch }),
  };
  return {
    operationId,
    tags: [operation.tag],
    summary: operation.summary,
    ...(operation.description !== undefined && { description: operation.description }),
    requestParams: {
      path: z.object(pathParameters(operation.path)),
      ...(query !== undefined && { query }),
      ...(Object.keys(header).length > 0 && { header: z.object(header) }),
    },
    ...(body !== undefined && { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
    responses: responses(operation),
  };
}

/** What is only being created has no version yet that could have changed. */
function isConditional({ etag: hasVersion, method, status }: Operation): boolean {
  return hasVersion === true && method !== 'GET' && status !== 201;
}

function pathParameters(path: string): Record<string, z.ZodType> {
  const known: Readonly<Record<string, z.ZodType>> = { provider: providerName, route: routeAlias };
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  return Object.fromEntries(
    names.map((name) => [name, known[name] ?? z.string().meta({ description: `Id of the ${name}.` })]),
  );
}

function failure(id: string, description: string) {
  return { id, description, content: { 'application/problem+json': { schema: problem } } };
}

const failures = {
  invalid: failure('Invalid', 'Something in the request is not valid; `errors` names each field.'),
  unauthenticated: failure('Unauthenticated', 'No token, or not a valid one.'),
  forbidden: failure('Forbidden', 'Your role does not allow it.'),
  notFound: failure('NotFound', 'It does not exist, or belongs to a tenant that is not yours.'),
  conflict: failure('Conflict', 'It is in the way of something that exists, or of another change.'),
  stale: failure('Stale', 'It was changed since you read it.'),
  other: failure('Other', 'Anything else.'),
};

function responses(operation: Operation): ZodOpenApiOperationObject['responses'] {
  const headers = z.object({ 'x-request-id': requestId, ...(operation.etag && operation.response && { etag }) });
  const success = {
    description: operation.status === 204 ? 'Done; there is nothing to tell.' : 'Done.',
    headers,
    ...(operation.response !== undefined && { content: { 'application/json': { schema: operation.response } } }),
  };
  return {
    [operation.status]: success,
    ...(operation.method === 'DELETE' && {
      202: { description: 'Begun; it goes on by itself. The same call asks again.', headers },
    }),
    400: failures.invalid,
    401: failures.unauthenticated,
    403: failures.forbidden,
    ...(operation.path.includes('{') && {
      404: failures.notFound,
    }),
    ...(operation.method !== 'GET' && {
      409: failures.conflict,
    }),
    ...(isConditional(operation) && { 412: failures.stale }),
    default: failures.other,
  };
}
