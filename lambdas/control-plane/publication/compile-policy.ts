import type { CredentialRecord } from '../../store/control/credential.ts';
import type { KeyRecord } from '../../store/control/key.ts';
import type { OrganizationRecord } from '../../store/control/organization.ts';
import type { ProviderRecord } from '../../store/control/provider.ts';
import type { RouteRecord } from '../../store/control/route.ts';
import type { WorkspaceRecord } from '../../store/control/workspace.ts';
import type { Stored } from '../../store/document.ts';
import type {
  Budget,
  CatalogPolicy,
  CredentialReference,
  KeyPolicy,
  Limits,
  ProviderDeclaration,
  RoutePolicy,
  WorkspacePolicy,
} from '../../store/policy.ts';

/*
 * Control records to policy. Closed lists of members: what a record gets in addition one day is not published by accident. The
 * same records always give the same policy, whatever the time: reconcile compares.
 */

/** The key's document version is the version of its policy. */
export function compileKeyPolicy({ value: key, version }: Stored<KeyRecord>): KeyPolicy {
  return {
    version,
    publicId: key.id,
    name: key.name,
    organization: key.organization,
    workspace: key.workspace,
    secrets: key.secrets.map(({ hash, expiresAt }) => ({ hash, ...(expiresAt !== undefined && { expiresAt }) })),
    status: key.status,
    ...(key.expiresAt !== undefined && { expiresAt: epochSeconds(key.expiresAt) }),
    // An empty list would be one that allows nothing: it is not the same as none.
    ...(key.models !== undefined && { models: key.models }),
    ...(key.endpoints !== undefined && { endpoints: key.endpoints }),
    ...(key.cidrs !== undefined && { cidrs: key.cidrs }),
    ...guards(key),
  };
}

/** What the policy of a workspace is made of. */
export interface WorkspaceSources {
  readonly organization: OrganizationRecord;
  readonly workspace: WorkspaceRecord;
  readonly routes: readonly RouteRecord[];
  readonly credentials: readonly CredentialRecord[];
}

export function compileWorkspacePolicy(sources: WorkspaceSources, version: number): WorkspacePolicy {
  const { organization, workspace, routes, credentials } = sources;
  return {
    version,
    organization: {
      id: organization.id,
      billing: organization.billing,
      retentionDays: organization.retentionDays,
      ...(organization.zeroRetention && { zeroRetention: true }),
      ...(organization.regions !== undefined && { regions: organization.regions }),
      ...guards(organization),
    },
    workspace: { id: workspace.id, ...guards(workspace) },
    routes: Object.fromEntries(routes.map((route) => [route.name, compileRoute(route)])),
    credentials: compileCredentials(credentials, 'workspace'),
  };
}

export function compileCatalogPolicy(
  providers: readonly ProviderRecord[],
  credentials: readonly CredentialRecord[],
  version: number,
): CatalogPolicy {
  return {
    version,
    providers: Object.fromEntries(providers.map((provider) => [provider.name, compileProvider(provider)])),
    credentials: compileCredentials(credentials, 'platform'),
  };
}

function compileRoute({ strategy, targets, timeouts, retries }: RouteRecord): RoutePolicy {
  return {
    strategy,
    targets: targets.map(({ provider, model, weight }) => ({
      provider,
      model,
      ...(weight !== undefined && { weight }),
    })),
    ...(timeouts !== undefined && Object.keys(timeouts).length > 0 && { timeouts }),
    ...(retries !== undefined && { retries }),
  };
}

function compileProvider({ baseUrl, protocols, auth, models, zeroRetention }: ProviderRecord): ProviderDeclaration {
  return { baseUrl, protocols, auth, models, ...(zeroRetention === true && { zeroRetention }) };
}

function compileCredentials(
  credentials: readonly CredentialRecord[],
  owner: CredentialReference['owner'],
): Record<string, CredentialReference> {
  return Object.fromEntries(
    credentials.map((credential) => [credential.provider, compileReference(credential, owner)]),
  );
}

function compileReference(record: CredentialRecord, owner: CredentialReference['owner']): CredentialReference {
  return {
    owner,
    // One credential for each provider: the provider's name is its id in the vault.
    credential: record.provider,
    version: record.secretVersion,
    ...(record.previousSecretVersion !== undefined && { previousVersion: record.previousSecretVersion }),
    ...(record.zeroRetention && { zeroRetention: true }),
  };
}

/** Limits and budget; no limit at all is left out, since their presence alone costs a meter of its own. */
function guards({ limits, budget }: { limits?: Limits; budget?: Budget }): { limits?: Limits; budget?: Budget } {
  return {
    ...(limits !== undefined && Object.keys(limits).length > 0 && { limits }),
    ...(budget !== undefined && { budget }),
  };
}

/** Rounded down: never a second longer than was said. */
function epochSeconds(timestamp: string): number {
  return Math.floor(Date.parse(timestamp) / 1000);
}
