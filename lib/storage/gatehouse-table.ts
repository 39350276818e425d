import { RemovalPolicy, Token } from 'aws-cdk-lib';
import { AttributeType, Billing, StreamViewType, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { Attribute, ITableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { TableDefinition } from '../../lambdas/store/tables.ts';

const shortestRecoveryDays = 7;
const longestRecoveryDays = 35;

export interface GatehouseTableProps {
  /** What the run-time code expects of the table: keys, TTL attribute, stream and recovery class. */
  readonly definition: TableDefinition;

  /**
   * Customer managed key for encryption at rest.
   *
   * @default - a key owned by DynamoDB
   */
  readonly encryptionKey?: IKey;

  /**
   * Days of point-in-time recovery for a table of the `ledger` class, 7 to 35. Other classes never have it.
   *
   * @default 7
   */
  readonly recoveryPeriodInDays?: number;

  /**
   * Write request units per second above which DynamoDB throttles: a brake on cost, not a capacity.
   *
   * @default - no brake beyond the account's table quota
   */
  readonly maxWriteRequestUnits?: number;

  /**
   * What happens to the table and its data when the stack is deleted. Anything but RETAIN also lifts deletion protection.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * One on-demand table, shaped by a constant of `lambdas/store/tables.ts` and protected by what its loss would cost.
 *
 * @example
 *
 *    new GatehouseTable(this, 'Meter', { definition: tables.meter });
 */
export class GatehouseTable extends Construct {
  readonly table: ITableV2;

  constructor(scope: Construct, id: string, props: GatehouseTableProps) {
    super(scope, id);
    const { definition } = props;
    const recoveryPeriodInDays = props.recoveryPeriodInDays ?? shortestRecoveryDays;
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    validateRecoveryPeriod(recoveryPeriodInDays);

    const isLedger = definition.recovery === 'ledger';
    const table = new TableV2(this, 'Resource', {
      partitionKey: text(definition.partitionKey),
      ...(definition.sortKey !== undefined && { sortKey: text(definition.sortKey) }),
      ...(definition.timeToLiveAttribute !== undefined && { timeToLiveAttribute: definition.timeToLiveAttribute }),
      ...(definition.stream !== undefined && { dynamoStream: streamViews[definition.stream] }),
      ...(props.encryptionKey !== undefined && {
        encryption: TableEncryptionV2.customerManagedKey(props.encryptionKey),
      }),
      billing: Billing.onDemand(
        props.maxWriteRequestUnits === undefined ? {} : { maxWriteRequestUnits: props.maxWriteRequestUnits },
      ),
      ...(isLedger && {
        pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true, recoveryPeriodInDays },
      }),
      deletionProtection: removalPolicy === RemovalPolicy.RETAIN,
      removalPolicy,
    });
    // Under exactOptionalPropertyTypes the classes of aws-cdk-lib do not match their own interfaces.
    this.table = table as ITableV2;
  }
}

const streamViews: Record<NonNullable<TableDefinition['stream']>, StreamViewType> = {
  'new-image': StreamViewType.NEW_IMAGE,
  'new-and-old-images': StreamViewType.NEW_AND_OLD_IMAGES,
};

function text(name: string): Attribute {
  return { name, type: AttributeType.STRING };
}

function validateRecoveryPeriod(days: number): void {
  if (Token.isUnresolved(days)) return;
  if (!Number.isInteger(days) || days < shortestRecoveryDays || days > longestRecoveryDays) {
    throw new Error(
      `\`recoveryPeriodInDays\` must be an integer between ${shortestRecoveryDays} and ${longestRecoveryDays}, got: ${days}`,
    );
  }
}
