import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { createAwsTransport } from '../../lambdas/aws/json-transport.ts';
import type { KeyWrapper } from '../../lambdas/crypto/key-wrapper.ts';
import { createLocalKeyWrapper } from '../../lambdas/crypto/local-key-wrapper.ts';
import type { StoreClient } from '../../lambdas/store/client.ts';
import { createLeanStoreClient } from '../../lambdas/store/lean-client.ts';
import { type TableNames, tables } from '../../lambdas/store/tables.ts';
import { startLocalDynamo } from '../../local/dynamodb.ts';
import { type AwsServices, bootstrapTokenArn, originSecretArn, startAwsServices, vaultKeyArn } from './aws-services.ts';
import { type LambdaHost, type LambdaHostOptions, startLambdaHost } from './lambda-host.ts';

export type BundleName = 'proxy' | 'tenant-authorizer' | 'admin' | 'reconcile' | 'usage-rollup';

export const homeRegion = 'us-east-1';

/** An account reduced to what the functions see of it: tables, KMS and Secrets Manager, and built bundles that are deployed. */
export interface Deployment {
  readonly store: StoreClient;
  readonly tableNames: TableNames;
  readonly services: AwsServices;
  readonly keyWrapper: KeyWrapper;
  readonly databaseEndpoint: string;
  /** The function as its stack deploys it; the options change that. */
  deploy(
    bundle: BundleName,
    options?: Partial<LambdaHostOptions> & { readonly variables?: Readonly<Record<string, string>> },
  ): Promise<LambdaHost>;
  /** With every function deployed. */
  close(): Promise<void>;
}

export async function startDeployment(): Promise<Deployment> {
  const database = await startLocalDynamo();
  const keyWrapper = createLocalKeyWrapper(randomBytes(32));
  const services = await startAwsServices(keyWrapper);
  const transport = createAwsTransport({
    service: 'dynamodb',
    region: homeRegion,
    endpoint: database.endpoint,
    credentials: async () => ({ accessKeyId: 'test', secretAccessKey: 'test' }),
  });
  const hosts: LambdaHost[] = [];
  return {
    store: createLeanStoreClient(transport),
    tableNames: database.tableNames,
    services,
    keyWrapper,
    databaseEndpoint: database.endpoint,
    async deploy(bundle, { variables = {}, ...options } = {}) {
      const environment = {
        ...variablesOf(bundle, database.tableNames),
        AWS_ENDPOINT_URL_DYNAMODB: database.endpoint,
        AWS_ENDPOINT_URL: services.endpoint,
        ...variables,
      };
      const codeFolder = fileURLToPath(new URL(`../../dist/lambdas/${bundle}`, import.meta.url));
      const host = await startLambdaHost({ codeFolder, handler: 'index.handler', environment, ...options });
      hosts.push(host);
      return host;
    },
    async close() {
      await Promise.all(hosts.map((host) => host.close()));
      transport.close();
      await services.close();
      await database.close();
    },
  };
}

/** Each function has only the variables that its stack gives it. */
function variablesOf(bundle: BundleName, tableNames: TableNames): Record<string, string> {
  const tableVariables = (...names: readonly (keyof TableNames)[]): Record<string, string> =>
    Object.fromEntries(names.map((name) => [tables[name].environmentVariable, tableNames[name]]));
  const { policy, meter, requests, vault, usage, evidence } = tableNames;
  const controlPlane = {
    ...tableVariables('control', 'audit'),
    DATA_PLANES: JSON.stringify([
      {
        region: homeRegion,
        url: 'https://gateway.example.com',
        tables: { policy, meter, requests, vault, usage, evidence },
        vaultKeyArn,
      },
    ]),
    ALLOW_PRIVATE_PROVIDERS: 'true',
  };
  switch (bundle) {
    case 'proxy':
      return {
        ...tableVariables('policy', 'meter', 'requests', 'vault'),
        VAULT_KEY_ARN: vaultKeyArn,
        ORIGIN_SECRET_ARN: originSecretArn,
        ALLOW_PRIVATE_ADDRESSES: 'true',
      };
    case 'tenant-authorizer':
      return tableVariables('policy');
    case 'admin':
      return { ...controlPlane, BOOTSTRAP_TOKEN_SECRET_ARN: bootstrapTokenArn };
    case 'reconcile':
      return controlPlane;
    case 'usage-rollup':
      return tableVariables('usage');
  }
}
