import { Duration, Token, Validations } from 'aws-cdk-lib';
import type { ITableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { Alias } from 'aws-cdk-lib/aws-lambda';
import type { Function, IVersion } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { tables } from '../../lambdas/store/tables.ts';
import { bundlePath } from '../compute/bundles.ts';
import { GatehouseFunction } from '../compute/gatehouse-function.ts';
import {
  denyActions,
  denyActionsElsewhere,
  grantActions,
  grantTable,
  itemWrites,
  tableChanges,
} from '../storage/table-access.ts';
import type { VaultKey } from '../storage/vault-key.ts';
import { grantModels } from './bedrock-models.ts';
import { isolateTenants } from './tenant-isolation.ts';

/** Longest a Lambda function may run, and so the longest stream. */
export const longestStream = Duration.minutes(15);

/** The tables the proxy works on. */
export interface ProxyTables {
  /** Compiled policy: read only. */
  readonly policy: ITableV2;
  /** Counters, balances and holds. */
  readonly meter: ITableV2;
  /** Request records. */
  readonly requests: ITableV2;
  /** Encrypted provider credentials: read only. */
  readonly vault: ITableV2;
}

export interface ProxyFunctionOptions {
  /**
   * Memory in MB. Streams wait more than they compute, so memory above need is pure cost.
   *
   * @default 512
   */
  readonly memorySize?: number;

  /**
   * Most streams at a time; concurrency is requests per second times seconds per stream.
   *
   * @default - the account's unreserved pool
   */
  readonly reservedConcurrentExecutions?: number;

  /**
   * Environments kept warm, on the alias `live`.
   *
   * @default - none
   */
  readonly provisionedConcurrentExecutions?: number;

  /**
   * How long log lines are kept.
   *
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetention?: RetentionDays;

  /**
   * Roles the proxy may assume, for Amazon Bedrock in other accounts by a credential of the kind `aws-role`. Their trust policies must
   * name the proxy's role.
   *
   * @default - none
   */
  readonly assumableRoleArns?: readonly string[];

  /**
   * Models of Amazon Bedrock that the proxy may call by its own role, for a credential of the kind `aws-function-role`: ids or ARNs of
   * models and inference profiles, or `all` that Bedrock has in the region. A profile brings the models that it routes to, wherever
   * they are, through that profile only.
   *
   * @default - none
   */
  readonly bedrock?: 'all' | readonly string[];
}

export interface ProxyFunctionProps extends ProxyFunctionOptions {
  /**
   * Folder with the built bundle.
   *
   * @default - what `npm run build` made
   */
  readonly codePath?: string;

  readonly tables: ProxyTables;

  /** Key that unwraps provider credentials. */
  readonly vaultKey: VaultKey;

  /**
   * Secret `{"current","previous"}` that a request must carry in its origin header. Read at run time, never put in the environment.
   *
   * @default - no check: the function answers whoever reaches its endpoint
   */
  readonly originSecret?: ISecret;

  /**
   * Whether each tenant has execution environments of its own. Calls must then name one, which only a REST API can.
   *
   * @default false
   */
  readonly tenantIsolation?: boolean;
}

/**
 * The function that serves callers' model traffic. Its role is the line between the planes: it can read policy and never write it,
 * unwrap credentials and never make one, and it cannot list any table.
 */
export class ProxyFunction extends Construct {
  readonly function: Function;
  readonly role: IRole;
  readonly logGroup: ILogGroup;
  /** What an API invokes: the alias `live`, which a release moves to a new version step by step. */
  readonly alias: Alias;

  constructor(scope: Construct, id: string, props: ProxyFunctionProps) {
    super(scope, id);
    const { originSecret, vaultKey } = props;
    const provisioned = props.provisionedConcurrentExecutions ?? 0;
    validateConcurrency(provisioned, props.reservedConcurrentExecutions);
    if (props.tenantIsolation === true) refuseProvisioned(provisioned);
    const proxy = new GatehouseFunction(this, 'Resource', {
      codePath: props.codePath ?? bundlePath('proxy'),
      description: 'Gatehouse data plane: serves model traffic',
      memorySize: props.memorySize ?? 512,
      timeout: longestStream,
      environment: {
        ...tableEnvironment(props.tables),
        VAULT_KEY_ARN: vaultKey.key.keyArn,
        ...(originSecret !== undefined && { ORIGIN_SECRET_ARN: originSecret.secretArn }),
      },
      ...(props.reservedConcurrentExecutions !== undefined && {
        reservedConcurrentExecutions: props.reservedConcurrentExecutions,
      }),
      ...(props.logRetention !== undefined && { logRetention: props.logRetention }),
    });
    if (props.tenantIsolation === true) isolateTenants(proxy.function);
    this.function = proxy.function;
    this.role = proxy.role;
    this.logGroup = proxy.logGroup;

    grantTableAccess(proxy.role, props.tables);
    vaultKey.grantDecrypt(proxy.role);
    // Who opens credentials stores none: the other half is the control plane's.
    denyActions(proxy.role, sealingActions, [vaultKey.key.keyArn]);
    for (const roleArn of props.assumableRoleArns ?? []) grantActions(proxy.role, ['sts:AssumeRole'], roleArn);
    grantModels(proxy.role, props.bedrock ?? []);
    if (originSecret !== undefined) {
      // Without DescribeSecret, which `grantRead` adds and the function has no use for.
      grantActions(proxy.role, ['secretsmanager:GetSecretValue'], originSecret.secretArn);
      originSecret.encryptionKey?.grantDecrypt(proxy.role);
    }
    Validations.of(proxy.function).acknowledge({
      id: 'Serverless-LambdaDLQ',
      reason:
        'Only API Gateway or its own URL invokes it, and waits for the answer: there is no asynchronous event that could be lost.',
    });

    this.alias = new Alias(this, 'Live', {
      aliasName: 'live',
      // Under exactOptionalPropertyTypes the classes of aws-cdk-lib do not match their own interfaces.
      version: proxy.function.currentVersion as IVersion,
      ...(provisioned > 0 && { provisionedConcurrentExecutions: provisioned }),
    });
  }
}

/** Actions per table, and nothing beyond: `store/` needs no more for the calls on the request path. */
const tableActions: Record<keyof ProxyTables, string[]> = {
  policy: ['dynamodb:GetItem'],
  meter: ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
  // GetItem serves GET /v1/generation.
  requests: ['dynamodb:GetItem', 'dynamodb:PutItem'],
  vault: ['dynamodb:GetItem'],
};

/** Everything that makes a data key, or a ciphertext, under the vault key. */
const sealingActions = [
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyPair',
  'kms:GenerateDataKeyPairWithoutPlaintext',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:ReEncryptTo',
];

const proxyTableNames = ['policy', 'meter', 'requests', 'vault'] as const;

function validateConcurrency(provisioned: number, reserved: number | undefined): void {
  if (reserved === undefined || Token.isUnresolved(provisioned) || Token.isUnresolved(reserved)) return;
  if (provisioned > reserved) {
    throw new Error(
      `\`provisionedConcurrentExecutions\` must not exceed \`reservedConcurrentExecutions\`, got: ${provisioned} of ${reserved}`,
    );
  }
}

/** Lambda keeps an environment warm for nobody in particular, or for one tenant: not both. */
function refuseProvisioned(provisioned: number): void {
  if (provisioned === 0) return;
  throw new Error(`\`provisionedConcurrentExecutions\` must be 0 with \`tenantIsolation\`, got: ${provisioned}`);
}

function tableEnvironment(proxyTables: ProxyTables): Record<string, string> {
  return Object.fromEntries(
    proxyTableNames.map((name) => [tables[name].environmentVariable, proxyTables[name].tableName]),
  );
}

function grantTableAccess(role: IRole, proxyTables: ProxyTables): void {
  for (const name of proxyTableNames) grantTable(role, proxyTables[name], tableActions[name]);
  denyActions(role, [...itemWrites, ...tableChanges], [proxyTables.policy.tableArn]);
  // Whatever is attached to the role later, it writes meters and request records: never another table, of this plane or any other.
  denyActionsElsewhere(role, itemWrites, [proxyTables.meter.tableArn, proxyTables.requests.tableArn]);
  denyActions(
    role,
    ['dynamodb:Scan'],
    proxyTableNames.map((name) => proxyTables[name].tableArn),
  );
}
