import { describe, expect, test } from 'vitest';
import type { OperationId } from '../../lambdas/control-plane/contract/operations.ts';
import { startAdminServer } from './admin-server.ts';
import { runCommand } from './run-command.ts';

/** A command line for every operation of the contract: one that is missing here does not compile. */
const commandLines: Readonly<Record<OperationId, string>> = {
  createOrganization:
    'organizations create Acme --billing prepaid --retention-days 30 --zero-retention --region eu-west-1 --budget 25USD/month --limit requestsPerMinute=60 --limit concurrentRequests=5',
  listOrganizations: 'organizations list',
  getOrganization: 'organizations get org_1',
  updateOrganization: 'organizations update org_1 --name Other --no-regions --no-budget --no-limit requestsPerMinute',
  deleteOrganization: 'organizations delete org_1 --yes',
  createBalanceAdjustment: 'organizations credit org_1 -3.5 --reason refund',
  createWorkspace: 'workspaces create Research --organization org_1 --limit tokensPerMinute=1000 --budget 1/day',
  listWorkspaces: 'workspaces list',
  getWorkspace: 'workspaces get ws_1',
  updateWorkspace: 'workspaces update ws_1 --name Other --if-match auto',
  deleteWorkspace: 'workspaces delete ws_1 --yes',
  createMember: 'members add --email ada@example.com --role admin',
  listMembers: 'members list',
  getMember: 'members get mem_1',
  updateMember: 'members update mem_1 --role auditor',
  deleteMember: 'members remove mem_1',
  createKey:
    'keys create laptop --model openai/* --endpoint /v1/chat/completions --cidr 10.0.0.0/8 --expires-in 30d --limit requestsPerDay=10 --budget 0.50USD/total',
  listKeys: 'keys list',
  getKey: 'keys get key1',
  updateKey: 'keys update key1 --no-models --no-endpoints --no-cidrs --no-expiry --limit requestsPerDay=5',
  revokeKey: 'keys revoke key1',
  rotateKey: 'keys rotate key1 --overlap 1h',
  putCredential: 'credentials set openai --secret-stdin --zero-retention',
  listCredentials: 'credentials list',
  getCredential: 'credentials get openai',
  deleteCredential: 'credentials delete openai',
  putPlatformCredential: 'credentials set openai --platform --secret-stdin',
  listPlatformCredentials: 'credentials list --platform',
  getPlatformCredential: 'credentials get openai --platform',
  deletePlatformCredential: 'credentials delete openai --platform',
  putProvider:
    'providers set lab --base-url https://llm.example.com/v1 --protocol openai-chat --auth header:api-key --model llama-4=0.60/2.40 --model bge=free --zero-retention',
  listProviders: 'providers list',
  getProvider: 'providers get lab',
  deleteProvider: 'providers delete lab',
  putRoute:
    'routes set fast --target openai/gpt-5-mini@3 --target groq/llama --strategy weighted --retries 1 --timeout totalMs=60000',
  listRoutes: 'routes list',
  getRoute: 'routes get fast',
  deleteRoute: 'routes delete fast',
  listRequests:
    'requests list --from 2h --to 2026-11-22 --workspace ws_1 --key key1 --provider sim --model echo --status 200 --ending completed --error-code x',
  getRequest: 'requests get req_1 --organization org_1',
  getUsage: 'usage --from 2026-11-01 --to 2026-11-22 --group-by day,model',
  listAuditEvents: 'audit list --order oldest',
  listPlatformAuditEvents: 'audit list --platform --organization org_1',
  listModelChecks: 'model-checks sim/echo',
  listEndpoints: 'endpoints',
};

describe('every operation of the admin API', () => {
  test.each(Object.entries(commandLines))(
    '%s is reached by a command, with input the contract takes',
    async (id, line) => {
      const server = await startAdminServer();

      const ended = await runCommand(line.split(' '), { server, input: 'sk-secret-1234' });

      expect(ended).toMatchObject({ code: 0 });
      expect(server.calls.at(-1)?.operation).toBe(id);
    },
  );
});
