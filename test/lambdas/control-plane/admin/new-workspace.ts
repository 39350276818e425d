import { randomUUID } from 'node:crypto';
import type { AdminApi } from '../../../fixtures/admin-api.ts';

export interface NewWorkspace {
  readonly organization: string;
  readonly workspace: string;
}

/** A workspace that no other test has anything to do with, in an organization of its own. */
export async function newWorkspace({ call }: AdminApi): Promise<NewWorkspace> {
  const made = await call('POST', '/organizations', { body: { name: randomUUID() } });
  const organization: string = made.body.id;
  const { body } = await call('POST', `/organizations/${organization}/workspaces`, { body: { name: 'Lab' } });
  return { organization, workspace: body.id };
}

export interface AuditLine {
  readonly action: string;
  readonly target: string;
  readonly beforeDigest: string | null;
  readonly afterDigest: string | null;
}

/** The newest entries of a chain, oldest first. */
export async function newestAudit({ call }: AdminApi, chain: string, limit: number): Promise<AuditLine[]> {
  const path = chain === 'platform' ? '/platform/audit-events' : `/organizations/${chain}/audit-events`;
  const { body } = await call('GET', `${path}?limit=${limit}`);
  return body.data.toReversed();
}
