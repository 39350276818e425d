import type { AttributeValue, PutItemCommandInput } from '@aws-sdk/client-dynamodb';
import { AwsCallError } from '../aws/call-error.ts';
import type { AwsTransport } from '../aws/json-transport.ts';
import { onceOnly, repeatable, type RetryPolicy, withRetries } from '../aws/retry.ts';
import { readBinaryValues, withBase64 } from './attribute-values.ts';
import { type StoreClient, StoreError } from './client.ts';
import { errorKindOf } from './error-kind.ts';

type Item = Record<string, AttributeValue>;

/** Every member of an answer that holds attribute values; each operation answers with some of them. */
interface Output {
  Item?: Item;
  Items?: Item[];
  Attributes?: Item;
  LastEvaluatedKey?: Item;
  Count?: number;
}

/**
 * DynamoDB without the SDK, for the data plane. Repeats by itself what was surely not applied, and reads and unconditional puts
 * whose outcome is unknown; never an update, a delete or a conditional put that may have been applied.
 */
export function createLeanStoreClient(transport: AwsTransport): StoreClient {
  async function send(operation: string, input: object, policy: RetryPolicy): Promise<Output> {
    const encoded = withBase64(input);
    try {
      const output = (await withRetries(policy, () => transport.call(operation, encoded))) as Output;
      readBinaryValues(output.Item);
      readBinaryValues(output.Attributes);
      readBinaryValues(output.LastEvaluatedKey);
      output.Items?.forEach(readBinaryValues);
      return output;
    } catch (error) {
      throw error instanceof AwsCallError ? toStoreError(error) : error;
    }
  }

  return {
    getItem: (input) => send('GetItem', input, repeatable),
    putItem: (input) => send('PutItem', input, isRepeatablePut(input) ? repeatable : onceOnly),
    updateItem: (input) => send('UpdateItem', input, onceOnly),
    deleteItem: (input) => send('DeleteItem', input, onceOnly),
    query: (input) => send('Query', input, repeatable),
    scan: (input) => send('Scan', input, repeatable),
  };
}

/** A put that asks for the old item would get its own first attempt as the old item. */
function isRepeatablePut({ ConditionExpression, Expected, ReturnValues = 'NONE' }: PutItemCommandInput): boolean {
  return ConditionExpression === undefined && Expected === undefined && ReturnValues === 'NONE';
}

function toStoreError(error: AwsCallError): StoreError {
  if (error.outcome !== 'answered') return new StoreError('unavailable', error.message, { cause: error });
  const kind = errorKindOf(error.type, error.status ?? 0);
  const item = kind === 'condition-failed' ? (error.answer() as Output).Item : undefined;
  readBinaryValues(item);
  return new StoreError(kind, error.message, { cause: error, item });
}
