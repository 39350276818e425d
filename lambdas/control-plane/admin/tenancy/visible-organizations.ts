import { listOrganizationsOfMember, memberIdOf } from '../../../store/control/member.ts';
import { getOrganization, iterateOrganizations, type OrganizationRecord } from '../../../store/control/organization.ts';
import type { DocumentTable } from '../../../store/document.ts';
import type { Permission } from '../../contract/permission.ts';
import type { Context } from '../context.ts';
import type { Principal } from '../principal.ts';

type Caller = Pick<Context<'listOrganizations'>, 'deps' | 'principal' | 'may'>;

/** Organizations of one member that are looked up at the same time. */
const parallel = 25;

/**
 * Active organizations in which the caller has this permission, in the order of their ids, beginning after the id `after`: for
 * the operator all there are, for others those that made them a member or that their token names.
 */
export async function* visibleOrganizations(
  caller: Caller,
  permission: Permission,
  after?: string,
): AsyncGenerator<OrganizationRecord> {
  const all = caller.principal.operator
    ? everyOrganization(caller.deps.control, after)
    : ownOrganizations(caller, permission, after);
  for await (const organization of all) if (organization.status === 'active') yield organization;
}

async function* everyOrganization(control: DocumentTable, after?: string): AsyncGenerator<OrganizationRecord> {
  for await (const { value } of iterateOrganizations(control, after)) yield value;
}

async function* ownOrganizations(
  { deps, principal, may }: Caller,
  permission: Permission,
  after = '',
): AsyncGenerator<OrganizationRecord> {
  const ids = (await candidatesOf(principal, deps.control)).filter((id) => id > after);
  for (let start = 0; start < ids.length; start += parallel) {
    const found = await Promise.all(
      ids.slice(start, start + parallel).map(async (id) => {
        // The way from an identity to its organizations only suggests; the member item itself decides.
        if (!(await may(permission, id))) return undefined;
        return getOrganization(deps.control, id);
      }),
    );
    for (const organization of found) if (organization !== undefined) yield organization.value;
  }
}

async function candidatesOf(principal: Principal, control: DocumentTable): Promise<string[]> {
  const stored = await Promise.all(
    principal.identities.map((identity) => listOrganizationsOfMember(control, memberIdOf(identity))),
  );
  return [...new Set([...Object.keys(principal.claimedRoles), ...stored.flat()])].toSorted();
}
