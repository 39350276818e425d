import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from '../../../../../lambdas/control-plane/admin/authority.ts';
import type { Principal } from '../../../../../lambdas/control-plane/admin/principal.ts';
import { visibleOrganizations } from '../../../../../lambdas/control-plane/admin/tenancy/visible-organizations.ts';
import { createMember, memberIdOf } from '../../../../../lambdas/store/control/member.ts';
import { createOrganization, type OrganizationRecord } from '../../../../../lambdas/store/control/organization.ts';
import { type AdminApi, startAdminApi } from '../../../../fixtures/admin-api.ts';

let api: AdminApi;
const email = { kind: 'email', value: 'ada@example.com' } as const;
const subject = { kind: 'subject', value: 'https://idp.example.com#1' } as const;

beforeAll(async () => {
  api = await startAdminApi();
  const statuses: Record<string, OrganizationRecord['status']> = { org_4: 'deleting', org_5: 'deleted' };
  for (const id of ['org_1', 'org_2', 'org_3', 'org_4', 'org_5', 'org_6']) {
    await createOrganization(api.deps.control, {
      id,
      name: id,
      billing: 'postpaid',
      retentionDays: 90,
      zeroRetention: false,
      status: statuses[id] ?? 'active',
      createdAt: '2026-11-22T00:00:00.000Z',
      updatedAt: '2026-11-22T00:00:00.000Z',
    });
  }
  for (const [organization, identity] of [
    ['org_3', email],
    ['org_4', email],
    ['org_1', subject],
    ['org_gone', subject],
  ] as const) {
    await createMember(api.deps.control, {
      id: memberIdOf(identity),
      organization,
      identity,
      role: 'member',
      createdAt: '',
      updatedAt: '',
    });
  }
});

afterAll(() => api.close());

async function idsFor(
  principal: Partial<Principal>,
  permission: Parameters<typeof visibleOrganizations>[1] = 'organization:read',
  after?: string,
): Promise<string[]> {
  const whole: Principal = {
    kind: 'oidc',
    actor: 'somebody',
    operator: false,
    claimedRoles: {},
    identities: [],
    ...principal,
  };
  const { may } = createAuthority(whole, api.deps.control);
  const ids: string[] = [];
  for await (const { id } of visibleOrganizations({ deps: api.deps, principal: whole, may }, permission, after)) {
    ids.push(id);
  }
  return ids;
}

describe('visibleOrganizations', () => {
  it('are all active ones for the operator', async () => {
    expect(await idsFor({ operator: true })).toEqual(['org_1', 'org_2', 'org_3', 'org_6']);
  });

  it('are for others those of each identity and of the token, in the order of their ids', async () => {
    const person = { identities: [email, subject], claimedRoles: { org_6: 'auditor', org_absent: 'owner' } } as const;

    expect(await idsFor(person)).toEqual(['org_1', 'org_3', 'org_6']);
  });

  it('are none for a stranger', async () => {
    expect(await idsFor({ identities: [{ kind: 'email', value: 'eve@example.com' }] })).toEqual([]);
  });

  it('are those in which the caller has the permission that is asked about', async () => {
    const person = { identities: [email], claimedRoles: { org_6: 'auditor' } } as const;

    expect(await idsFor(person, 'audit:read')).toEqual(['org_6']);
  });

  it('begin after an id', async () => {
    expect(await idsFor({ operator: true }, 'organization:read', 'org_2')).toEqual(['org_3', 'org_6']);
    expect(await idsFor({ identities: [email, subject] }, 'organization:read', 'org_1')).toEqual(['org_3']);
  });
});
