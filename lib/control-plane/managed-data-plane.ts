import type { ITableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { VaultKey } from '../storage/vault-key.ts';

/** The tables of a data plane that the control plane works on. */
export interface ManagedTables {
  /** Compiled policy: the control plane writes it. */
  readonly policy: ITableV2;
  /** Balances, and the policy version in force. */
  readonly meter: ITableV2;
  /** Request records: read, and deleted with their organization. */
  readonly requests: ITableV2;
  /** Encrypted provider credentials: written and deleted, never read. */
  readonly vault: ITableV2;
  /** Sums of request records. */
  readonly usage: ITableV2;
  /** Results of model checks. */
  readonly evidence: ITableV2;
}

/** A data plane as the control plane sees it. A `DataPlane` has all of it but the region, which is its stack's. */
export interface ManagedDataPlane {
  readonly region: string;

  /** Base URL for callers. */
  readonly url: string;

  readonly tables: ManagedTables;

  /** Key under which new credentials are encrypted. */
  readonly vaultKey: VaultKey;
}

export const managedTableNames = ['policy', 'meter', 'requests', 'vault', 'usage', 'evidence'] as const;

/** What `DATA_PLANES` holds: names and addresses, no secret. */
export function describeDataPlane({ region, url, tables, vaultKey }: ManagedDataPlane): object {
  return {
    region,
    url,
    tables: Object.fromEntries(managedTableNames.map((name) => [name, tables[name].tableName])),
    vaultKeyArn: vaultKey.key.keyArn,
  };
}
