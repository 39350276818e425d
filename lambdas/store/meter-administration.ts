import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { isConditionFailed } from './client.ts';
import { type MeterItem, parseMeterItem } from './meter-item.ts';
import { getMeter, type MeterStore } from './meter.ts';

/*
 * What the control plane does to meters. It names the attributes it may touch in IAM: `policyVersion`, `balance`, `budget`,
 * `adjustments`, and `inflight` in a condition.
 *
 * | pattern                 | write                         | called by                        |
 * |-------------------------|-------------------------------|----------------------------------|
 * | raiseMeterPolicyVersion | one conditional UpdateItem    | publication, reconcile           |
 * | adjustBalance           | one conditional UpdateItem    | balance adjustments              |
 * | pruneAdjustments        | one conditional UpdateItem    | reconcile                        |
 * | deleteMeter             | one conditional DeleteItem    | erase, reconcile                 |
 * | scanMeters              | Scan                          | reconcile                        |
 */

export const keyMeterId = (publicId: string): string => `key#${publicId}`;
export const organizationMeterId = (organization: string): string => `org#${organization}`;
export const workspaceMeterId = (workspace: string): string => `workspace#${workspace}`;
export const budgetMeterId = (organization: string): string => `budget#${organization}`;

/** Every sum of micro-USD up to here is exact in a double, with room for what requests under way give back. */
const maxBalanceMicroUsd = 9_000_000_000_000_000;

/** An adjustment would bring the balance, or all that was ever paid in, above what can be counted exactly. */
export class BalanceTooHighError extends Error {
  override readonly name = 'BalanceTooHighError';
  readonly maxMicroUsd = maxBalanceMicroUsd;
}

/** A negative adjustment asked for more than the balance has. */
export class BalanceTooLowError extends Error {
  override readonly name = 'BalanceTooLowError';
  readonly availableMicroUsd: number;

  constructor(availableMicroUsd: number) {
    super('the balance is lower than what is to be taken from it');
    this.availableMicroUsd = availableMicroUsd;
  }
}

/**
 * Makes the meter carry at least this policy version, which ends every cached copy of an older policy. The meter is created
 * where there is none: a process that read the older policy just now, to create the meter with it, must find the newer version
 * there. Never lowers; may be repeated.
 *
 * @throws StoreError
 */
export async function raiseMeterPolicyVersion(meters: MeterStore, id: string, version: number): Promise<void> {
  try {
    await meters.store.updateItem({
      TableName: meters.table,
      Key: { pk: { S: id } },
      UpdateExpression: 'SET #version = :version',
      ConditionExpression: 'attribute_not_exists(#version) OR #version < :version',
      ExpressionAttributeNames: { '#version': 'policyVersion' },
      ExpressionAttributeValues: { ':version': { N: String(version) } },
    });
  } catch (error) {
    if (!isConditionFailed(error)) throw error;
  }
}

/**
 * Adds to the prepaid balance of an organization, or takes from it, exactly once for each adjustment id: repeated, it answers
 * with the balance as it is. An id is remembered for a day at least (`pruneAdjustments`).
 *
 * @throws BalanceTooLowError when more is to be taken than the balance has, BalanceTooHighError when it would become too large
 *   to be exact; nothing is changed then.
 * @throws StoreError; then it may have been applied or not, and calling again is right.
 */
export async function adjustBalance(
  meters: MeterStore,
  organization: string,
  { id, amountMicroUsd }: { id: string; amountMicroUsd: number },
): Promise<{ balanceMicroUsd: number }> {
  const Key = { pk: { S: organizationMeterId(organization) } };
  const isTaking = amountMicroUsd < 0;
  const bound = isTaking ? -amountMicroUsd : maxBalanceMicroUsd - amountMicroUsd;
  // What was paid in is never less than what is left of it.
  const isInRange = isTaking ? '#balance >= :bound' : '(attribute_not_exists(#budget) OR #budget <= :bound)';
  try {
    const { Attributes } = await meters.store.updateItem({
      TableName: meters.table,
      Key,
      // Both, since budget = balance + held + spent.
      UpdateExpression: 'ADD #balance :amount, #budget :amount, #adjustments :ids',
      ConditionExpression: `NOT contains(#adjustments, :id) AND ${isInRange}`,
      ExpressionAttributeNames: { '#balance': 'balance', '#budget': 'budget', '#adjustments': 'adjustments' },
      ExpressionAttributeValues: {
        ':amount': { N: String(amountMicroUsd) },
        ':ids': { SS: [id] },
        ':id': { S: id },
        ':bound': { N: String(bound) },
      },
      ReturnValues: 'UPDATED_NEW',
    });
    return { balanceMicroUsd: Number(Attributes?.['balance']?.N) };
  } catch (error) {
    if (!isConditionFailed(error)) throw error;
  }
  const { Item } = await meters.store.getItem({ TableName: meters.table, Key, ConsistentRead: true });
  const balanceMicroUsd = Number(Item?.['balance']?.N ?? 0);
  if ((Item?.['adjustments']?.SS ?? []).includes(id)) return { balanceMicroUsd };
  throw isTaking
    ? new BalanceTooLowError(Math.max(0, balanceMicroUsd))
    : new BalanceTooHighError('the balance would be too large to be exact');
}

/**
 * Forgets these adjustments, so that the item stays small. Only for adjustments that nobody repeats any more.
 *
 * @throws StoreError
 */
export async function pruneAdjustments(
  meters: MeterStore,
  organization: string,
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return;
  try {
    await meters.store.updateItem({
      TableName: meters.table,
      Key: { pk: { S: organizationMeterId(organization) } },
      UpdateExpression: 'DELETE #adjustments :ids',
      // A meter that was erased in the meantime must not come back.
      ConditionExpression: 'attribute_exists(#adjustments)',
      ExpressionAttributeNames: { '#adjustments': 'adjustments' },
      ExpressionAttributeValues: { ':ids': { SS: [...ids] } },
    });
  } catch (error) {
    if (!isConditionFailed(error)) throw error;
  }
}

/**
 * When the meter's owner last sent a request that got as far as its limits, to the minute; from the window that every admission
 * opens anyway. `undefined`: never.
 */
export function lastUsedAt(item: MeterItem | undefined): Date | undefined {
  return item === undefined || item.minute === 0 ? undefined : new Date(item.minute * 60_000);
}

/**
 * Deletes a meter that no request under way holds anything of. `busy`: one does, or came in meanwhile. Holds whose time has
 * ended belong to processes that died, and end with the meter.
 *
 * @throws StoreError
 */
export async function deleteMeter(meters: MeterStore, id: string, nowMs: number): Promise<'erased' | 'busy'> {
  const item = await getMeter(meters, id);
  if (item === undefined) return 'erased';
  if (hasLiveHolds(item, nowMs)) return 'busy';
  const unchanged = '#inflight = :inflight';
  try {
    await meters.store.deleteItem({
      TableName: meters.table,
      Key: { pk: { S: id } },
      ConditionExpression: item.inflight === 0 ? `attribute_not_exists(#inflight) OR ${unchanged}` : unchanged,
      ExpressionAttributeNames: { '#inflight': 'inflight' },
      ExpressionAttributeValues: { ':inflight': { N: String(item.inflight) } },
    });
    return 'erased';
  } catch (error) {
    if (isConditionFailed(error)) return 'busy';
    throw error;
  }
}

/** Whether a request under way holds something of it. */
export function hasLiveHolds(item: MeterItem, nowMs: number): boolean {
  return item.buckets.some(({ end, count }) => count > 0 && end * 1000 >= nowMs);
}

export interface ScannedMeter {
  readonly id: string;
  readonly item: MeterItem;
  /** Ids of balance adjustments that are remembered. */
  readonly adjustments: readonly string[];
}

/**
 * Every meter there is, in no order.
 *
 * @throws StoreError
 */
export async function* scanMeters({ store, table }: MeterStore): AsyncGenerator<ScannedMeter> {
  let start: Record<string, AttributeValue> | undefined;
  do {
    const page = await store.scan({
      TableName: table,
      ConsistentRead: true,
      ...(start !== undefined && { ExclusiveStartKey: start }),
    });
    for (const raw of page.Items ?? []) {
      const item = parseMeterItem(raw);
      if (item !== undefined) yield { id: raw['pk']?.S ?? '', item, adjustments: raw['adjustments']?.SS ?? [] };
    }
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
}
