import { isThrottling } from '../aws/retry.ts';
import type { StoreErrorKind } from './client.ts';

/** What an error answer of DynamoDB means, by its exception type and HTTP status. */
export function errorKindOf(type: string | undefined, status: number): StoreErrorKind {
  if (type === 'ConditionalCheckFailedException') return 'condition-failed';
  if (isThrottling(type)) return 'throttled';
  return status >= 500 ? 'unavailable' : 'rejected';
}
