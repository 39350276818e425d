import { randomBytes } from 'node:crypto';
import { createApiKey, parseApiKey } from '../lambdas/crypto/api-key.ts';
import { sealSecret } from '../lambdas/crypto/envelope.ts';
import type { KeyGenerator } from '../lambdas/crypto/key-wrapper.ts';
import { Secret } from '../lambdas/crypto/secret.ts';
import { builtInProviders } from '../lambdas/providers/registry.ts';
import type { StoreClient } from '../lambdas/store/client.ts';
import {
  catalogPolicyId,
  type CatalogPolicy,
  type CredentialReference,
  getPolicy,
  keyPolicyId,
  type KeyPolicy,
  type ProviderDeclaration,
  putPolicy,
  workspacePolicyId,
  type WorkspacePolicy,
} from '../lambdas/store/policy.ts';
import type { TableNames } from '../lambdas/store/tables.ts';
import { putSealedCredential } from '../lambdas/store/vault.ts';
import type { LocalConfiguration } from './configuration.ts';
import type { DataFolder } from './data-folder.ts';
import { simulatedModels } from './simulated-provider.ts';

/** What a new installation starts with, and what every start brings up to date. */
export interface Seeded {
  readonly apiKey: string;
  readonly adminToken: string;
  /** Providers that can be called, for the greeting. */
  readonly providers: readonly string[];
}

interface SeedOptions {
  readonly store: StoreClient;
  readonly tables: TableNames;
  readonly keyGenerator: KeyGenerator;
  readonly folder: DataFolder;
  readonly configuration: LocalConfiguration;
  readonly simulatedProviderUrl: string;
}

const organization = 'local';
const workspace = 'local';

/** An organization, a workspace and a key on first start; providers and their credentials on every start. */
export async function seed(options: SeedOptions): Promise<Seeded> {
  const { folder, configuration } = options;
  const adminToken = configuration.adminToken ?? folder.read('admin-token') ?? randomBytes(32).toString('base64url');
  folder.write('admin-token', adminToken);
  await seedWorkspace(options);
  const apiKey = await seedApiKey(options);
  const providers = await seedCatalog(options);
  return { apiKey, adminToken, providers };
}

async function seedWorkspace({ store, tables }: SeedOptions): Promise<void> {
  const id = workspacePolicyId(workspace);
  if ((await getPolicy(store, tables.policy, id)) !== undefined) return;
  const policy: WorkspacePolicy = {
    version: 1,
    organization: { id: organization, billing: 'postpaid', retentionDays: 90 },
    workspace: { id: workspace },
    routes: {},
    credentials: {},
  };
  await putPolicy(store, tables.policy, id, policy);
}

/** The one key whose secret is kept (in the data folder), so that it can be shown again on the next start. */
async function seedApiKey({ store, tables, folder }: SeedOptions): Promise<string> {
  const known = folder.read('api-key');
  const publicId = known === undefined ? undefined : parseApiKey(known)?.publicId;
  if (known !== undefined && publicId !== undefined) {
    if ((await getPolicy(store, tables.policy, keyPolicyId(publicId))) !== undefined) return known;
  }
  const created = createApiKey();
  const policy: KeyPolicy = {
    version: 1,
    publicId: created.publicId,
    name: 'local',
    organization,
    workspace,
    secrets: [{ hash: created.secretHash }],
    status: 'active',
  };
  await putPolicy(store, tables.policy, keyPolicyId(created.publicId), policy);
  folder.write('api-key', created.apiKey.reveal());
  return created.apiKey.reveal();
}

async function seedCatalog(options: SeedOptions): Promise<readonly string[]> {
  const { store, tables, configuration } = options;
  const before = await getPolicy<CatalogPolicy>(store, tables.policy, catalogPolicyId);
  const declared = Object.entries(configuration.providers).map(
    ([name, { declaration }]) => [name, declaration] as const,
  );
  const catalog: CatalogPolicy = {
    version: (before?.version ?? 0) + 1,
    providers: { sim: simulatedDeclaration(options.simulatedProviderUrl), ...Object.fromEntries(declared) },
    credentials: await sealCredentials(options),
  };
  await putPolicy(store, tables.policy, catalogPolicyId, catalog);
  return [...new Set([...Object.keys(catalog.providers), ...Object.keys(catalog.credentials)])];
}

/** Credentials go the way they go in AWS: sealed into the vault, opened by the data plane. */
async function sealCredentials(options: SeedOptions): Promise<Record<string, CredentialReference>> {
  const references: Record<string, CredentialReference> = {};
  for (const [provider, value] of credentialValues(options.configuration)) {
    const reference: CredentialReference = { owner: 'platform', credential: provider, version: 1 };
    const context = {
      app: 'gatehouse',
      organization: 'platform',
      workspace: 'platform',
      provider,
      credential: provider,
    } as const;
    const sealed = await sealSecret(new Secret(value), context, options.keyGenerator);
    await putSealedCredential(options.store, options.tables.vault, reference, {
      sealed,
      context,
      lastFour: value.slice(-4),
    });
    references[provider] = reference;
  }
  return references;
}

function credentialValues({ environment, providers }: LocalConfiguration): Map<string, string> {
  const values = new Map<string, string>();
  for (const provider of builtInProviders.values()) {
    const value = provider.credentialEnvironment.map((name) => environment[name]).find(Boolean);
    if (value !== undefined) values.set(provider.name, value);
  }
  for (const [name, { credentialEnvironment }] of Object.entries(providers)) {
    values.delete(name);
    const value = credentialEnvironment === undefined ? undefined : environment[credentialEnvironment];
    if (value !== undefined) values.set(name, value);
  }
  return values;
}

/** Priced, so that cost, budgets and balances can be tried out without an account anywhere. */
function simulatedDeclaration(url: string): ProviderDeclaration {
  const price = {
    inputPerMillion: 1_000_000,
    outputPerMillion: 2_000_000,
    cacheReadPerMillion: 100_000,
    cacheWritePerMillion: 1_250_000,
  };
  return {
    baseUrl: `${url}/v1`,
    protocols: ['openai-chat', 'openai-embeddings', 'anthropic-messages'],
    auth: { kind: 'none' },
    models: [...simulatedModels.map(({ id }) => ({ id, price })), { id: '*', price }],
  };
}
