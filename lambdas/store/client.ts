import type {
  DeleteItemCommandInput,
  DeleteItemCommandOutput,
  GetItemCommandInput,
  GetItemCommandOutput,
  PutItemCommandInput,
  PutItemCommandOutput,
  QueryCommandInput,
  QueryCommandOutput,
  ScanCommandInput,
  ScanCommandOutput,
  UpdateItemCommandInput,
  UpdateItemCommandOutput,
} from '@aws-sdk/client-dynamodb';

/**
 * The only way to DynamoDB. Inputs and outputs are the AWS SDK's own types (attribute-value maps, not plain objects), so that
 * the lean transport of the data plane (`lean-client.ts`) and the SDK (`sdk-client.ts`) are interchangeable; one conformance
 * suite (`test/lambdas/store/client.conformance.test.ts`) runs over both.
 *
 * `TableName` is the physical name. No method retries a write whose outcome is unknown: meter writes are not idempotent.
 *
 * @throws StoreError for everything DynamoDB or the network refuses.
 */
export interface StoreClient {
  getItem(input: GetItemCommandInput): Promise<Pick<GetItemCommandOutput, 'Item'>>;
  putItem(input: PutItemCommandInput): Promise<Pick<PutItemCommandOutput, 'Attributes'>>;
  updateItem(input: UpdateItemCommandInput): Promise<Pick<UpdateItemCommandOutput, 'Attributes'>>;
  deleteItem(input: DeleteItemCommandInput): Promise<Pick<DeleteItemCommandOutput, 'Attributes'>>;
  query(input: QueryCommandInput): Promise<Pick<QueryCommandOutput, 'Items' | 'LastEvaluatedKey' | 'Count'>>;
  scan(input: ScanCommandInput): Promise<Pick<ScanCommandOutput, 'Items' | 'LastEvaluatedKey' | 'Count'>>;
}

/**
 * - `condition-failed`: the conditional write was refused; `item` holds the stored item where the server returned it
 * - `throttled`: surely not applied, may be repeated
 * - `unavailable`: no answer or a 5xx; a write may or may not have been applied
 * - `rejected`: any other 4xx: a fault in our request or permissions
 */
export type StoreErrorKind = 'condition-failed' | 'throttled' | 'unavailable' | 'rejected';

export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly kind: StoreErrorKind;
  /** The old item, only for `condition-failed`, only where the server supports ReturnValuesOnConditionCheckFailure. */
  readonly item?: Record<string, import('@aws-sdk/client-dynamodb').AttributeValue>;

  constructor(kind: StoreErrorKind, message: string, options: { cause?: unknown; item?: StoreError['item'] } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    if (options.item !== undefined) this.item = options.item;
  }
}

/** True when a conditional write was refused by its condition: an answer, not a fault. */
export function isConditionFailed(error: unknown): error is StoreError {
  return error instanceof StoreError && error.kind === 'condition-failed';
}

/** True when the store did not answer or is overloaded: it passes by itself, unlike a missing table or permission. */
export function isStoreOutage(error: unknown): error is StoreError {
  return error instanceof StoreError && (error.kind === 'unavailable' || error.kind === 'throttled');
}
