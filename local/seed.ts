import { randomBytes } from 'node:crypto';
import type { AdminApp } from '../lambdas/control-plane/admin/app.ts';
import type { BodyInputOf } from '../lambdas/control-plane/contract/operation.ts';
import type { Operations } from '../lambdas/control-plane/contract/operations.ts';
import { parseApiKey } from '../lambdas/crypto/api-key.ts';
import { builtInProviders } from '../lambdas/providers/registry.ts';
import type { DeclaredModel, ProviderDeclaration } from '../lambdas/store/policy.ts';
import type { LocalConfiguration } from './configuration.ts';
import type { DataFolder } from './data-folder.ts';
import { type AnswerTo, createInProcessApi, type InProcessApi } from './in-process-api.ts';
import { simulatedModels } from './simulated-provider.ts';

/** What a new installation starts with, and what every start brings up to date. */
export interface Seeded {
  readonly apiKey: string;
  /** The data folder held a key that is revoked, or that these tables do not know, and `apiKey` took its place. */
  readonly replacedApiKey: boolean;
  readonly organization: string;
  readonly workspace: string;
  /** Providers that can be called, for the greeting. */
  readonly providers: readonly string[];
}

interface SeedOptions {
  readonly app: AdminApp;
  readonly adminToken: string;
  readonly folder: DataFolder;
  readonly configuration: LocalConfiguration;
  readonly simulatedProviderUrl: string;
}

/** Remembered in the data folder: what the last start made, so that this one can find or withdraw it. */
interface Memory {
  readonly organization?: string;
  readonly workspace?: string;
  readonly providers?: readonly string[];
  readonly credentials?: readonly string[];
}

/** The token of earlier starts, unless the configuration names another. */
export function readAdminToken(configuration: LocalConfiguration, folder: DataFolder): string {
  const token = configuration.adminToken ?? folder.read('admin-token') ?? randomBytes(32).toString('base64url');
  folder.write('admin-token', token);
  return token;
}

/**
 * An organization, a workspace and a key on first start; providers and credentials of configuration and environment on every
 * start. All through the admin API, like anybody else.
 */
export async function seed(options: SeedOptions): Promise<Seeded> {
  const api = createInProcessApi(options.app, options.adminToken);
  const memory = JSON.parse(options.folder.read('seed') ?? '{}') as Memory;
  const organization = await seedOrganization(api, memory.organization);
  const workspace = await seedWorkspace(api, organization, memory.workspace);
  const { apiKey, replacedApiKey } = await seedApiKey(api, workspace, options.folder);
  const declarations = declarationsOf(options);
  const credentials = credentialValues(options.configuration);
  // Written before they exist: a start that dies half-way must not leave what no later one would withdraw.
  const made = { providers: [...declarations.keys()], credentials: [...credentials.keys()] };
  options.folder.write('seed', JSON.stringify({ organization, workspace, ...made }));
  await seedProviders(api, declarations, memory.providers ?? []);
  await seedCredentials(api, credentials, memory.credentials ?? []);
  const providers = [...new Set([...made.providers, ...made.credentials])];
  return { apiKey, replacedApiKey, organization, workspace, providers };
}

async function seedOrganization(api: InProcessApi, known: string | undefined): Promise<string> {
  const existing = known === undefined ? undefined : await api.call('getOrganization', { organization: known });
  if (existing !== undefined) return existing.id;
  // A start in the middle of its erasing: it keeps its name until it is gone.
  if (known !== undefined) await untilGone(() => api.send('deleteOrganization', { organization: known }));
  const named = await findOrganization(api, 'local');
  return named ?? require(await api.call('createOrganization', {}, { name: 'local' })).id;
}

async function findOrganization(api: InProcessApi, wanted: string): Promise<string | undefined> {
  for (let query: { cursor?: string } | undefined = {}; query !== undefined;) {
    const { data, nextCursor }: AnswerTo<'listOrganizations'> = require(await api.call('listOrganizations', query));
    const found = data.find(({ name }) => name === wanted);
    if (found !== undefined) return found.id;
    query = nextCursor === null ? undefined : { cursor: nextCursor };
  }
  return undefined;
}

async function seedWorkspace(api: InProcessApi, organization: string, known: string | undefined): Promise<string> {
  const existing = known === undefined ? undefined : await api.call('getWorkspace', { workspace: known });
  if (existing?.organization === organization) return existing.id;
  if (known !== undefined && existing === undefined)
    await untilGone(() => api.send('deleteWorkspace', { workspace: known }));
  const page = await api.call('listWorkspaces', { organization });
  const named = page?.data.find(({ name }) => name === 'local');
  return named?.id ?? require(await api.call('createWorkspace', { organization }, { name: 'local' })).id;
}

/** Each call erases for as long as it may take, and says with 202 that there is more. */
async function untilGone(erase: () => Promise<Response>): Promise<void> {
  while ((await erase()).status === 202);
}

/** The one key whose secret is kept (in the data folder), so that it can be shown again on the next start. */
async function seedApiKey(
  api: InProcessApi,
  workspace: string,
  folder: DataFolder,
): Promise<Pick<Seeded, 'apiKey' | 'replacedApiKey'>> {
  const known = folder.read('api-key');
  const id = known === undefined ? undefined : parseApiKey(known)?.publicId;
  if (known !== undefined && id !== undefined) {
    const existing = await api.call('getKey', { key: id });
    if (existing?.workspace === workspace && existing.status === 'active') {
      return { apiKey: known, replacedApiKey: false };
    }
  }
  const { secret = '' } = require(await api.call('createKey', { workspace }, { name: 'local' }));
  folder.write('api-key', secret);
  return { apiKey: secret, replacedApiKey: known !== undefined };
}

async function seedProviders(
  api: InProcessApi,
  declarations: ReadonlyMap<string, ProviderDeclaration>,
  before: readonly string[],
): Promise<void> {
  for (const [provider, declaration] of declarations) {
    await api.call('putProvider', { provider }, declaration as BodyInputOf<Operations['putProvider']>);
  }
  for (const provider of before) if (!declarations.has(provider)) await api.call('deleteProvider', { provider });
}

/** Credentials go the way they go in AWS: sealed into the vault, opened by the data plane. */
async function seedCredentials(
  api: InProcessApi,
  values: ReadonlyMap<string, string>,
  before: readonly string[],
): Promise<void> {
  for (const [provider, text] of values) {
    // A variable can hold a secret of another kind than an API key only as its text.
    const secret = text.startsWith('{"kind":') ? (JSON.parse(text) as object) : text;
    const body = { secret } as BodyInputOf<Operations['putPlatformCredential']>;
    await api.call('putPlatformCredential', { provider }, body);
  }
  for (const provider of before) if (!values.has(provider)) await api.call('deletePlatformCredential', { provider });
}

function declarationsOf({ configuration, simulatedProviderUrl }: SeedOptions): Map<string, ProviderDeclaration> {
  const declared = Object.entries(configuration.providers).map(
    ([name, { declaration }]) => [name, declaration] as const,
  );
  return new Map([['sim', simulatedDeclaration(simulatedProviderUrl)], ...declared]);
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
  // As real ones are charged: by the second of audio, the character of speech, the search.
  const unitPrices: Readonly<Record<string, number>> = {
    transcription: 100_000_000,
    speech: 15_000_000,
    rerank: 2_000_000_000,
  };
  const declare = (id: string): DeclaredModel => {
    if (id === 'moderation') return { id, free: true };
    const perMillionUnits = unitPrices[id];
    if (perMillionUnits === undefined) return { id, price };
    return { id, price: { inputPerMillion: 0, outputPerMillion: 0, perMillionUnits } };
  };
  return {
    baseUrl: `${url}/v1`,
    protocols: [
      'openai-chat',
      'openai-embeddings',
      'anthropic-messages',
      'anthropic-count-tokens',
      'openai-images',
      'openai-speech',
      'openai-transcriptions',
      'openai-moderations',
      'rerank',
    ],
    auth: { kind: 'none' },
    models: [...simulatedModels.map(({ id }) => declare(id)), { id: '*', price }],
    zeroRetention: true,
  };
}

function require<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('the admin API found nothing where it had to make something');
  return value;
}
