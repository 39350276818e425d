import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DynamoDBClient,
  DynamoDBServiceException,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { type StoreClient, StoreError } from './client.ts';
import { errorKindOf } from './error-kind.ts';

export interface SdkDynamoOptions {
  readonly region: string;
  /** Base URL instead of AWS's regional endpoint, for an emulator. */
  readonly endpoint?: string;
  /** @default the SDK's own chain */
  readonly credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  /** @default 5000 */
  readonly responseTimeoutMs?: number;
}

/** The SDK's client as the store needs it: one attempt, since the SDK would also repeat writes whose outcome is unknown. */
export function createSdkDynamoClient({ responseTimeoutMs = 5000, ...options }: SdkDynamoOptions): DynamoDBClient {
  return new DynamoDBClient({
    ...options,
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 2000, requestTimeout: responseTimeoutMs, throwOnRequestTimeout: true },
  });
}

/** DynamoDB through the SDK, for the control plane and jobs. Never repeats a call; give it `createSdkDynamoClient`'s client. */
export function createSdkStoreClient(client: DynamoDBClient): StoreClient {
  return {
    getItem: (input) => sent('GetItem', client.send(new GetItemCommand(input))),
    putItem: (input) => sent('PutItem', client.send(new PutItemCommand(input))),
    updateItem: (input) => sent('UpdateItem', client.send(new UpdateItemCommand(input))),
    deleteItem: (input) => sent('DeleteItem', client.send(new DeleteItemCommand(input))),
    query: (input) => sent('Query', client.send(new QueryCommand(input))),
    scan: (input) => sent('Scan', client.send(new ScanCommand(input))),
  };
}

async function sent<Output>(operation: string, answer: Promise<Output>): Promise<Output> {
  try {
    return await answer;
  } catch (error) {
    throw toStoreError(operation, error);
  }
}

/** Without the SDK's error as the cause: its message can echo keys and values. */
function toStoreError(operation: string, error: unknown): StoreError {
  const { name, code, $metadata } = error as { name?: string; code?: string; $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode ?? 0;
  if (status < 300) return new StoreError('unavailable', `${operation}: ${code ?? name ?? 'no answer'}`);
  const type = error instanceof DynamoDBServiceException ? error.name : undefined;
  const item = error instanceof ConditionalCheckFailedException ? error.Item : undefined;
  return new StoreError(errorKindOf(type, status), `${operation}: ${type ?? 'no type'} (HTTP ${status})`, { item });
}
