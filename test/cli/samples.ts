import type { ResponseOf } from '../../lambdas/control-plane/contract/operation.ts';
import type { OperationId, Operations } from '../../lambdas/control-plane/contract/operations.ts';

const at = '2026-11-22T06:30:00.000Z';
const dates = { createdAt: at, updatedAt: at };

const organization = {
  id: 'org_1',
  name: 'Acme',
  billing: 'prepaid',
  retentionDays: 30,
  zeroRetention: false,
  status: 'active',
  limits: { requestsPerMinute: 60, tokensPerMinute: 5000 },
  budget: { amountMicroUsd: 12_500_000, period: 'month' },
  ...dates,
} as const satisfies ResponseOf<Operations['getOrganization']>;

const workspace = { id: 'ws_1', organization: 'org_1', name: 'Research', ...dates };
const member = { id: 'mem_1', organization: 'org_1', email: 'ada@example.com', role: 'admin' as const, ...dates };
const key = {
  id: 'key1',
  organization: 'org_1',
  workspace: 'ws_1',
  name: 'laptop',
  status: 'active' as const,
  lastFour: 'wxyz',
  limits: { requestsPerMinute: 60, tokensPerMinute: 5000 },
  lastUsedAt: null,
  ...dates,
};
export const sampleSecret = 'gh_key1_ThisIsShownOnce';
const credential = {
  provider: 'openai',
  kind: 'api-key' as const,
  lastFour: '1234',
  zeroRetention: false,
  previousUsable: false,
  createdAt: at,
  rotatedAt: null,
};
const provider = {
  name: 'lab',
  baseUrl: 'https://llm.example.com/v1',
  protocols: ['openai-chat' as const],
  auth: { kind: 'bearer' as const },
  models: [{ id: '*', free: true as const }],
  ...dates,
};
const route = {
  name: 'fast',
  workspace: 'ws_1',
  strategy: 'ordered' as const,
  targets: [{ provider: 'openai', model: 'gpt-5-mini', weight: 2 }],
  ...dates,
};
export const requestSample: ResponseOf<Operations['getRequest']> = {
  id: 'req_1',
  createdAt: at,
  organization: 'org_1',
  workspace: 'ws_1',
  key: 'key1',
  region: 'local',
  endpoint: '/v1/chat/completions',
  provider: 'sim',
  model: 'echo',
  streamed: true,
  ending: 'completed',
  status: 200,
  inputTokens: 10,
  cacheReadInputTokens: 0,
  cacheWrite5mInputTokens: 0,
  cacheWrite1hInputTokens: 0,
  outputTokens: 20,
  reasoningTokens: 0,
  usageEstimated: false,
  costMicroUsd: 50,
  attempts: 1,
  latencyMs: 120,
  firstByteMs: 30,
  overheadMs: 1.5,
  keyPolicyVersion: 1,
  workspacePolicyVersion: 1,
  expiresAt: at,
};
const sums = {
  requests: 3,
  failedRequests: 1,
  estimatedRequests: 0,
  inputTokens: 10,
  cacheReadInputTokens: 0,
  cacheWrite5mInputTokens: 0,
  cacheWrite1hInputTokens: 0,
  outputTokens: 20,
  reasoningTokens: 0,
  costMicroUsd: 1_234_567,
};
const endpoint = {
  region: 'local',
  policy: { status: 'fresh' as const, items: 4, missing: 0, stale: 0, foreign: 0, comparedAt: at },
};

const listOf = <Item>(...data: Item[]) => ({ data, nextCursor: null });

/** One answer of every operation. */
export const samples: { readonly [Id in OperationId]: ResponseOf<Operations[Id]> } = {
  createOrganization: organization,
  listOrganizations: listOf(organization),
  getOrganization: organization,
  updateOrganization: organization,
  deleteOrganization: undefined,
  createBalanceAdjustment: {
    id: 'adj_1',
    amountMicroUsd: -3_500_000,
    reason: 'refund',
    balanceMicroUsd: 21_500_000,
    createdAt: at,
  },
  createWorkspace: workspace,
  listWorkspaces: listOf(workspace),
  getWorkspace: workspace,
  updateWorkspace: workspace,
  deleteWorkspace: undefined,
  createMember: member,
  listMembers: listOf(member),
  getMember: member,
  updateMember: member,
  deleteMember: undefined,
  createKey: { ...key, secret: sampleSecret },
  listKeys: listOf(key),
  getKey: key,
  updateKey: key,
  revokeKey: key,
  rotateKey: { ...key, secret: sampleSecret },
  putCredential: credential,
  listCredentials: listOf(credential),
  getCredential: credential,
  deleteCredential: undefined,
  putPlatformCredential: credential,
  listPlatformCredentials: listOf(credential),
  getPlatformCredential: credential,
  deletePlatformCredential: undefined,
  putProvider: provider,
  listProviders: listOf(provider),
  getProvider: provider,
  deleteProvider: undefined,
  putRoute: route,
  listRoutes: listOf(route),
  getRoute: route,
  deleteRoute: undefined,
  listRequests: listOf(requestSample),
  getRequest: requestSample,
  getUsage: {
    from: '2026-11-01',
    to: '2026-11-22',
    groupBy: ['day'],
    data: [{ day: '2026-11-22', ...sums }],
    total: sums,
  },
  listAuditEvents: listOf(),
  listPlatformAuditEvents: listOf(),
  listModelChecks: listOf({ model: 'sim/echo', checkedAt: at, result: 'ok' }),
  listEndpoints: listOf(endpoint),
};
