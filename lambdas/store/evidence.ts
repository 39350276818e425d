import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { StoreClient } from './client.ts';

/*
 * Access patterns of the `evidence` table: what model checks found.
 *
 * | pattern         | key                                                  | called by         |
 * |-----------------|------------------------------------------------------|-------------------|
 * | listModelChecks | `model#<provider>/<model>` / check time, ISO 8601 UTC | GET /model-checks |
 */

export interface ModelCheck {
  /** `<provider>/<model>`. */
  readonly model: string;
  /** ISO 8601 UTC. */
  readonly checkedAt: string;
  readonly result: string;
  readonly latencyMs?: number;
}

const partitionOf = (model: string): string => `model#${model}`;

/**
 * Checks of one model that are within their retention at `now` (epoch milliseconds), newest first; only those before the time
 * `before`, where it is given. `next` is the `before` of the next page; a page may hold fewer than `limit`.
 *
 * @throws StoreError
 */
export async function listModelChecks(
  { store, table }: { readonly store: StoreClient; readonly table: string },
  model: string,
  { limit, before, now }: { readonly limit: number; readonly before?: string | undefined; readonly now: number },
): Promise<{ readonly checks: readonly ModelCheck[]; readonly next?: string }> {
  const { Items = [], LastEvaluatedKey } = await store.query({
    TableName: table,
    KeyConditionExpression: before === undefined ? '#pk = :pk' : '#pk = :pk AND #sk < :before',
    FilterExpression: '#expiresAt > :now',
    ExpressionAttributeNames: { '#pk': 'pk', '#expiresAt': 'expiresAt', ...(before !== undefined && { '#sk': 'sk' }) },
    ExpressionAttributeValues: {
      ':pk': { S: partitionOf(model) },
      ':now': { N: String(now / 1000) },
      ...(before !== undefined && { ':before': { S: before } }),
    },
    ScanIndexForward: false,
    ConsistentRead: true,
    Limit: limit,
  });
  const next = LastEvaluatedKey?.['sk']?.S;
  return { checks: Items.map((item) => parseModelCheck(model, item)), ...(next !== undefined && { next }) };
}

function parseModelCheck(model: string, item: Readonly<Record<string, AttributeValue>>): ModelCheck {
  const latency = item['latencyMs']?.N;
  return {
    model,
    checkedAt: item['sk']?.S ?? '',
    result: item['result']?.S ?? '',
    ...(latency !== undefined && { latencyMs: Number(latency) }),
  };
}
