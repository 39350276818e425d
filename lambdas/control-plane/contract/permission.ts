import type { Role } from '../admin/principal.ts';

/** Everything that can be allowed. An operation of the API names exactly one; what a role does not list, it may not do. */
export const permissions = [
  'organizations:list',
  'organizations:create',
  'organization:read',
  'organization:update',
  'organization:delete',
  /** Billing mode, limits and budget of an organization: what the platform grants a tenant, so no tenant can raise its own. */
  'organization:grant',
  'balance:adjust',
  'members:read',
  'members:write',
  /** Making somebody owner or admin, and changing or removing one. */
  'members:write-privileged',
  'workspaces:read',
  'workspaces:write',
  'keys:read',
  'keys:write',
  'credentials:read',
  'credentials:write',
  'routes:read',
  'routes:write',
  'requests:read',
  'usage:read',
  'audit:read',
  'platform-credentials:read',
  'platform-credentials:write',
  'providers:read',
  'providers:write',
  'platform-audit:read',
  'model-checks:read',
  'endpoints:read',
] as const;

export type Permission = (typeof permissions)[number];

const reading = [
  'organization:read',
  'members:read',
  'workspaces:read',
  'keys:read',
  'credentials:read',
  'routes:read',
  'requests:read',
  'usage:read',
  'audit:read',
] as const satisfies readonly Permission[];

const administering = [
  ...reading,
  'members:write',
  'workspaces:write',
  'keys:write',
  'credentials:write',
  'routes:write',
] as const satisfies readonly Permission[];

/** What each role may do inside its organization. */
export const rolePermissions: Readonly<Record<Role, ReadonlySet<Permission>>> = {
  owner: new Set([...administering, 'organization:update', 'organization:delete', 'members:write-privileged']),
  admin: new Set(administering),
  member: new Set([
    'organization:read',
    'workspaces:read',
    'keys:read',
    'keys:write',
    'credentials:read',
    'routes:read',
    'requests:read',
    'usage:read',
  ]),
  auditor: new Set(reading),
};

/** What everybody may do who is signed in: each answer holds only what the caller's organizations are about. */
export const signedInPermissions: ReadonlySet<Permission> = new Set(['organizations:list', 'model-checks:read']);
