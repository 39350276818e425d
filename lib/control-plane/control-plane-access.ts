import type { ITableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { denyActions, grantTable, itemReads, itemWrites, tableChanges } from '../storage/table-access.ts';
import type { AccessibleTable } from '../storage/table-access.ts';
import { managedTableNames } from './managed-data-plane.ts';
import type { ManagedDataPlane, ManagedTables } from './managed-data-plane.ts';

/** What the roles of the control plane may do, as data. What is not here they may not do. */

/** The tables of the control plane itself. */
export interface OwnTables {
  readonly control: ITableV2;
  readonly audit: ITableV2;
}

const controlActions = [
  'dynamodb:DeleteItem',
  'dynamodb:GetItem',
  'dynamodb:PutItem',
  'dynamodb:Query',
  'dynamodb:UpdateItem',
];

/** The audit trail is appended to and read. IAM cannot refuse a PutItem that replaces an item: the hash chain shows that. */
const auditActions = ['dynamodb:PutItem', 'dynamodb:Query'];
const auditChanges = [...itemWrites, ...tableChanges].filter((action) => !auditActions.includes(action));

const policyActions = ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem'];
const usageActions = ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:Query'];

/** UpdateItem on `meter` comes with a condition: `grantMeterUpdate`. */
const adminActions: Readonly<Record<keyof ManagedTables, readonly string[]>> = {
  policy: policyActions,
  meter: ['dynamodb:DeleteItem', 'dynamodb:GetItem'],
  requests: ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:Query'],
  usage: usageActions,
  vault: ['dynamodb:DeleteItem', 'dynamodb:PutItem'],
  evidence: ['dynamodb:Query'],
};

/** Scan finds what nobody refers to; UpdateItem on every attribute of a meter returns the holds of requests that died. */
const reconcileActions: Readonly<Record<keyof ManagedTables, readonly string[]>> = {
  policy: [...policyActions, 'dynamodb:Scan'],
  meter: ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:Scan', 'dynamodb:UpdateItem'],
  requests: ['dynamodb:DeleteItem', 'dynamodb:Query'],
  usage: usageActions,
  vault: ['dynamodb:DeleteItem'],
  evidence: [],
};

/**
 * Attributes of a meter that the admin function may name in an update: it sets the policy version in force and adjusts money, and
 * cannot touch counters or the holds of requests under way.
 */
export const meterAttributesOfAdmin: readonly string[] = ['pk', 'policyVersion', 'balance', 'budget', 'adjustments'];

/** Everything that turns a stored credential into text, or opens another way to it. */
const openingActions = ['kms:CreateGrant', 'kms:Decrypt', 'kms:PutKeyPolicy', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'];

/** Rights of the function behind the admin API. Every grant is on the role's side: no data plane learns of the control plane. */
export function grantAdminAccess(role: IRole, own: OwnTables, dataPlanes: readonly ManagedDataPlane[]): void {
  grantOwnTables(role, own);
  for (const dataPlane of dataPlanes) {
    grantManagedTables(role, dataPlane, adminActions);
    grantMeterUpdate(role, dataPlane.tables.meter);
    dataPlane.vaultKey.grantGenerateDataKey(role);
    denyOpening(role, dataPlane);
  }
}

/** Rights of the scheduled function that compares policy with what it should be and finishes what a failed call left undone. */
export function grantReconcileAccess(role: IRole, own: OwnTables, dataPlanes: readonly ManagedDataPlane[]): void {
  grantOwnTables(role, own);
  for (const dataPlane of dataPlanes) {
    grantManagedTables(role, dataPlane, reconcileActions);
    denyOpening(role, dataPlane);
  }
}

function grantOwnTables(role: IRole, { control, audit }: OwnTables): void {
  grantTable(role, control, controlActions);
  grantTable(role, audit, auditActions);
  denyActions(role, auditChanges, [audit.tableArn]);
}

function grantManagedTables(
  role: IRole,
  { tables }: ManagedDataPlane,
  actions: Readonly<Record<keyof ManagedTables, readonly string[]>>,
): void {
  for (const name of managedTableNames) {
    if (actions[name].length > 0) grantTable(role, tables[name], actions[name]);
  }
}

/**
 * What an update answers is not limited (`dynamodb:ReturnValues`), since the role may read the whole item anyway.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
 */
function grantMeterUpdate(role: IRole, meter: AccessibleTable): void {
  Grant.addToPrincipal({
    grantee: role,
    actions: ['dynamodb:UpdateItem'],
    resourceArns: [meter.tableArn],
    conditions: {
      'ForAllValues:StringEquals': { 'dynamodb:Attributes': [...meterAttributesOfAdmin] },
      // ForAllValues holds for a call without the key: `Null` refuses such a call.
      Null: { 'dynamodb:Attributes': 'false' },
    },
  });
}

/** Neither the key that opens credentials nor what it opens: not even a ciphertext can be read back. */
function denyOpening(role: IRole, { tables, vaultKey }: ManagedDataPlane): void {
  denyActions(role, openingActions, [vaultKey.key.keyArn]);
  denyActions(role, itemReads, [tables.vault.tableArn]);
}
