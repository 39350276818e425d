import { getMember, memberIdOf } from '../../store/control/member.ts';
import type { DocumentTable } from '../../store/document.ts';
import { type Permission, rolePermissions, signedInPermissions } from '../contract/permission.ts';
import type { Principal, Role } from './principal.ts';

/** What one caller may do, asked of the permission table and nothing else. */
export interface Authority {
  /** Whether the caller has anything to do with this organization; to others it does not exist. */
  belongsTo(organization: string): Promise<boolean>;
  /** Inside an organization. */
  may(permission: Permission, organization: string): Promise<boolean>;
  /** Outside of any. */
  mayOnPlatform(permission: Permission): boolean;
}

/** Roles are read once per request and organization: a change of role holds from the next request on. */
export function createAuthority(principal: Principal, control: DocumentTable): Authority {
  const known = new Map<string, Promise<readonly Role[]>>();
  const rolesIn = (organization: string): Promise<readonly Role[]> => {
    const roles = known.get(organization) ?? readRoles(principal, organization, control);
    known.set(organization, roles);
    return roles;
  };
  return {
    async belongsTo(organization) {
      return principal.operator || (await rolesIn(organization)).length > 0;
    },
    async may(permission, organization) {
      if (principal.operator) return true;
      return (await rolesIn(organization)).some((role) => rolePermissions[role].has(permission));
    },
    mayOnPlatform(permission) {
      return principal.operator || signedInPermissions.has(permission);
    },
  };
}

async function readRoles(principal: Principal, organization: string, control: DocumentTable): Promise<readonly Role[]> {
  const claimed = Object.hasOwn(principal.claimedRoles, organization)
    ? principal.claimedRoles[organization]
    : undefined;
  const members = await Promise.all(
    principal.identities.map((identity) => getMember(control, organization, memberIdOf(identity))),
  );
  const stored = members.flatMap((member) => (member === undefined ? [] : [member.value.role]));
  return claimed === undefined ? stored : [claimed, ...stored];
}
