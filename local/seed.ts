import { randomBytes } from 'node:crypto';
import type { AdminApp } from '../lambdas/control-plane/admin/app.ts';
import type { BodyInputOf, ResponseOf } from '../lambdas/control-plane/contract/operation.ts';
import {
  basePath,
  type OperationId,
  type Operations,
  operations,
} from '../lambdas/control-plane/contract/operations.ts';
import { parseApiKey } from '../lambdas/crypto/api-key.ts';
import { builtInProviders } from '../lambdas/providers/registry.ts';
import type { ProviderDeclaration } from '../lambdas/store/policy.ts';
import type { LocalConfiguration } from './configuration.ts';
import type { DataFolder } from './data-folder.ts';
import { simulatedModels } from './simulated-provider.ts';

/** What a new installation starts with, and what every start brings up to date. */
export interface Seeded {
  readonly apiKey: string;
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
  const call = createCaller(options);
  const memory = JSON.parse(options.folder.read('seed') ?? '{}') as Memory;
  const organization = await seedOrganization(call, memory.organization);
  const workspace = await seedWorkspace(call, organization, memory.workspace);
  const apiKey = await seedApiKey(call, workspace, options.folder);
  const declarations = declarationsOf(options);
  const credentials = credentialValues(options.configuration);
  // Written before they exist: a start that dies half-way must not leave what no later one would withdraw.
  const made = { providers: [...declarations.keys()], credentials: [...credentials.keys()] };
  options.folder.write('seed', JSON.stringify({ organization, workspace, ...made }));
  await seedProviders(call, declarations, memory.providers ?? []);
  await seedCredentials(call, credentials, memory.credentials ?? []);
  return { apiKey, organization, workspace, providers: [...new Set([...made.providers, ...made.credentials])] };
}

type Answer<Id extends OperationId> = ResponseOf<Operations[Id]>;
type Call = <Id extends OperationId>(
  id: Id,
  parameters: Readonly<Record<string, string>>,
  body?: BodyInputOf<Operations[Id]>,
) => Promise<Answer<Id> | undefined>;

/** Calls the API inside this process. `undefined` for what does not exist. */
function createCaller({ app, adminToken }: SeedOptions): Call {
  return async (id, parameters, body) => {
    const { method, path } = operations[id];
    const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(parameters[name] ?? ''));
    const response = await app.request(
      basePath + filled,
      {
        method,
        headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      },
      { sourceAddress: '127.0.0.1' },
    );
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`${id} was answered with ${response.status} ${await codeOf(response)}`);
    const text = await response.text();
    return text === '' ? undefined : JSON.parse(text);
  };
}

async function codeOf(response: Response): Promise<string> {
  const { code = '' } = (await response.json()) as { code?: string };
  return code;
}

async function seedOrganization(call: Call, known: string | undefined): Promise<string> {
  const existing = known === undefined ? undefined : await call('getOrganization', { organization: known });
  if (existing !== undefined) return existing.id;
  const page = await call('listOrganizations', {});
  const named = page?.data.find(({ name }) => name === 'local');
  return named?.id ?? require(await call('createOrganization', {}, { name: 'local' })).id;
}

async function seedWorkspace(call: Call, organization: string, known: string | undefined): Promise<string> {
  const existing = known === undefined ? undefined : await call('getWorkspace', { workspace: known });
  if (existing?.organization === organization) return existing.id;
  const page = await call('listWorkspaces', { organization });
  const named = page?.data.find(({ name }) => name === 'local');
  return named?.id ?? require(await call('createWorkspace', { organization }, { name: 'local' })).id;
}

/** The one key whose secret is kept (in the data folder), so that it can be shown again on the next start. */
async function seedApiKey(call: Call, workspace: string, folder: DataFolder): Promise<string> {
  const known = folder.read('api-key');
  const id = known === undefined ? undefined : parseApiKey(known)?.publicId;
  if (known !== undefined && id !== undefined) {
    const existing = await call('getKey', { key: id });
    if (existing?.workspace === workspace && existing.status === 'active') return known;
  }
  const { secret = '' } = require(await call('createKey', { workspace }, { name: 'local' }));
  folder.write('api-key', secret);
  return secret;
}

async function seedProviders(
  call: Call,
  declarations: ReadonlyMap<string, ProviderDeclaration>,
  before: readonly string[],
): Promise<void> {
  for (const [provider, declaration] of declarations) {
    await call('putProvider', { provider }, declaration as BodyInputOf<Operations['putProvider']>);
  }
  for (const provider of before) if (!declarations.has(provider)) await call('deleteProvider', { provider });
}

/** Credentials go the way they go in AWS: sealed into the vault, opened by the data plane. */
async function seedCredentials(
  call: Call,
  values: ReadonlyMap<string, string>,
  before: readonly string[],
): Promise<void> {
  for (const [provider, text] of values) {
    // A variable can hold a secret of another kind than an API key only as its text.
    const secret = text.startsWith('{"kind":') ? (JSON.parse(text) as object) : text;
    const body = { secret } as BodyInputOf<Operations['putPlatformCredential']>;
    await call('putPlatformCredential', { provider }, body);
  }
  for (const provider of before) if (!values.has(provider)) await call('deletePlatformCredential', { provider });
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
  return {
    baseUrl: `${url}/v1`,
    protocols: ['openai-chat', 'openai-embeddings', 'anthropic-messages'],
    auth: { kind: 'none' },
    models: [...simulatedModels.map(({ id }) => ({ id, price })), { id: '*', price }],
    zeroRetention: true,
  };
}

function require<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('the admin API found nothing where it had to make something');
  return value;
}
