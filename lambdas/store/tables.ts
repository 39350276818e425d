/**
 * Every table, defined once. CDK builds them from this constant, the local runner creates them in the embedded store, and
 * the store code takes key and attribute names from it.
 *
 * `recovery` says what losing the table would cost, and so what protects it:
 * - `ledger`: money, identities or secrets that exist nowhere else (PITR, deletion protection, retained on stack deletion)
 * - `rebuildable`: compiled from another table (deletion protection, no PITR)
 * - `expiring`: metadata under a retention promise; a PITR copy would outlive its TTL, so there is none
 */
export interface TableDefinition {
  readonly partitionKey: string;
  readonly sortKey?: string;
  /** Attribute with the epoch second at which DynamoDB may delete the item. Reads filter on it, since deletion is late by days. */
  readonly timeToLiveAttribute?: string;
  readonly stream?: 'new-image' | 'new-and-old-images';
  readonly recovery: 'ledger' | 'rebuildable' | 'expiring';
  readonly plane: 'data' | 'control';
  /** Environment variable through which a function learns the table's physical name. */
  readonly environmentVariable: string;
}

export const tables = {
  /** `key#<publicId>`, `workspace#<id>`, `catalog#<part>`: compiled policy. The proxy may only GetItem. */
  policy: { partitionKey: 'pk', recovery: 'rebuildable', plane: 'data', environmentVariable: 'TABLE_POLICY' },
  /** `key#<publicId>`, `org#<id>`, `workspace#<id>`, `budget#<organization>`: counters, balances and holds (docs/settlement.md). */
  meter: { partitionKey: 'pk', recovery: 'ledger', plane: 'data', environmentVariable: 'TABLE_METER' },
  /** `org#<id>#<day>` / request id: one metadata record per admitted request. */
  requests: {
    partitionKey: 'pk',
    sortKey: 'sk',
    timeToLiveAttribute: 'expiresAt',
    stream: 'new-image',
    recovery: 'expiring',
    plane: 'data',
    environmentVariable: 'TABLE_REQUESTS',
  },
  /** `workspace#<id>` or `platform` / credential id: envelope-encrypted provider credentials. */
  vault: { partitionKey: 'pk', sortKey: 'sk', recovery: 'ledger', plane: 'data', environmentVariable: 'TABLE_VAULT' },
  /** `model#<provider>/<model>` / check time: results of model checks. */
  evidence: {
    partitionKey: 'pk',
    sortKey: 'sk',
    timeToLiveAttribute: 'expiresAt',
    recovery: 'expiring',
    plane: 'data',
    environmentVariable: 'TABLE_EVIDENCE',
  },
  /** `org#<id>` / day and dimensions: sums of request records, kept by the usage rollup. */
  usage: { partitionKey: 'pk', sortKey: 'sk', recovery: 'ledger', plane: 'data', environmentVariable: 'TABLE_USAGE' },
  /** Organizations, workspaces, members, keys, credential references, routes, providers: what policy is compiled from. */
  control: {
    partitionKey: 'pk',
    sortKey: 'sk',
    timeToLiveAttribute: 'expiresAt',
    recovery: 'ledger',
    plane: 'control',
    environmentVariable: 'TABLE_CONTROL',
  },
  /** `org#<id>` or `platform` / sequence number: hash-chained audit entries. Put and Query only. */
  audit: {
    partitionKey: 'pk',
    sortKey: 'sk',
    recovery: 'ledger',
    plane: 'control',
    environmentVariable: 'TABLE_AUDIT',
  },
} as const satisfies Record<string, TableDefinition>;

export type TableName = keyof typeof tables;
/** Physical table name for each logical one. */
export type TableNames = Readonly<Record<TableName, string>>;
