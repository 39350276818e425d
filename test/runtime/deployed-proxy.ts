import { createApiKey } from '../../lambdas/crypto/api-key.ts';
import { sealSecret } from '../../lambdas/crypto/envelope.ts';
import { Secret } from '../../lambdas/crypto/secret.ts';
import type { StoreClient } from '../../lambdas/store/client.ts';
import {
  catalogPolicyId,
  type CatalogPolicy,
  keyPolicyId,
  type KeyPolicy,
  putPolicy,
  workspacePolicyId,
  type WorkspacePolicy,
} from '../../lambdas/store/policy.ts';
import type { TableNames } from '../../lambdas/store/tables.ts';
import { putSealedCredential } from '../../lambdas/store/vault.ts';
import type { AwsServices } from './aws-services.ts';
import { type Deployment, startDeployment } from './deployment.ts';
import type { LambdaHost } from './lambda-host.ts';

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

/** Behind an edge that is simulated with it, unless the options of the host say otherwise. */
export async function deployProxy(
  upstreamUrl: string,
  hostOptions: Parameters<Deployment['deploy']>[1] = { originHeader: 'origin-secret' },
): Promise<DeployedProxy> {
  const deployment = await startDeployment();
  const { store, tableNames, services } = deployment;
  await seedPolicies(store, tableNames, upstreamUrl);
  await seedCredential(store, tableNames, deployment.keyWrapper.generator);
  const host = await deployment.deploy('proxy', hostOptions);
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
    close: deployment.close,
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
