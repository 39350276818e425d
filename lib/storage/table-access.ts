import { Effect, Grant, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';

/** What a grant needs to know of a table. Every `ITableV2` has it; a table of another region's stack has nothing else. */
export interface AccessibleTable {
  readonly tableName: string;
  readonly tableArn: string;
  readonly encryptionKey?: IKey | undefined;
  readonly env: { readonly region: string };
}

/** Every action that changes an item of a table. */
export const itemWrites: readonly string[] = [
  'dynamodb:BatchWriteItem',
  'dynamodb:DeleteItem',
  'dynamodb:PartiQLDelete',
  'dynamodb:PartiQLInsert',
  'dynamodb:PartiQLUpdate',
  'dynamodb:PutItem',
  'dynamodb:UpdateItem',
];

/** Every action that shows an item of a table. */
export const itemReads: readonly string[] = [
  'dynamodb:BatchGetItem',
  'dynamodb:GetItem',
  'dynamodb:PartiQLSelect',
  'dynamodb:Query',
  'dynamodb:Scan',
];

/**
 * What would change a table's items without writing one: deleting it, lifting its protection, giving its items an expiry, letting
 * somebody else write it, ending its recovery.
 */
export const tableChanges: readonly string[] = [
  'dynamodb:DeleteTable',
  'dynamodb:PutResourcePolicy',
  'dynamodb:UpdateContinuousBackups',
  'dynamodb:UpdateTable',
  'dynamodb:UpdateTimeToLive',
];

/** Allows the actions on the table itself, and the use of its key if it has one. Nothing on its indexes or its stream. */
export function grantTable(role: IRole, table: AccessibleTable, actions: readonly string[]): void {
  grantActions(role, actions, table.tableArn);
  grantTableKey(role, table);
}

/** DynamoDB uses a customer managed key in the caller's name; the condition keeps the role from using it for anything else. */
export function grantTableKey(role: IRole, table: AccessibleTable): void {
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
    conditions: { StringEquals: { 'kms:ViaService': `dynamodb.${table.env.region}.amazonaws.com` } },
  });
}

/** Allows actions on one resource. On the role's side only, so that a role never makes the resource's stack depend on its own. */
export function grantActions(role: IRole, actions: readonly string[], resourceArn: string): void {
  Grant.addToPrincipal({ grantee: role, actions: [...actions], resourceArns: [resourceArn] });
}

/** Refuses actions on resources: a Deny outlasts whatever somebody attaches to the role later. */
export function denyActions(role: IRole, actions: readonly string[], resources: readonly string[]): void {
  role.addToPrincipalPolicy(
    new PolicyStatement({ effect: Effect.DENY, actions: [...actions], resources: [...resources] }),
  );
}

/** Refuses actions on everything but the resources. */
export function denyActionsElsewhere(role: IRole, actions: readonly string[], resources: readonly string[]): void {
  role.addToPrincipalPolicy(
    new PolicyStatement({ effect: Effect.DENY, actions: [...actions], notResources: [...resources] }),
  );
}
