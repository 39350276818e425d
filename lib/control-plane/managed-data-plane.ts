import type { AccessibleTable } from '../storage/table-access.ts';
import type { VaultKey } from '../storage/vault-key.ts';

/** The tables of a data plane that the control plane works on. */
export interface ManagedTables {
  /** Compiled policy: the control plane writes it. */
  readonly policy: AccessibleTable;
  /** Balances, and the policy version in force. */
  readonly meter: AccessibleTable;
  /** Request records: read, and deleted with their organization. */
  readonly requests: AccessibleTable;
  /** Encrypted provider credentials: written and deleted, never read. */
  readonly vault: AccessibleTable;
  /** Sums of request records. */
  readonly usage: AccessibleTable;
  /** Results of model checks. */
  readonly evidence: AccessibleTable;
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
