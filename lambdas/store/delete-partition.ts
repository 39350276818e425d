import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { StoreClient } from './client.ts';

const pageItems = 250;
const parallelDeletes = 25;

/**
 * Deletes every item under one partition key of a table with keys `pk` and `sk`. Stops at `deadlineMs` (epoch milliseconds) and
 * says whether nothing is left; called again it goes on where it stopped. An item written meanwhile may stay.
 *
 * @throws StoreError
 */
export async function deletePartition(
  store: StoreClient,
  table: string,
  partitionKey: string,
  deadlineMs: number,
): Promise<boolean> {
  let start: Record<string, AttributeValue> | undefined;
  do {
    const page = await store.query({
      TableName: table,
      KeyConditionExpression: '#pk = :pk',
      ExpressionAttributeNames: { '#pk': 'pk', '#sk': 'sk' },
      ExpressionAttributeValues: { ':pk': { S: partitionKey } },
      ProjectionExpression: '#pk, #sk',
      ConsistentRead: true,
      Limit: pageItems,
      ...(start !== undefined && { ExclusiveStartKey: start }),
    });
    const keys = page.Items ?? [];
    for (let at = 0; at < keys.length; at += parallelDeletes) {
      if (Date.now() >= deadlineMs) return false;
      const some = keys.slice(at, at + parallelDeletes);
      await Promise.all(some.map((Key) => store.deleteItem({ TableName: table, Key })));
    }
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
  return true;
}
