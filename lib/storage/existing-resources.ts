import { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { ITableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { ExistingTableSettings } from './existing-settings.ts';

/** The named ones of some tables, as constructs. */
export function existingTables<Name extends string>(
  scope: Construct,
  settings: Readonly<Partial<Record<string, ExistingTableSettings>>>,
  names: readonly Name[],
): { readonly [name in Name]?: ITableV2 } {
  const found = names.flatMap((name) => {
    const table = settings[name];
    return table === undefined ? [] : [[name, existingTable(scope, name, table)] as const];
  });
  return Object.fromEntries(found) as { [name in Name]?: ITableV2 };
}

function existingTable(scope: Construct, id: string, { name, keyArn, streamArn }: ExistingTableSettings): ITableV2 {
  return TableV2.fromTableAttributes(scope, `${id}Table`, {
    tableName: name,
    ...(streamArn !== undefined && { tableStreamArn: streamArn }),
    ...(keyArn !== undefined && { encryptionKey: Key.fromKeyArn(scope, `${id}TableKey`, keyArn) }),
  });
}
