import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { ITableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { tables } from '../../lambdas/store/tables.ts';
import { GatehouseTable } from '../storage/gatehouse-table.ts';

/** Existing tables to use in place of new ones. Their keys and TTL attribute must be those of `lambdas/store/tables.ts`. */
export interface ExistingControlTables {
  /** @default - a new table */
  readonly control?: ITableV2;
  /** @default - a new table */
  readonly audit?: ITableV2;
}

export interface ControlTablesProps {
  /**
   * Tables that exist already.
   *
   * @default - both tables are new
   */
  readonly tables?: ExistingControlTables;

  /**
   * Existing key for new tables.
   *
   * @default - a new key with yearly rotation, unless both tables exist
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

  constructor(scope: Construct, id: string, props: ControlTablesProps = {}) {
    super(scope, id);
    const { control, audit } = props.tables ?? {};
    const encryptionKey = props.encryptionKey ?? (control && audit ? undefined : this.#newKey(props));
    const shared = {
      ...(encryptionKey !== undefined && { encryptionKey }),
      ...(props.removalPolicy !== undefined && { removalPolicy: props.removalPolicy }),
      ...(props.recoveryPeriodInDays !== undefined && { recoveryPeriodInDays: props.recoveryPeriodInDays }),
    };
    // Ids are part of the contract: a changed one is a new, empty table.
    this.control = control ?? new GatehouseTable(this, 'Control', { ...shared, definition: tables.control }).table;
    this.audit = audit ?? new GatehouseTable(this, 'Audit', { ...shared, definition: tables.audit }).table;
  }

  #newKey({ removalPolicy = RemovalPolicy.RETAIN }: ControlTablesProps): IKey {
    return new Key(this, 'Key', {
      description: 'Encrypts the Gatehouse control and audit tables',
      enableKeyRotation: true,
      pendingWindow: Duration.days(30),
      removalPolicy,
    });
  }
}
