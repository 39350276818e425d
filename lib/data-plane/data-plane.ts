import type { RemovalPolicy } from 'aws-cdk-lib';
import type { ITableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { tables } from '../../lambdas/store/tables.ts';
import { bundlePath } from '../compute/bundles.ts';
import { EdgeDistribution } from '../edge/edge-distribution.ts';
import type { EdgeDistributionOptions } from '../edge/edge-distribution.ts';
import type { EdgeOriginOptions } from '../edge/edge-origin.ts';
import { GatehouseTable } from '../storage/gatehouse-table.ts';
import { VaultKey } from '../storage/vault-key.ts';
import { createEndpoint } from './endpoint.ts';
import type { EndpointOptions } from './endpoint.ts';
import type { StreamingFunctionUrl } from './function-url-origin.ts';
import type { MutualTlsDomain } from './mutual-tls-domain.ts';
import { refuseContradictions } from './origin-contradictions.ts';
import { createOriginSecret } from './origin-secret.ts';
import { ProxyFunction } from './proxy-function.ts';
import type { ProxyFunctionOptions } from './proxy-function.ts';
import type { StreamingApi } from './streaming-api.ts';
import type { TenantAuthorizer } from './tenant-isolation.ts';
import { UsageRollup } from './usage-rollup.ts';

/**
 * Existing tables to use in place of new ones. Keys, TTL attribute and stream must be those of `lambdas/store/tables.ts`; `requests`
 * must be imported with the ARN of its stream.
 */
export interface ExistingTables {
  /** @default - a new table */
  readonly policy?: ITableV2;
  /** @default - a new table */
  readonly meter?: ITableV2;
  /** @default - a new table */
  readonly requests?: ITableV2;
  /** @default - a new table */
  readonly vault?: ITableV2;
  /** @default - a new table */
  readonly evidence?: ITableV2;
  /** @default - a new table */
  readonly usage?: ITableV2;
}

export interface DataPlaneProps
  extends ProxyFunctionOptions, EndpointOptions, EdgeDistributionOptions, EdgeOriginOptions {
  /**
   * Folder with the built bundles, each in a folder named for its function: `proxy`, `usage-rollup`, `tenant-authorizer`.
   *
   * @default - what `npm run build` made
   */
  readonly bundlesPath?: string;

  /**
   * Tables that exist already.
   *
   * @default - every table is new
   */
  readonly tables?: ExistingTables;

  /**
   * Key that wraps the data keys of provider credentials.
   *
   * @default - a new key that only the proxy may decrypt with
   */
  readonly vaultKey?: IKey;

  /**
   * Existing key for new tables. Not the vault key, with which the control plane may not decrypt.
   *
   * @default - a key owned by DynamoDB
   */
  readonly encryptionKey?: IKey;

  /**
   * Secret `{"current","previous"}` shared by CloudFront and the proxy.
   *
   * @default - a new secret, unless `distribution` is false
   */
  readonly originSecret?: ISecret;

  /**
   * Whether CloudFront stands in front. Without it callers use the endpoint's own URL, with no web ACL.
   *
   * @default true
   */
  readonly distribution?: boolean;

  /**
   * Days of point-in-time recovery of tables that hold money or secrets, 7 to 35.
   *
   * @default 7
   */
  readonly recoveryPeriodInDays?: number;

  /**
   * What happens to new tables and the new key when the stack is deleted.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

type DataTableName = keyof ExistingTables;

/**
 * Everything that serves model traffic in one region, and nothing that manages it.
 *
 * @example
 *
 *    const dataPlane = new DataPlane(this, 'DataPlane', { webAclArn: webAcl.webAclArn });
 *    new CfnOutput(this, 'ProxyUrl', { value: dataPlane.url });
 */
export class DataPlane extends Construct {
  readonly tables: Readonly<Record<DataTableName, ITableV2>>;
  readonly vaultKey: VaultKey;
  readonly originSecret: ISecret | undefined;
  readonly proxy: ProxyFunction;
  readonly usageRollup: UsageRollup;
  /** Undefined with `origin: 'function-url'`. */
  readonly api: StreamingApi | undefined;
  readonly functionUrl: StreamingFunctionUrl | undefined;
  readonly mutualTlsDomain: MutualTlsDomain | undefined;
  readonly tenantAuthorizer: TenantAuthorizer | undefined;
  readonly edge: EdgeDistribution | undefined;
  /** Base URL for callers, without a trailing slash. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: DataPlaneProps = {}) {
    super(scope, id);
    const hasDistribution = props.distribution ?? true;
    refuseContradictions(props);

    this.tables = {
      policy: this.#table('policy', props),
      meter: this.#table('meter', props),
      requests: this.#table('requests', props),
      vault: this.#table('vault', props),
      evidence: this.#table('evidence', props),
      usage: this.#table('usage', props),
    };
    this.vaultKey = new VaultKey(this, 'VaultKey', {
      ...(props.vaultKey !== undefined && { key: props.vaultKey }),
      ...(props.removalPolicy !== undefined && { removalPolicy: props.removalPolicy }),
    });
    refuseVaultKeyOfTables(Object.values(this.tables), this.vaultKey.key);
    this.originSecret = props.originSecret ?? (hasDistribution ? createOriginSecret(this) : undefined);
    this.proxy = new ProxyFunction(this, 'Proxy', {
      ...props,
      codePath: bundlePath('proxy', props.bundlesPath),
      tables: this.tables,
      vaultKey: this.vaultKey,
      ...(this.originSecret !== undefined && { originSecret: this.originSecret }),
    });
    this.usageRollup = new UsageRollup(this, 'UsageRollup', {
      codePath: bundlePath('usage-rollup', props.bundlesPath),
      requests: this.tables.requests,
      usage: this.tables.usage,
      ...(props.logRetention !== undefined && { logRetention: props.logRetention }),
    });
    const handler = this.proxy.alias as IFunction;
    const endpoint = createEndpoint(this, { ...props, handler, policy: this.tables.policy });
    this.api = endpoint.api;
    this.functionUrl = endpoint.functionUrl;
    this.mutualTlsDomain = endpoint.mutualTlsDomain;
    this.tenantAuthorizer = endpoint.tenantAuthorizer;
    if (hasDistribution && this.originSecret !== undefined) {
      const origin = endpoint.origin({ ...props, originSecret: this.originSecret });
      this.edge = new EdgeDistribution(this, 'Edge', { ...props, origin });
    }
    this.url = this.edge?.url ?? endpoint.url;
  }

  #table(name: DataTableName, props: DataPlaneProps): ITableV2 {
    const existing = props.tables?.[name];
    if (existing !== undefined) return existing;
    return new GatehouseTable(this, tableIds[name], { ...props, definition: tables[name] }).table;
  }
}

/** Ids are part of the contract: a changed one is a new, empty table. */
const tableIds: Readonly<Record<DataTableName, string>> = {
  policy: 'PolicyTable',
  meter: 'MeterTable',
  requests: 'RequestsTable',
  vault: 'VaultTable',
  evidence: 'EvidenceTable',
  usage: 'UsageTable',
};

/** The proxy is denied to encrypt with the vault key, and DynamoDB would do just that in its name. */
function refuseVaultKeyOfTables(dataTables: readonly ITableV2[], vaultKey: IKey): void {
  if (!dataTables.some(({ encryptionKey }) => encryptionKey?.keyArn === vaultKey.keyArn)) return;
  throw new Error(
    'a table must not be encrypted with the vault key: give `encryptionKey` and `vaultKey` different keys',
  );
}
