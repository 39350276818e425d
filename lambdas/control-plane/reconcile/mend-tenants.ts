import { type CredentialRecord, iterateCredentials } from '../../store/control/credential.ts';
import { iterateKeys, type KeyRecord } from '../../store/control/key.ts';
import type { OrganizationRecord } from '../../store/control/organization.ts';
import { iterateRoutes, type RouteRecord } from '../../store/control/route.ts';
import type { WorkspaceRecord } from '../../store/control/workspace.ts';
import type { Stored } from '../../store/document.ts';
import { inBatches } from '../publication/in-batches.ts';
import type { PublicationDependencies } from '../publication/publish.ts';
import type { Attempts } from './attempts.ts';
import { readWorkspaces } from './each-tenant.ts';
import { mendKey } from './mend-key.ts';
import { mendOrganizationVersions, mendWorkspace } from './mend-workspace.ts';
import type { Survey } from './survey.ts';

/** Compares everything of an organization with the surveyed data planes, and mends it. */
export async function mendOrganization(
  deps: PublicationDependencies,
  surveys: readonly Survey[],
  organization: OrganizationRecord,
  attempts: Attempts,
): Promise<void> {
  const atEach = async (work: (survey: Survey) => Promise<void>): Promise<void> => {
    // One after the other: where a version has to be raised, it is raised once.
    for (const survey of surveys) {
      if (!(await attempts.run(() => work(survey)))) survey.counts.failed = true;
    }
  };
  await atEach((survey) => mendOrganizationVersions(deps, survey, organization.id));
  const workspaces = await readWorkspaces(deps.control, organization.id);
  const active = workspaces.filter(({ status }) => status === 'active');
  await inBatches(active, async (workspace) => {
    const { keys, ...rest } = await readWorkspaceItems(deps, workspace);
    await atEach((survey) => mendWorkspace(deps, survey, { organization, workspace, ...rest }));
    for (const key of keys) await atEach((survey) => mendKey(deps, survey, key));
  });
}

async function readWorkspaceItems(
  { control }: PublicationDependencies,
  { id }: WorkspaceRecord,
): Promise<{ keys: Stored<KeyRecord>[]; routes: RouteRecord[]; credentials: CredentialRecord[] }> {
  const keys: Stored<KeyRecord>[] = [];
  const routes: RouteRecord[] = [];
  const credentials: CredentialRecord[] = [];
  for await (const key of iterateKeys(control, id)) keys.push(key);
  for await (const { value } of iterateRoutes(control, id)) routes.push(value);
  for await (const { value } of iterateCredentials(control, { kind: 'workspace', workspace: id })) {
    credentials.push(value);
  }
  return { keys, routes, credentials };
}
