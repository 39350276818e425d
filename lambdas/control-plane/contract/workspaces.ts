import * as z from 'zod';
import { budget, displayName, id, limits, listOf, page, shownName, timestamp } from './fields.ts';
import type { Operation } from './operation.ts';

export const workspace = z
  .strictObject({
    id,
    organization: id,
    name: shownName,
    limits: limits.exactOptional(),
    budget: budget.exactOptional(),
    createdAt: timestamp,
    updatedAt: timestamp,
  })
  .meta({ id: 'Workspace' });

const createWorkspace = z
  .strictObject({ name: displayName, limits: limits.exactOptional(), budget: budget.exactOptional() })
  .meta({ id: 'CreateWorkspace' });

const updateWorkspace = z
  .strictObject({
    name: displayName.exactOptional(),
    limits: limits.nullable().exactOptional(),
    budget: budget.nullable().exactOptional(),
  })
  .meta({ id: 'UpdateWorkspace', description: 'Only what is named changes; null removes.' });

const tag = 'Workspaces';

export const workspaceOperations = {
  createWorkspace: {
    method: 'POST',
    path: '/organizations/{organization}/workspaces',
    tag,
    summary: 'Create a workspace',
    scope: 'organization',
    permission: 'workspaces:write',
    body: createWorkspace,
    status: 201,
    response: workspace,
    etag: true,
  },
  listWorkspaces: {
    method: 'GET',
    path: '/organizations/{organization}/workspaces',
    tag,
    summary: 'List workspaces',
    scope: 'organization',
    permission: 'workspaces:read',
    query: z.strictObject(page),
    status: 200,
    response: listOf(workspace),
  },
  getWorkspace: {
    method: 'GET',
    path: '/workspaces/{workspace}',
    tag,
    summary: 'Get a workspace',
    scope: 'workspace',
    permission: 'workspaces:read',
    status: 200,
    response: workspace,
    etag: true,
  },
  updateWorkspace: {
    method: 'PATCH',
    path: '/workspaces/{workspace}',
    tag,
    summary: 'Change a workspace',
    scope: 'workspace',
    permission: 'workspaces:write',
    body: updateWorkspace,
    status: 200,
    response: workspace,
    etag: true,
  },
  deleteWorkspace: {
    method: 'DELETE',
    path: '/workspaces/{workspace}',
    tag,
    summary: 'Delete a workspace with its keys, credentials and routes',
    description:
      'Its keys stop at once. 204: it is gone. 202: requests under way keep it busy; it goes on by itself, and the same call asks again. Request records and usage stay with the organization.',
    scope: 'workspace',
    permission: 'workspaces:write',
    status: 204,
    etag: true,
  },
} as const satisfies Record<string, Operation>;
