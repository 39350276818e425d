import { providerFor } from '../../../providers/find-provider.ts';
import { type CredentialOwner, getCredential, listCredentials } from '../../../store/control/credential.ts';
import { getProvider } from '../../../store/control/provider.ts';
import type { Context, Handlers } from '../context.ts';
import type { ControlPlaneDependencies } from '../dependencies.ts';
import { invalidRequest, notFound } from '../problem.ts';
import { readPage } from '../read-page.ts';
import { type CredentialPlace, platformPlace, workspacePlace } from './credential-place.ts';
import { viewCredential } from './credential-view.ts';
import { readProviderSecret, secretFaults } from './provider-secret.ts';
import { removeCredential } from './remove-credential.ts';
import { sealForEveryRegion } from './sealed-everywhere.ts';
import { storeCredential } from './store-credential.ts';

type Ids =
  | 'putCredential'
  | 'listCredentials'
  | 'getCredential'
  | 'deleteCredential'
  | 'putPlatformCredential'
  | 'listPlatformCredentials'
  | 'getPlatformCredential'
  | 'deletePlatformCredential';

export const credentialHandlers: Handlers<Ids> = {
  putCredential: async (context) => put(context, workspacePlace(context, context.parameters.provider)),
  listCredentials: async (context) => list(context, { kind: 'workspace', workspace: context.workspace.value.id }),
  getCredential: async (context) => get(context, workspacePlace(context, context.parameters.provider)),
  deleteCredential: async (context) => remove(context, workspacePlace(context, context.parameters.provider)),

  putPlatformCredential: async (context) => put(context, platformPlace(context.parameters.provider)),
  listPlatformCredentials: async (context) => list(context, { kind: 'platform' }),
  getPlatformCredential: async (context) => get(context, platformPlace(context.parameters.provider)),
  deletePlatformCredential: async (context) => remove(context, platformPlace(context.parameters.provider)),
};

type Put = Context<'putCredential'> | Context<'putPlatformCredential'>;

async function put(context: Put, place: CredentialPlace) {
  const { deps, body } = context;
  const auth = await requireAuth(deps, place.provider);
  const { owner } = place;
  const faults = secretFaults(body.secret, auth, { allowPrivate: deps.allowPrivateProviders, owner });
  if (faults.length > 0) throw invalidRequest(...faults);
  const sealed = await sealForEveryRegion(deps, place, readProviderSecret(body.secret, owner));
  const stored = await storeCredential(context, place, sealed, body.zeroRetention ?? false);
  return { body: viewCredential(stored.value), version: stored.version };
}

async function list(context: Context<'listCredentials'> | Context<'listPlatformCredentials'>, owner: CredentialOwner) {
  const { deps, query } = context;
  const { items, nextCursor } = await readPage((page) => listCredentials(deps.control, owner, page), query);
  return { body: { data: items.map(({ value }) => viewCredential(value)), nextCursor } };
}

async function get({ deps }: { deps: ControlPlaneDependencies }, place: CredentialPlace) {
  const stored = await getCredential(deps.control, place.owner, place.provider);
  if (stored === undefined) throw notFound();
  return { body: viewCredential(stored.value), version: stored.version };
}

async function remove(
  context: Context<'deleteCredential'> | Context<'deletePlatformCredential'>,
  place: CredentialPlace,
): Promise<{ body: undefined }> {
  await removeCredential(context, place);
  return { body: undefined };
}

/**
 * How the provider wants to be shown its credential.
 *
 * @throws Problem 400 where there is no such provider.
 */
async function requireAuth({ control }: ControlPlaneDependencies, name: string) {
  const declared = await getProvider(control, name);
  const providers = declared === undefined ? {} : { [name]: declared.value };
  const provider = providerFor(name, { version: 0, providers, credentials: {} });
  if (provider !== undefined) return provider.auth;
  const message = 'must be a built-in provider, or one declared with PUT /providers/{provider}';
  throw invalidRequest({ field: 'path.provider', message });
}
