import { fileURLToPath } from 'node:url';
import { Duration, Stack, Token, Validations } from 'aws-cdk-lib';
import type { ITableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Effect, Grant, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { Alias } from 'aws-cdk-lib/aws-lambda';
import type { Function, IFunction, IVersion } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { tables } from '../../lambdas/store/tables.ts';
import { GatehouseFunction } from '../compute/gatehouse-function.ts';
import type { VaultKey } from '../storage/vault-key.ts';

/** Longest a Lambda function may run, and so the longest stream. */
export const longestStream = Duration.minutes(15);

const builtProxy = fileURLToPath(new URL('../../dist/lambdas/proxy', import.meta.url));

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
   * Folder with the built bundle.
   *
   * @default - what `npm run build` made
   */
  readonly codePath?: string;

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
}

export interface ProxyFunctionProps extends ProxyFunctionOptions {
  readonly tables: ProxyTables;

  /** Key that unwraps provider credentials. */
  readonly vaultKey: VaultKey;

  /**
   * Secret `{"current","previous"}` that a request must carry in its origin header. Read at run time, never put in the environment.
   *
   * @default - no check: the function answers whoever reaches its endpoint
   */
  readonly originSecret?: ISecret;
}

/**
 * The function that serves callers' model traffic. Its role is the line between the planes: it can read policy and never write it,
 * unwrap credentials and never make one, and it cannot list any table.
 */
export class ProxyFunction extends Construct {
  readonly function: Function;
  readonly role: IRole;
  readonly logGroup: ILogGroup;
  /** What an API should invoke: the alias `live` with provisioned concurrency, the function itself without. */
  readonly entryPoint: IFunction;

  constructor(scope: Construct, id: string, props: ProxyFunctionProps) {
    super(scope, id);
    const { originSecret, vaultKey } = props;
    const provisioned = props.provisionedConcurrentExecutions ?? 0;
    validateConcurrency(provisioned, props.reservedConcurrentExecutions);
    const proxy = new GatehouseFunction(this, 'Resource', {
      codePath: props.codePath ?? builtProxy,
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
    this.function = proxy.function;
    this.role = proxy.role;
    this.logGroup = proxy.logGroup;

    grantTableAccess(proxy.role, props.tables);
    vaultKey.grantDecrypt(proxy.role);
    if (originSecret !== undefined) {
      // Without DescribeSecret, which `grantRead` adds and the function has no use for.
      grantActions(proxy.role, ['secretsmanager:GetSecretValue'], originSecret.secretArn);
      originSecret.encryptionKey?.grantDecrypt(proxy.role);
    }
    Validations.of(proxy.function).acknowledge({
      id: 'Serverless-LambdaDLQ',
      reason:
        'Only API Gateway invokes it, and waits for the answer: there is no asynchronous event that could be lost.',
    });

    // Under exactOptionalPropertyTypes the classes of aws-cdk-lib do not match their own interfaces.
    this.entryPoint = (provisioned === 0 ? proxy.function : this.#alias(proxy.function, provisioned)) as IFunction;
  }

  #alias(proxy: Function, provisionedConcurrentExecutions: number): Alias {
    const version = proxy.currentVersion as IVersion;
    return new Alias(this, 'Live', { aliasName: 'live', version, provisionedConcurrentExecutions });
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

const policyWrites = [
  'dynamodb:BatchWriteItem',
  'dynamodb:DeleteItem',
  'dynamodb:PartiQLDelete',
  'dynamodb:PartiQLInsert',
  'dynamodb:PartiQLUpdate',
  'dynamodb:PutItem',
  'dynamodb:UpdateItem',
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

function tableEnvironment(proxyTables: ProxyTables): Record<string, string> {
  return Object.fromEntries(
    proxyTableNames.map((name) => [tables[name].environmentVariable, proxyTables[name].tableName]),
  );
}

function grantTableAccess(role: IRole, proxyTables: ProxyTables): void {
  for (const name of proxyTableNames) {
    grantActions(role, tableActions[name], proxyTables[name].tableArn);
    grantTableKey(role, proxyTables[name]);
  }
  // A Deny outlasts whatever somebody attaches to the role later.
  denyActions(role, policyWrites, [proxyTables.policy.tableArn]);
  denyActions(
    role,
    ['dynamodb:Scan'],
    proxyTableNames.map((name) => proxyTables[name].tableArn),
  );
}

/** DynamoDB uses a customer managed key in the caller's name; the condition keeps the role from using it for anything else. */
function grantTableKey(role: IRole, table: ITableV2): void {
  if (table.encryptionKey === undefined) return;
  Grant.addToPrincipal({
    grantee: role,
    actions: [
      'kms:Decrypt',
      'kms:DescribeKey',
      'kms:Encrypt',
      'kms:GenerateDataKey',
      'kms:ReEncryptFrom',
      'kms:ReEncryptTo',
    ],
    resourceArns: [table.encryptionKey.keyArn],
    conditions: { StringEquals: { 'kms:ViaService': `dynamodb.${Stack.of(role).region}.amazonaws.com` } },
  });
}

function grantActions(role: IRole, actions: string[], resourceArn: string): void {
  Grant.addToPrincipal({ grantee: role, actions, resourceArns: [resourceArn] });
}

function denyActions(role: IRole, actions: string[], resources: string[]): void {
  role.addToPrincipalPolicy(new PolicyStatement({ effect: Effect.DENY, actions, resources }));
}
