import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Role } from '../../../../lambdas/control-plane/admin/principal.ts';
import type { Operation } from '../../../../lambdas/control-plane/contract/operation.ts';
import { type OperationId, operationIds, operations } from '../../../../lambdas/control-plane/contract/operations.ts';
import { type AdminApi, startAdminApi } from '../../../fixtures/admin-api.ts';

/*
 * Every operation for every role, against the running API. Whoever passes the permission check is told that the `If-Match` sent
 * with each call is malformed (400), so nothing is ever done; whoever does not is told so before anything of the request is read.
 */

const everybody = ['operator', 'owner', 'admin', 'member', 'auditor', 'stranger'] as const;
type Person = (typeof everybody)[number];

const members = ['operator', 'owner', 'admin', 'member', 'auditor'] as const;
const administrators = ['operator', 'owner', 'admin'] as const;
const overseers = ['operator', 'owner', 'admin', 'auditor'] as const;

/** Written out, and not taken from the permission table: that is what is being tested. */
const allowed: Record<OperationId, readonly Person[]> = {
  createOrganization: ['operator'],
  listOrganizations: everybody,
  getOrganization: members,
  updateOrganization: ['operator', 'owner'],
  deleteOrganization: ['operator', 'owner'],
  createBalanceAdjustment: ['operator'],
  createWorkspace: administrators,
  listWorkspaces: members,
  getWorkspace: members,
  updateWorkspace: administrators,
  deleteWorkspace: administrators,
  createMember: administrators,
  listMembers: overseers,
  getMember: overseers,
  updateMember: administrators,
  deleteMember: administrators,
  createKey: ['operator', 'owner', 'admin', 'member'],
  listKeys: members,
  getKey: members,
  updateKey: ['operator', 'owner', 'admin', 'member'],
  revokeKey: ['operator', 'owner', 'admin', 'member'],
  rotateKey: ['operator', 'owner', 'admin', 'member'],
  putCredential: administrators,
  listCredentials: members,
  getCredential: members,
  deleteCredential: administrators,
  putPlatformCredential: ['operator'],
  listPlatformCredentials: ['operator'],
  getPlatformCredential: ['operator'],
  deletePlatformCredential: ['operator'],
  putProvider: ['operator'],
  listProviders: ['operator'],
  getProvider: ['operator'],
  deleteProvider: ['operator'],
  putRoute: administrators,
  listRoutes: members,
  getRoute: members,
  deleteRoute: administrators,
  listRequests: members,
  getRequest: everybody,
  getUsage: members,
  listAuditEvents: overseers,
  listPlatformAuditEvents: ['operator'],
  listModelChecks: everybody,
  listEndpoints: ['operator'],
};

let api: AdminApi;
const tokens = {} as Record<Person, string>;
const ids: Record<string, string> = { provider: 'openai', route: 'fast', request: 'req_01ARZ3NDEKTSV4RRFFQ69G5FAV' };

beforeAll(async () => {
  api = await startAdminApi();
  const organization = await api.call('POST', '/organizations', { body: { name: 'Acme' } });
  ids['organization'] = organization.body.id;
  const workspace = await api.call('POST', `/organizations/${ids['organization']}/workspaces`, {
    body: { name: 'Lab' },
  });
  ids['workspace'] = workspace.body.id;
  const key = await api.call('POST', `/workspaces/${ids['workspace']}/keys`, { body: { name: 'k' } });
  ids['key'] = key.body.id;
  const member = await api.call('POST', `/organizations/${ids['organization']}/members`, {
    body: { email: 'ada@example.com', role: 'member' },
  });
  ids['member'] = member.body.id;
  for (const role of ['owner', 'admin', 'member', 'auditor'] satisfies Role[]) {
    tokens[role] = await api.join(ids['organization'] ?? '', role);
  }
  tokens.operator = api.operatorToken;
  tokens.stranger = await api.tokenFor({ subject: 'stranger', email: 'stranger@example.com' });
});

afterAll(() => api.close());

function tryOperation(id: OperationId, token: string | null) {
  const { method, path }: Operation = operations[id];
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? `no-${name}`);
  return api.call(method, filled, { token, headers: { 'if-match': 'malformed' } });
}

describe.each(operationIds)('%s', (id) => {
  it.each(everybody)('decides about the %s', async (person) => {
    const answer = await tryOperation(id, tokens[person]);

    if (allowed[id].includes(person)) {
      expect(answer.body).toMatchObject({ code: 'invalid_request', errors: [{ field: 'header.if-match' }] });
    } else if (person === 'stranger' && operations[id].scope !== 'platform') {
      expect(answer.body).toMatchObject({ status: 404, code: 'not_found' });
    } else {
      expect(answer.body).toMatchObject({ status: 403, code: 'permission_denied' });
    }
  });

  it('is closed to callers without a token or with a wrong one', async () => {
    const [missing, wrong] = await Promise.all([tryOperation(id, null), tryOperation(id, 'wrong')]);

    expect(missing.body).toMatchObject({ status: 401, code: 'missing_token' });
    expect(wrong.body).toMatchObject({ status: 401, code: 'invalid_token' });
  });
});
