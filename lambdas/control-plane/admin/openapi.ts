import * as z from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { providerName, routeAlias } from '../contract/fields.ts';
import type { Operation } from '../contract/operation.ts';
import { basePath, operationIds, operations } from '../contract/operations.ts';
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
    tags: [...new Set(operationIds.map((id) => operations[id].tag))].map((name) => ({ name })),
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
    ...(operation.etag && method !== 'GET' && { 'If-Match': ifMatch }),
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

function pathParameters(path: string): Record<string, z.ZodType> {
  const known: Readonly<Record<string, z.ZodType>> = { provider: providerName, route: routeAlias };
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  return Object.fromEntries(
    names.map((name) => [name, known[name] ?? z.string().meta({ description: `Id of the ${name}.` })]),
  );
}

function responses(operation: Operation): ZodOpenApiOperationObject['responses'] {
  const headers = z.object({ 'x-request-id': requestId, ...(operation.etag && operation.response && { etag }) });
  const success = {
    description: operation.status === 204 ? 'Done; there is nothing to tell.' : 'Done.',
    headers,
    ...(operation.response !== undefined && { content: { 'application/json': { schema: operation.response } } }),
  };
  const failure = (description: string) => ({
    description,
    content: { 'application/problem+json': { schema: problem } },
  });
  return {
    [operation.status]: success,
    ...(operation.method === 'DELETE' && {
      202: { description: 'Begun; it goes on by itself. The same call asks again.', headers },
    }),
    400: failure('Something in the request is not valid; `errors` names each field.'),
    401: failure('No token, or not a valid one.'),
    403: failure('Your role does not allow it.'),
    ...(operation.path.includes('{') && {
      404: failure('It does not exist, or belongs to a tenant that is not yours.'),
    }),
    ...(operation.method !== 'GET' && {
      409: failure('It is in the way of something that exists, or of another change.'),
    }),
    ...(operation.etag && operation.method !== 'GET' && { 412: failure('It was changed since you read it.') }),
    default: failure('Anything else.'),
  };
}
