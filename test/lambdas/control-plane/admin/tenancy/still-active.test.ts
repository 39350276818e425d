import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { getMember, listOrganizationsOfMember, memberIdOf } from '../../../../../lambdas/store/control/member.ts';
import { getOrganization, replaceOrganization } from '../../../../../lambdas/store/control/organization.ts';
import { type AdminApi, startAdminApi } from '../../../../fixtures/admin-api.ts';

let api: AdminApi;
/** Sort keys whose writes are followed at once by the beginning of their organization's erasure. */
let fatal: string | undefined;

beforeAll(async () => {
  api = await startAdminApi({
    wrapStore: (store) => ({
      ...store,
      putItem: async (input) => {
        const output = await store.putItem(input);
        const { pk, sk } = input.Item ?? {};
        if (fatal !== undefined && sk?.S?.startsWith(fatal)) await markDeleting(pk?.S?.replace('org#', '') ?? '');
        return output;
      },
    }),
  });
});

afterAll(() => api.close());

async function markDeleting(id: string): Promise<void> {
  fatal = undefined;
  const stored = await getOrganization(api.deps.control, id);
  await replaceOrganization(api.deps.control, { ...stored!.value, status: 'deleting' }, stored!.version);
}

async function createOrganization(): Promise<string> {
  const { body } = await api.call('POST', '/organizations', { body: { name: randomUUID(), billing: 'prepaid' } });
  return body.id;
}

describe('requireStillActive', () => {
  it('takes a member away again that was added as the erasure of its organization began', async () => {
    const organization = await createOrganization();
    const email = `${randomUUID()}@example.com`;
    fatal = 'member#';

    const { status } = await api.call('POST', `/organizations/${organization}/members`, {
      body: { email, role: 'member' },
    });

    const id = memberIdOf({ kind: 'email', value: email });
    expect(status).toBe(404);
    expect(await getMember(api.deps.control, organization, id)).toBeUndefined();
    expect(await listOrganizationsOfMember(api.deps.control, id)).toEqual([]);
  });

  it('moves no money once the erasure of the organization has begun', async () => {
    const organization = await createOrganization();
    fatal = 'adjustment#';

    const { status } = await api.call('POST', `/organizations/${organization}/balance-adjustments`, {
      body: { amountMicroUsd: 5, reason: `reason ${organization}` },
    });

    expect(status).toBe(404);
    expect((await api.testStore.meter(`org#${organization}`)).balanceMicroUsd).toBe(0);
    expect(await api.dump('control')).not.toContain(`reason ${organization}`);
  });
});
