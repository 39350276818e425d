import * as z from 'zod';
import type { AuditEntry } from '../../store/audit-entry.ts';
import { listOf, page, timestamp } from './fields.ts';
import type { Operation } from './operation.ts';

const digest = z.string().regex(/^[0-9a-f]{64}$/);

const auditEvent = z
  .strictObject({
    chain: z.string().meta({ description: 'The organization, or `platform`.' }),
    sequence: z.int().min(1),
    at: timestamp,
    actor: z.string(),
    action: z.string().meta({ example: 'key.revoke' }),
    target: z.string().meta({ example: 'key/4fJ2…' }),
    sourceAddress: z.string(),
    requestId: z.string(),
    beforeDigest: digest
      .nullable()
      .meta({ description: 'SHA-256 of the resource before, as the API shows it; null where there was none.' }),
    afterDigest: digest.nullable(),
    previousHash: digest,
    hash: digest.meta({ description: 'SHA-256 of all the other members in canonical JSON.' }),
  })
  .meta({
    id: 'AuditEvent',
    description: 'Written before the change is applied; holds ids and digests, never names or secrets.',
  });

type Described = z.output<typeof auditEvent>;
// A compile error here means that schema and stored entry have drifted apart.
true satisfies Described extends AuditEntry ? (AuditEntry extends Described ? true : never) : never;

const list = {
  method: 'GET',
  tag: 'Audit',
  query: z.strictObject({
    ...page,
    order: z.enum(['newest', 'oldest']).default('newest'),
  }),
  status: 200,
  response: listOf(auditEvent),
} as const;

export const auditOperations = {
  listAuditEvents: {
    ...list,
    path: '/organizations/{organization}/audit-events',
    summary: 'Read the audit trail of an organization',
    scope: 'organization',
    permission: 'audit:read',
  },
  listPlatformAuditEvents: {
    ...list,
    path: '/platform/audit-events',
    summary: 'Read the audit trail of the platform itself, or of an erased organization',
    scope: 'platform',
    permission: 'platform-audit:read',
    query: list.query.extend({ organization: z.string().max(64).exactOptional() }),
  },
} as const satisfies Record<string, Operation>;
