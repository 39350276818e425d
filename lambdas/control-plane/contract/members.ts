import * as z from 'zod';
import { id, listOf, page, timestamp } from './fields.ts';
import type { Operation } from './operation.ts';

const role = z.enum(['owner', 'admin', 'member', 'auditor']).meta({
  id: 'Role',
  description:
    'owner: everything in the organization; admin: all but erasing it and naming owners and admins; member: keys, and reading; auditor: reading, the audit trail included.',
});

const email = z
  .email()
  .max(254)
  .toLowerCase()
  .meta({ description: 'As the issuer vouches for it.', example: 'ada@example.com' });
const subject = z
  .string()
  .min(3)
  .max(1024)
  // An issuer has no fragment, so there is one way to read it, and one for the expression to match: also a text that is much too
  // long is tried.
  .regex(/^[!-"$-~]+#[!-~]+$/, 'must be "<issuer>#<subject>" in printable ASCII without spaces')
  .meta({
    description: '`<issuer>#<sub>` of the token: for services and for directories without e-mail.',
    example: 'https://idp.example.com#248289761001',
  });

export const member = z
  .strictObject({
    id,
    organization: id,
    // As stored, whatever the rule was then: who is a member can always be seen.
    email: z.string().exactOptional(),
    subject: z.string().exactOptional(),
    role,
    createdAt: timestamp,
    updatedAt: timestamp,
  })
  .meta({ id: 'Member' });

const createMember = z
  .strictObject({ email: email.exactOptional(), subject: subject.exactOptional(), role })
  .refine((body) => (body.email === undefined) !== (body.subject === undefined), {
    path: ['email'],
    error: 'give either "email" or "subject"',
  })
  .meta({ id: 'CreateMember' });

const updateMember = z.strictObject({ role }).meta({ id: 'UpdateMember' });

const tag = 'Members';

export const memberOperations = {
  createMember: {
    method: 'POST',
    path: '/organizations/{organization}/members',
    tag,
    summary: 'Add a member',
    scope: 'organization',
    permission: 'members:write',
    body: createMember,
    status: 201,
    response: member,
    etag: true,
  },
  listMembers: {
    method: 'GET',
    path: '/organizations/{organization}/members',
    tag,
    summary: 'List members',
    scope: 'organization',
    permission: 'members:read',
    query: z.strictObject(page),
    status: 200,
    response: listOf(member),
  },
  getMember: {
    method: 'GET',
    path: '/organizations/{organization}/members/{member}',
    tag,
    summary: 'Get a member',
    scope: 'organization',
    permission: 'members:read',
    status: 200,
    response: member,
    etag: true,
  },
  updateMember: {
    method: 'PATCH',
    path: '/organizations/{organization}/members/{member}',
    tag,
    summary: 'Change a member’s role',
    scope: 'organization',
    permission: 'members:write',
    body: updateMember,
    status: 200,
    response: member,
    etag: true,
  },
  deleteMember: {
    method: 'DELETE',
    path: '/organizations/{organization}/members/{member}',
    tag,
    summary: 'Remove a member',
    scope: 'organization',
    permission: 'members:write',
    status: 204,
    etag: true,
  },
} as const satisfies Record<string, Operation>;
