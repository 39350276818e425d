import * as z from 'zod';
import { listOf, modelName, page, providerName, routeAlias, timestamp } from './fields.ts';
import type { Operation } from './operation.ts';

const milliseconds = z.int().min(1).max(900_000);

const fields = {
  strategy: z.enum(['ordered', 'weighted']).default('ordered').meta({
    description: '`ordered`: targets as listed. `weighted`: one drawn by weight first, the rest as fallback.',
  }),
  targets: z
    .array(
      z.strictObject({
        provider: providerName,
        model: modelName,
        weight: z.int().min(0).max(1_000_000).exactOptional(),
      }),
    )
    .min(1)
    .max(20),
  timeouts: z
    .strictObject({
      connectMs: milliseconds.exactOptional(),
      firstByteMs: milliseconds.exactOptional(),
      idleMs: milliseconds.exactOptional(),
      totalMs: milliseconds.exactOptional(),
    })
    .exactOptional(),
  retries: z.int().min(0).max(5).exactOptional().meta({
    description: 'Further attempts at each target after a failure that may pass. Default 0.',
  }),
};

const putRoute = z.strictObject(fields).meta({ id: 'PutRoute' });

const route = z
  .strictObject({ name: routeAlias, workspace: z.string(), ...fields, createdAt: timestamp, updatedAt: timestamp })
  .meta({ id: 'Route' });

const tag = 'Routes';

export const routeOperations = {
  putRoute: {
    method: 'PUT',
    path: '/workspaces/{workspace}/routes/{route}',
    tag,
    summary: 'Create or change a route: a model name of your own with targets behind it',
    scope: 'workspace',
    permission: 'routes:write',
    body: putRoute,
    status: 200,
    response: route,
    etag: true,
  },
  listRoutes: {
    method: 'GET',
    path: '/workspaces/{workspace}/routes',
    tag,
    summary: 'List routes',
    scope: 'workspace',
    permission: 'routes:read',
    query: z.strictObject(page),
    status: 200,
    response: listOf(route),
  },
  getRoute: {
    method: 'GET',
    path: '/workspaces/{workspace}/routes/{route}',
    tag,
    summary: 'Get a route',
    scope: 'workspace',
    permission: 'routes:read',
    status: 200,
    response: route,
    etag: true,
  },
  deleteRoute: {
    method: 'DELETE',
    path: '/workspaces/{workspace}/routes/{route}',
    tag,
    summary: 'Delete a route',
    scope: 'workspace',
    permission: 'routes:write',
    status: 204,
    etag: true,
  },
} as const satisfies Record<string, Operation>;
