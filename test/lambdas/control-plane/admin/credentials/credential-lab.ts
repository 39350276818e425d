import { randomBytes } from 'node:crypto';
import { createCredentialReader } from '../../../../../lambdas/routing/credentials.ts';
import {
  type CredentialReference,
  getPolicy,
  workspacePolicyId,
  type WorkspacePolicy,
} from '../../../../../lambdas/store/policy.ts';
import type { AdminAnswer, AdminApi } from '../../../../fixtures/admin-api.ts';
import type { NewWorkspace } from '../new-workspace.ts';

/** Credentials of workspaces, seen from all sides: the API, the published policy and the vault. */
export interface CredentialLab {
  put(place: NewWorkspace, secret: unknown, headers?: Record<string, string>): Promise<AdminAnswer>;
  /** What the published policy refers to. */
  referenceOf(place: NewWorkspace, provider?: string): Promise<CredentialReference | undefined>;
  /** What a data plane opens that never opened it before. */
  open(place: NewWorkspace, reference: CredentialReference | undefined): Promise<string>;
  /** Versions of one workspace's credentials that are in the vault, as `openai#2`. */
  inVault(place: NewWorkspace): Promise<string[]>;
}

export const newSecret = (): string => `sk-${randomBytes(24).toString('hex')}`;

export const pathOf = ({ workspace }: NewWorkspace, provider = 'openai'): string =>
  `/workspaces/${workspace}/credentials/${provider}`;

export function createCredentialLab(api: AdminApi): CredentialLab {
  const { store, tables } = api.testStore;
  return {
    put: (place, secret, headers = {}) => api.call('PUT', pathOf(place), { body: { secret }, headers }),
    async referenceOf({ workspace }, provider = 'openai') {
      const policy = await getPolicy<WorkspacePolicy>(store, tables.policy, workspacePolicyId(workspace));
      return policy?.credentials[provider];
    },
    async open({ workspace }, reference) {
      if (reference === undefined) return 'no reference';
      const keyUnwrapper = api.keyWrapper.unwrapper;
      const reader = createCredentialReader({ store, table: tables.vault, keyUnwrapper, now: Date.now });
      return (await reader.open({ workspace, provider: reference.credential }, reference)).reveal();
    },
    async inVault({ workspace }) {
      const { Items = [] } = await store.query({
        TableName: tables.vault,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: `workspace#${workspace}` } },
      });
      return Items.map(({ sk }) => sk?.S ?? '');
    },
  };
}
