import { createAwsTransport } from '../lambdas/aws/json-transport.ts';
import type { StoreClient } from '../lambdas/store/client.ts';
import { createLeanStoreClient } from '../lambdas/store/lean-client.ts';
import type { TableNames } from '../lambdas/store/tables.ts';
import { ConfigurationError } from './configuration.ts';
import { LocalDynamoError, startLocalDynamo } from './dynamodb.ts';

/** The embedded database and a client of it, as AWS has tables and clients. */
export interface LocalStore {
  readonly store: StoreClient;
  readonly tables: TableNames;
  close(): Promise<void>;
}

/** @throws ConfigurationError when the folder is unusable or another process has it. */
export async function openLocalStore(path: string, region: string): Promise<LocalStore> {
  const database = await startLocalDynamo({ path }).catch(explain);
  const transport = createAwsTransport({
    service: 'dynamodb',
    region,
    endpoint: database.endpoint,
    credentials: async () => ({ accessKeyId: 'local', secretAccessKey: 'local' }),
  });
  return {
    store: createLeanStoreClient(transport),
    tables: database.tableNames,
    async close() {
      transport.close();
      await database.close();
    },
  };
}

function explain(error: unknown): never {
  if (!(error instanceof LocalDynamoError)) throw error;
  const hint =
    error.reason === 'locked'
      ? 'Another Gatehouse is running on it; stop that one, or choose another folder with --data-dir.'
      : 'Choose another folder with --data-dir or GATEHOUSE_DATA_DIR.';
  throw new ConfigurationError(`${error.message}\n${hint}`);
}
