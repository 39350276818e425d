import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { ITableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { tables } from '../../lambdas/store/tables.ts';
import { GatehouseTable } from '../storage/gatehouse-table.ts';

export interface ControlTablesProps {
  /**
   * Existing key for both tables.
   *
   * @default - a new key with yearly rotation
   */
  readonly encryptionKey?: IKey;

  /**
   * Days of point-in-time recovery, 7 to 35.
   *
   * @default 7
   */
  readonly recoveryPeriodInDays?: number;

  /**
   * What happens to the tables and a new key when the stack is deleted.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** What exists nowhere else: the tenants and the audit trail, under a key of their own. */
export class ControlTables extends Construct {
  readonly control: ITableV2;
  readonly audit: ITableV2;
  readonly encryptionKey: IKey;

  constructor(scope: Construct, id: string, props: ControlTablesProps = {}) {
    super(scope, id);
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    this.encryptionKey =
      props.encryptionKey ??
      new Key(this, 'Key', {
        description: 'Encrypts the Gatehouse control and audit tables',
        enableKeyRotation: true,
        pendingWindow: Duration.days(30),
        removalPolicy,
      });
    const shared = {
      encryptionKey: this.encryptionKey,
      removalPolicy,
      ...(props.recoveryPeriodInDays !== undefined && { recoveryPeriodInDays: props.recoveryPeriodInDays }),
    };
    // Ids are part of the contract: a changed one is a new, empty table.
    this.control = new GatehouseTable(this, 'Control', { ...shared, definition: tables.control }).table;
    this.audit = new GatehouseTable(this, 'Audit', { ...shared, definition: tables.audit }).table;
  }
}
