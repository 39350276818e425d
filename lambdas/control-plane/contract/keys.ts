import * as z from 'zod';
import {
  budget,
  cidrs,
  displayName,
  endpoints,
  id,
  limits,
  listOf,
  models,
  page,
  shownName,
  timestamp,
} from './fields.ts';
import type { Operation } from './operation.ts';

const apiKey = z
  .strictObject({
    id: id.meta({ description: 'Also the part of the key between its underscores, and `key` in request records.' }),
    organization: id,
    workspace: id,
    name: shownName,
    status: z.enum(['active', 'revoked']),
    lastFour: z.string(),
    models: models.exactOptional(),
    endpoints: endpoints.exactOptional(),
    cidrs: cidrs.exactOptional(),
    expiresAt: timestamp.exactOptional(),
    limits: limits.exactOptional(),
    budget: budget.exactOptional(),
    overlapEndsAt: timestamp
      .exactOptional()
      .meta({ description: 'Until when the secret before the last rotation works.' }),
    lastUsedAt: timestamp.nullable().meta({ description: 'To the minute; null if never.' }),
    createdAt: timestamp,
    updatedAt: timestamp,
    revokedAt: timestamp.exactOptional(),
  })
  .meta({ id: 'Key' });

const keyWithSecret = apiKey
  .extend({
    secret: z.string().exactOptional().meta({
      description:
        'The whole key, `gh_…`: shown in this answer and never again. Absent where a repeated call is answered from memory.',
    }),
  })
  .meta({ id: 'KeyWithSecret' });

const createKey = z
  .strictObject({
    name: displayName,
    models: models.exactOptional(),
    endpoints: endpoints.exactOptional(),
    cidrs: cidrs.exactOptional(),
    expiresAt: timestamp.exactOptional(),
    limits: limits.exactOptional(),
    budget: budget.exactOptional(),
  })
  .meta({ id: 'CreateKey' });

const updateKey = z
  .strictObject({
    name: displayName.exactOptional(),
    models: models.nullable().exactOptional(),
    endpoints: endpoints.nullable().exactOptional(),
    cidrs: cidrs.nullable().exactOptional(),
    expiresAt: timestamp.nullable().exactOptional(),
    limits: limits.nullable().exactOptional(),
    budget: budget.nullable().exactOptional(),
  })
  .meta({ id: 'UpdateKey', description: 'Only what is named changes; null removes.' });

const rotateKey = z
  .strictObject({
    overlapSeconds: z
      .int()
      .min(0)
      .max(30 * 86_400)
      .default(0)
      .meta({
        description: 'How long the secret before goes on working. 0: not at all.',
      }),
  })
  .meta({ id: 'RotateKey' });

const tag = 'Keys';

export const keyOperations = {
  createKey: {
    method: 'POST',
    path: '/workspaces/{workspace}/keys',
    tag,
    summary: 'Create an API key; the answer has its secret, once',
    scope: 'workspace',
    permission: 'keys:write',
    body: createKey,
    status: 201,
    response: keyWithSecret,
    etag: true,
  },
  listKeys: {
    method: 'GET',
    path: '/workspaces/{workspace}/keys',
    tag,
    summary: 'List API keys, revoked ones included',
    scope: 'workspace',
    permission: 'keys:read',
    query: z.strictObject(page),
    status: 200,
    response: listOf(apiKey),
  },
  getKey: {
    method: 'GET',
    path: '/keys/{key}',
    tag,
    summary: 'Get an API key',
    scope: 'key',
    permission: 'keys:read',
    status: 200,
    response: apiKey,
    etag: true,
  },
  updateKey: {
    method: 'PATCH',
    path: '/keys/{key}',
    tag,
    summary: 'Change an API key; holds from the next request on',
    scope: 'key',
    permission: 'keys:write',
    body: updateKey,
    status: 200,
    response: apiKey,
    etag: true,
  },
  revokeKey: {
    method: 'POST',
    path: '/keys/{key}/revoke',
    tag,
    summary: 'Revoke an API key for good; the next request is refused',
    scope: 'key',
    permission: 'keys:write',
    status: 200,
    response: apiKey,
    etag: true,
  },
  rotateKey: {
    method: 'POST',
    path: '/keys/{key}/rotate',
    tag,
    summary: 'Give an API key a new secret; the answer has it, once',
    scope: 'key',
    permission: 'keys:write',
    body: rotateKey,
    status: 200,
    response: keyWithSecret,
    etag: true,
  },
} as const satisfies Record<string, Operation>;
