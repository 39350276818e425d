import type * as z from 'zod';
import {
  createMember,
  deleteMember,
  getMember,
  iterateMembers,
  listMembers,
  memberIdOf,
  type MemberRecord,
  replaceMember,
} from '../../../store/control/member.ts';
import type { DocumentTable } from '../../../store/document.ts';
import type { member as memberSchema } from '../../contract/members.ts';
import type { BodyOf } from '../../contract/operation.ts';
import type { Operations } from '../../contract/operations.ts';
import { changeStored } from '../change.ts';
import type { Context, Handlers } from '../context.ts';
import { notFound, Problem } from '../problem.ts';
import { readPage } from '../read-page.ts';
import { requireStillActive } from './still-active.ts';

export const memberHandlers: Handlers<'createMember' | 'listMembers' | 'getMember' | 'updateMember' | 'deleteMember'> =
  {
    async createMember(context) {
      const { deps, body } = context;
      const organization = context.organization.value.id;
      await requirePrivilege(context, body.role);
      const identity = identityOf(body);
      const id = memberIdOf(identity);
      const at = new Date(context.now).toISOString();
      const creation = context.newId('creation');
      const record: MemberRecord = {
        id,
        organization,
        identity,
        role: body.role,
        createdAt: at,
        updatedAt: at,
        creation,
      };

      const existing = await getMember(deps.control, organization, id);
      if (existing !== undefined && existing.value.creation !== creation) throw alreadyMember(body);
      await context.audit({ action: 'member.create', target: `member/${id}`, after: showMember(record) });
      const created = await createMember(deps.control, record);
      const stored = created ? { value: record, version: 1 } : await getMember(deps.control, organization, id);
      // The same call, made again under its Idempotency-Key after it had died, finds its own.
      if (stored?.value.creation !== creation) throw alreadyMember(body);
      await requireStillActive(deps.control, organization, () => deleteMember(deps.control, { organization, id }));
      return { body: showMember(stored.value), version: stored.version };
    },

    async listMembers({ deps, organization, query }) {
      const { items, nextCursor } = await readPage<MemberRecord>(
        (page) => listMembers(deps.control, organization.value.id, page),
        query,
      );
      return { body: { data: items.map(({ value }) => showMember(value)), nextCursor } };
    },

    async getMember({ deps, organization, parameters }) {
      const stored = await getMember(deps.control, organization.value.id, parameters.member);
      if (stored === undefined) throw notFound();
      return { body: showMember(stored.value), version: stored.version };
    },

    async updateMember(context) {
      const { deps, body, parameters } = context;
      const organization = context.organization.value.id;
      const read = () => getMember(deps.control, organization, parameters.member);
      const stored = await changeStored(context.ifMatch, read, async ({ value, version }) => {
        await requirePrivilege(context, value.role, body.role);
        if (value.role === body.role) return { value, version };
        await requireOwnerRemains(context, value);
        const changed: MemberRecord = { ...value, role: body.role, updatedAt: new Date(context.now).toISOString() };
        await context.audit({
          action: 'member.update',
          target: `member/${value.id}`,
          before: showMember(value),
          after: showMember(changed),
        });
        const next = await replaceMember(deps.control, changed, version);
        return next === undefined ? undefined : { value: changed, version: next };
      });
      return { body: showMember(stored.value), version: stored.version };
    },

    async deleteMember(context) {
      const { deps, parameters } = context;
      const place = { organization: context.organization.value.id, id: parameters.member };
      const read = () => getMember(deps.control, place.organization, place.id);
      // A call that died may have left the way back from the identity; without a member it gives nobody anything.
      // Bound to there being none: one who is made a member at this very moment is not removed without a word.
      if ((await read()) === undefined) await deleteMember(deps.control, place, 0);
      await changeStored(context.ifMatch, read, async ({ value, version }) => {
        await requirePrivilege(context, value.role);
        await requireOwnerRemains(context, value);
        await context.audit({ action: 'member.delete', target: `member/${value.id}`, before: showMember(value) });
        return (await deleteMember(deps.control, place, version)) || undefined;
      });
      return { body: undefined };
    },
  };

type Member = z.output<typeof memberSchema>;

/** As the API shows it. */
function showMember(stored: MemberRecord): Member {
  const { identity, creation: _, ...record } = stored;
  return identity.kind === 'email' ? { ...record, email: identity.value } : { ...record, subject: identity.value };
}

/** The contract has seen to it that there is exactly one of them. */
function identityOf({ email, subject }: BodyOf<Operations['createMember']>): MemberRecord['identity'] {
  return email === undefined ? { kind: 'subject', value: subject ?? '' } : { kind: 'email', value: email };
}

function alreadyMember({ email }: BodyOf<Operations['createMember']>): Problem {
  const message = 'must be somebody who is not a member yet; PATCH the member to change a role';
  return new Problem('already_exists', 409, 'There is such a member already.', {
    errors: [{ field: email === undefined ? 'body.subject' : 'body.email', message }],
  });
}

type ChangesMembers = Context<'createMember'> | Context<'updateMember'> | Context<'deleteMember'>;

/** @throws Problem 403 where an owner or admin is concerned and the caller may not decide about those. */
async function requirePrivilege(context: ChangesMembers, ...roles: readonly MemberRecord['role'][]): Promise<void> {
  if (roles.some((role) => role === 'owner' || role === 'admin')) await context.require('members:write-privileged');
}

/**
 * An organization keeps an owner who can name others; only the operator may leave it without. Two owners who remove each other
 * at the same moment both succeed: the operator names a new one.
 *
 * @throws Problem 409
 */
async function requireOwnerRemains({ deps, principal }: ChangesMembers, { organization, id, role }: MemberRecord) {
  if (role !== 'owner' || principal.operator || (await hasOtherOwner(deps.control, organization, id))) return;
  throw new Problem('conflict', 409, 'The organization would be left without an owner.', {
    detail: 'Make another member its owner first.',
  });
}

async function hasOtherOwner(control: DocumentTable, organization: string, id: string): Promise<boolean> {
  for await (const { value } of iterateMembers(control, organization)) {
    if (value.role === 'owner' && value.id !== id) return true;
  }
  return false;
}
