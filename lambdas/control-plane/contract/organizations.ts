import * as z from 'zod';
import { budget, displayName, id, limits, listOf, microUsd, page, region, shownName, timestamp } from './fields.ts';
import type { Operation } from './operation.ts';

const billing = z.enum(['postpaid', 'prepaid']).meta({
  description: '`postpaid`: usage is counted, no balance is needed. `prepaid`: every request reserves from a balance.',
});
const retentionDays = z
  .int()
  .min(1)
  .max(730)
  .meta({ description: 'Days a request record is kept, from when it is written.' });
const zeroRetention = z.boolean().meta({
  description: 'Only providers that keep nothing may be called: accounts or declarations marked `zeroRetention`.',
});
const regions = z
  .array(region)
  .min(1)
  .max(50)
  .meta({ description: 'Regions whose data plane may serve it. Absent: all.' });

export const organization = z
  .strictObject({
    id,
    name: shownName,
    billing,
    retentionDays,
    zeroRetention,
    regions: regions.exactOptional(),
    limits: limits.exactOptional(),
    budget: budget.exactOptional(),
    balanceMicroUsd: z.int().exactOptional().meta({
      description:
        'Only where one prepaid organization is read: what can be reserved now. It can be below zero: what was used while it was postpaid is still owed.',
    }),
    status: z.enum(['active', 'deleting']).meta({ description: '`deleting`: it is being erased and serves nobody.' }),
    createdAt: timestamp,
    updatedAt: timestamp,
  })
  .meta({ id: 'Organization' });

const settings = {
  retentionDays: retentionDays.exactOptional(),
  zeroRetention: zeroRetention.exactOptional(),
};

const createOrganization = z
  .strictObject({
    name: displayName,
    billing: billing.exactOptional(),
    ...settings,
    regions: regions.exactOptional(),
    limits: limits.exactOptional(),
    budget: budget.exactOptional(),
  })
  .meta({ id: 'CreateOrganization' });

const updateOrganization = z
  .strictObject({
    name: displayName.exactOptional(),
    billing: billing.exactOptional(),
    ...settings,
    regions: regions.nullable().exactOptional(),
    limits: limits.nullable().exactOptional(),
    budget: budget.nullable().exactOptional(),
  })
  .meta({ id: 'UpdateOrganization', description: 'Only what is named changes; null removes.' });

const balanceAdjustment = z
  .strictObject({
    id,
    amountMicroUsd: z.int(),
    reason: z.string(),
    balanceMicroUsd: z.int().meta({ description: 'What can be reserved after it.' }),
    createdAt: timestamp,
  })
  .meta({ id: 'BalanceAdjustment' });

const createBalanceAdjustment = z
  .strictObject({
    amountMicroUsd: z
      .int()
      .min(-1_000_000_000_000_000)
      .max(microUsd.maxValue ?? Number.MAX_SAFE_INTEGER)
      .refine((amount) => amount !== 0, 'must not be 0')
      .meta({ description: 'Negative takes money away.' }),
    reason: z.string().trim().min(1).max(256),
  })
  .meta({ id: 'CreateBalanceAdjustment' });

const tag = 'Organizations';

export const organizationOperations = {
  createOrganization: {
    method: 'POST',
    path: '/organizations',
    tag,
    summary: 'Create an organization',
    scope: 'platform',
    permission: 'organizations:create',
    body: createOrganization,
    status: 201,
    response: organization,
    etag: true,
  },
  listOrganizations: {
    method: 'GET',
    path: '/organizations',
    tag,
    summary: 'List the organizations you belong to; the operator: all',
    scope: 'signed-in',
    permission: 'organizations:list',
    query: z.strictObject(page),
    status: 200,
    response: listOf(organization),
  },
  getOrganization: {
    method: 'GET',
    path: '/organizations/{organization}',
    tag,
    summary: 'Get an organization',
    scope: 'organization',
    permission: 'organization:read',
    status: 200,
    response: organization,
    etag: true,
  },
  updateOrganization: {
    method: 'PATCH',
    path: '/organizations/{organization}',
    tag,
    summary: 'Change an organization',
    description: '`billing`, `limits` and `budget` are the platform operator’s to change.',
    scope: 'organization',
    permission: 'organization:update',
    body: updateOrganization,
    status: 200,
    response: organization,
    etag: true,
  },
  deleteOrganization: {
    method: 'DELETE',
    path: '/organizations/{organization}',
    tag,
    summary: 'Erase an organization and everything that belongs to it',
    description:
      'Its keys stop at once. 204: everything is erased. 202: requests under way or many records keep it busy; it goes on by itself, and the same call asks again. Only the audit trail stays: ids and digests.',
    scope: 'organization',
    permission: 'organization:delete',
    status: 204,
    etag: true,
  },
  createBalanceAdjustment: {
    method: 'POST',
    path: '/organizations/{organization}/balance-adjustments',
    tag,
    summary: 'Add to or take from a prepaid balance',
    description: 'Send an `Idempotency-Key`: with it, a repeated call never pays twice.',
    scope: 'organization',
    permission: 'balance:adjust',
    body: createBalanceAdjustment,
    status: 201,
    response: balanceAdjustment,
  },
} as const satisfies Record<string, Operation>;
