import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type StoreClient, StoreError } from '../../../lambdas/store/client.ts';
import type { TableNames } from '../../../lambdas/store/tables.ts';
import { isAllowed, type Statement } from './iam-evaluator.ts';
import { table, type TableName } from './synthesized-planes.ts';

export interface GuardedStore {
  readonly store: StoreClient;
  /** Calls that the role does not allow, such as `UpdateItem meter pk,inflight`. They were refused. */
  readonly refused: readonly string[];
  /** Every action on every table that was let through. */
  readonly used: ReadonlySet<string>;
}

interface StoreCall {
  readonly TableName?: string | undefined;
  readonly Key?: Readonly<Record<string, AttributeValue>> | undefined;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>> | undefined;
  readonly KeyConditionExpression?: string | undefined;
  readonly ExpressionAttributeValues?: Readonly<Record<string, AttributeValue>> | undefined;
}

/** A decorator around a real client that answers as DynamoDB does to a role with these statements, and to empty keys. */
export function guardStore(real: StoreClient, statements: readonly Statement[], names: TableNames): GuardedStore {
  const logicalNames = new Map(Object.entries(names).map(([logical, physical]) => [physical, logical as TableName]));
  const refused: string[] = [];
  const used = new Set<string>();

  const guard =
    <Input extends StoreCall, Output>(action: string, call: (input: Input) => Promise<Output>) =>
    async (input: Input): Promise<Output> => {
      const name = logicalNames.get(input.TableName ?? '');
      if (name === undefined) throw new Error('a store call names an unknown table');
      const attributes = attributesOf(input);
      const context = { 'dynamodb:Attributes': attributes };
      if (!isAllowed(statements, { action: `dynamodb:${action}`, resource: table(name), context })) {
        refused.push(`${action} ${name} ${attributes.join()}`);
        throw new StoreError('rejected', `${action}: AccessDeniedException`);
      }
      if (hasEmptyKey(input)) {
        refused.push(`${action} ${name} with an empty key`);
        throw new StoreError('rejected', `${action}: ValidationException`);
      }
      used.add(`${name} ${action}`);
      return call(input);
    };

  return {
    store: {
      ...real,
      getItem: guard('GetItem', real.getItem),
      putItem: guard('PutItem', real.putItem),
      updateItem: guard('UpdateItem', real.updateItem),
      deleteItem: guard('DeleteItem', real.deleteItem),
      query: guard('Query', real.query),
      scan: guard('Scan', real.scan),
    },
    refused,
    used,
  };
}

/**
 * DynamoDB takes an empty string for no key, neither of an item nor in a key condition. dynalite does.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
 */
function hasEmptyKey({ Key = {}, KeyConditionExpression, ExpressionAttributeValues = {} }: StoreCall): boolean {
  const inCondition = Object.entries(ExpressionAttributeValues).filter(([name]) =>
    (KeyConditionExpression?.split(/[^\w:]+/) ?? []).includes(name),
  );
  return [...Object.values(Key), ...inCondition.map(([, value]) => value)].some(({ S }) => S === '');
}

/** Our expressions name every attribute through a placeholder. */
function attributesOf({ Key = {}, ExpressionAttributeNames = {} }: StoreCall): string[] {
  return [...new Set([...Object.keys(Key), ...Object.values(ExpressionAttributeNames)])];
}
