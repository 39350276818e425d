import { hash } from 'node:crypto';
import { appendAuditEntry } from '../audit/append.ts';
import type { Operation } from '../contract/operation.ts';
import { type OperationId, operations } from '../contract/operations.ts';
import type { Permission } from '../contract/permission.ts';
import type { AdminRequest, AdminResponse } from './admin-request.ts';
import { type Authority, createAuthority } from './authority.ts';
import type { AuditChange, Located } from './context.ts';
import type { AdminApiSettings } from './dependencies.ts';
import { handlers } from './handlers.ts';
import { once, readIdempotencyKey } from './idempotency.ts';
import { locate } from './locate.ts';
import { Problem } from './problem.ts';
import { readInput } from './read-input.ts';

/**
 * The way of every request to the admin API. Who calls, where it leads, whether that is allowed: only then does it matter what
 * the request says, so that an error never tells anything to somebody who may not know it.
 *
 * @throws Problem, SignInError, StoreError.
 */
export async function serveOperation(
  id: OperationId,
  request: AdminRequest,
  settings: AdminApiSettings,
): Promise<AdminResponse> {
  const operation: Operation = operations[id];
  const principal = await settings.signIn.authenticate(request.header('authorization'));
  const authority = createAuthority(principal, settings.control);
  const located = await locate({ id, scope: operation.scope }, request.parameters, { ...settings, authority });
  const require = (permission: Permission) => requirePermission(permission, located, authority);
  await require(operation.permission);

  const input = readInput(operation, request);
  const call = readIdempotencyKey(request, principal);
  const organization = located.organization?.value.id;
  const context = {
    ...located,
    ...input,
    parameters: request.parameters,
    deps: settings,
    principal,
    requestId: request.id,
    now: request.receivedAt,
    newId: call.newId,
    may: authority.may,
    require,
    audit: async (change: AuditChange) => {
      await appendAuditEntry(settings.audit, {
        chain: change.chain ?? organization ?? 'platform',
        at: new Date(settings.now()).toISOString(),
        actor: principal.actor,
        action: change.action,
        target: change.target,
        sourceAddress: request.sourceAddress,
        requestId: request.id,
        beforeDigest: digestOf(change.before),
        afterDigest: digestOf(change.after),
      });
    },
  };
  // The contract types each handler; here, where any of them may be meant, only that it is one.
  const handle = handlers[id] as (context: unknown) => Promise<{ body: unknown; version?: number; status?: number }>;
  const work = async (): Promise<AdminResponse> => toResponse(operation, await handle(context));
  if (call.id === undefined) return work();
  // The first call about an organization creates it, under an id that its key determines.
  const place = { organization: organization ?? call.newId('org'), id: call.id };
  return once({ place, request }, settings.control, work);
}

async function requirePermission(permission: Permission, located: Located, authority: Authority): Promise<void> {
  const organization = located.organization?.value.id;
  const allowed =
    organization === undefined ? authority.mayOnPlatform(permission) : await authority.may(permission, organization);
  if (allowed) return;
  throw new Problem('permission_denied', 403, 'Your role does not allow this.', {
    detail: `It takes "${permission}".`,
  });
}

/** Answers are closed: what the contract does not name goes nowhere, and fails loudly instead of leaking. */
function toResponse(
  { status, response }: Operation,
  result: { body: unknown; version?: number; status?: number },
): AdminResponse {
  return {
    status: result.status ?? status,
    ...(response !== undefined && { body: response.parse(result.body) }),
    headers: result.version === undefined ? {} : { etag: `"${result.version}"` },
  };
}

/** Members in alphabetical order, at any depth: equal resources have equal digests. */
function digestOf(value: unknown): string | null {
  if (value === undefined) return null;
  const canonical = JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : member,
  );
  return hash('sha256', canonical, 'hex');
}
