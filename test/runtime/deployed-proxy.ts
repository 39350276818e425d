import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { createAwsTransport } from '../../lambdas/aws/json-transport.ts';
import { createApiKey } from '../../lambdas/crypto/api-key.ts';
import { sealSecret } from '../../lambdas/crypto/envelope.ts';
import { createLocalKeyWrapper } from '../../lambdas/crypto/local-key-wrapper.ts';
import { Secret } from '../../lambdas/crypto/secret.ts';
import type { StoreClient } from '../../lambdas/store/client.ts';
import { createLeanStoreClient } from '../../lambdas/store/lean-client.ts';
import {
  catalogPolicyId,
  type CatalogPolicy,
  keyPolicyId,
  type KeyPolicy,
  putPolicy,
  workspacePolicyId,
  type WorkspacePolicy,
} from '../../lambdas/store/policy.ts';
import { tables, type TableNames } from '../../lambdas/store/tables.ts';
import { putSealedCredential } from '../../lambdas/store/vault.ts';
import { startLocalDynamo } from '../../local/dynamodb.ts';
import { type AwsServices, startAwsServices } from './aws-services.ts';
import { type LambdaHost, startLambdaHost } from './lambda-host.ts';

export const providerSecret = 'sk-provider-secret-of-the-test';

/** The built proxy bundle under the real runtime client, with its tables, its vault key and one upstream called `lab`. */
export interface DeployedProxy {
  readonly host: LambdaHost;
  readonly store: StoreClient;
  readonly tableNames: TableNames;
  readonly services: AwsServices;
  /** A new key; the options narrow its policy. */
  createKey(options?: Partial<KeyPolicy>): Promise<{ apiKey: string; publicId: string }>;
  close(): Promise<void>;
}

export async function deployProxy(upstreamUrl: string): Promise<DeployedProxy> {
  const database = await startLocalDynamo();
  const wrapper = createLocalKeyWrapper(randomBytes(32));
  const services = await startAwsServices(wrapper.unwrapper);
  const transport = createAwsTransport({
    service: 'dynamodb',
    region: 'us-east-1',
    endpoint: database.endpoint,
    credentials: async () => ({ accessKeyId: 'test', secretAccessKey: 'test' }),
  });
  const store = createLeanStoreClient(transport);
  const { tableNames } = database;
  await seedPolicies(store, tableNames, upstreamUrl);
  await seedCredential(store, tableNames, wrapper.generator);

  const host = await startLambdaHost({
    codeFolder: fileURLToPath(new URL('../../dist/lambdas/proxy', import.meta.url)),
    handler: 'index.handler',
    originHeader: 'origin-secret',
    environment: {
      ...Object.fromEntries(
        Object.entries(tables).map(([name, { environmentVariable }]) => [environmentVariable, name]),
      ),
      VAULT_KEY_ARN: 'arn:aws:kms:us-east-1:123456789012:key/vault',
      ORIGIN_SECRET_ARN: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:origin',
      AWS_ENDPOINT_URL_DYNAMODB: database.endpoint,
      AWS_ENDPOINT_URL: services.endpoint,
      ALLOW_PRIVATE_ADDRESSES: 'true',
    },
  });
  return {
    host,
    store,
    tableNames,
    services,
    async createKey(options = {}) {
      const { apiKey, publicId, secretHash } = createApiKey();
      const policy: KeyPolicy = {
        version: 1,
        publicId,
        name: 'test',
        organization: 'acme',
        workspace: 'research',
        secrets: [{ hash: secretHash }],
        status: 'active',
        ...options,
      };
      await putPolicy(store, tableNames.policy, keyPolicyId(publicId), policy);
      return { apiKey: apiKey.reveal(), publicId };
    },
    async close() {
      await host.close();
      transport.close();
      await services.close();
      await database.close();
    },
  };
}

async function seedPolicies(store: StoreClient, tableNames: TableNames, upstreamUrl: string): Promise<void> {
  const workspace: WorkspacePolicy = {
    version: 1,
    organization: { id: 'acme', billing: 'postpaid', retentionDays: 30 },
    workspace: { id: 'research' },
    routes: {},
    credentials: { lab: { owner: 'workspace', credential: 'lab', version: 1 } },
  };
  const catalog: CatalogPolicy = {
    version: 1,
    providers: {
      lab: {
        baseUrl: `${upstreamUrl}/v1`,
        protocols: ['openai-chat', 'anthropic-messages'],
        auth: { kind: 'bearer' },
        models: [{ id: '*', price: { inputPerMillion: 1_000_000, outputPerMillion: 2_000_000 } }],
      },
    },
    credentials: {},
  };
  await putPolicy(store, tableNames.policy, workspacePolicyId('research'), workspace);
  await putPolicy(store, tableNames.policy, catalogPolicyId, catalog);
}

async function seedCredential(
  store: StoreClient,
  tableNames: TableNames,
  generator: Parameters<typeof sealSecret>[2],
): Promise<void> {
  const context = {
    app: 'gatehouse',
    organization: 'acme',
    workspace: 'research',
    provider: 'lab',
    credential: 'lab',
  } as const;
  const sealed = await sealSecret(new Secret(providerSecret), context, generator);
  const reference = { owner: 'workspace', credential: 'lab', version: 1 } as const;
  await putSealedCredential(store, tableNames.vault, reference, { sealed, context, lastFour: 'test' });
}
