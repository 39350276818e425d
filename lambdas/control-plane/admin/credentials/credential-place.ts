import type { CredentialOwner } from '../../../store/control/credential.ts';
import { publishCatalog, publishWorkspace } from '../../publication/publish.ts';
import type { ControlPlaneDependencies } from '../dependencies.ts';

/** Whose credential for which provider. Organization and workspace are the members of the encryption context. */
export interface CredentialPlace {
  readonly owner: CredentialOwner;
  readonly organization: string;
  readonly workspace: string;
  readonly provider: string;
}

export function workspacePlace(
  { organization, workspace }: { organization: { value: { id: string } }; workspace: { value: { id: string } } },
  provider: string,
): CredentialPlace {
  const { id } = workspace.value;
  return { owner: { kind: 'workspace', workspace: id }, organization: organization.value.id, workspace: id, provider };
}

export function platformPlace(provider: string): CredentialPlace {
  return { owner: { kind: 'platform' }, organization: 'platform', workspace: 'platform', provider };
}

/** For the audit trail. */
export function targetOf({ owner, workspace, provider }: CredentialPlace): string {
  return owner.kind === 'platform' ? `platform-credential/${provider}` : `credential/${workspace}/${provider}`;
}

/** Brings the credential that is stored there, or that there is none, into force. */
export async function publishPlace(deps: ControlPlaneDependencies, place: CredentialPlace): Promise<void> {
  if (place.owner.kind === 'platform') return publishCatalog(deps);
  return publishWorkspace(deps, place);
}
