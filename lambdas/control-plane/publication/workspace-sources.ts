import { type CredentialRecord, iterateCredentials } from '../../store/control/credential.ts';
import { getOrganization } from '../../store/control/organization.ts';
import { iterateProviders, type ProviderRecord } from '../../store/control/provider.ts';
import { iterateRoutes } from '../../store/control/route.ts';
import { getWorkspace } from '../../store/control/workspace.ts';
import type { DocumentTable, Stored } from '../../store/document.ts';
import type { WorkspaceSources } from './compile-policy.ts';

/** A workspace, with the organization it is in. */
export interface Place {
  readonly organization: string;
  readonly workspace: string;
}

/** The records a workspace's policy is made of; `undefined` where it has none to have: it is gone or being erased. */
export async function readWorkspaceSources(
  control: DocumentTable,
  place: Place,
): Promise<WorkspaceSources | undefined> {
  const [active, routes, credentials] = await Promise.all([
    readActivePlace(control, place),
    valuesOf(iterateRoutes(control, place.workspace)),
    valuesOf(iterateCredentials(control, { kind: 'workspace', workspace: place.workspace })),
  ]);
  return active === undefined ? undefined : { ...active, routes, credentials };
}

/** Organization and workspace, where neither is gone or being erased. */
export async function readActivePlace(
  control: DocumentTable,
  place: Place,
): Promise<Pick<WorkspaceSources, 'organization' | 'workspace'> | undefined> {
  const [organization, workspace] = await Promise.all([
    getOrganization(control, place.organization),
    getWorkspace(control, place.organization, place.workspace),
  ]);
  if (organization?.value.status !== 'active' || workspace?.value.status !== 'active') return undefined;
  return { organization: organization.value, workspace: workspace.value };
}

/** The records the catalog is made of. */
export async function readCatalogSources(
  control: DocumentTable,
): Promise<{ providers: ProviderRecord[]; credentials: CredentialRecord[] }> {
  const [providers, credentials] = await Promise.all([
    valuesOf(iterateProviders(control)),
    valuesOf(iterateCredentials(control, { kind: 'platform' })),
  ]);
  return { providers, credentials };
}

async function valuesOf<Value>(documents: AsyncIterable<Stored<Value>>): Promise<Value[]> {
  const values: Value[] = [];
  for await (const { value } of documents) values.push(value);
  return values;
}
