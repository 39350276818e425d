import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAwsTransport } from '../../../lambdas/aws/json-transport.ts';
import { sealSecret } from '../../../lambdas/crypto/envelope.ts';
import { KeyWrapperError } from '../../../lambdas/crypto/key-wrapper-error.ts';
import { createLocalKeyWrapper } from '../../../lambdas/crypto/local-key-wrapper.ts';
import { Secret } from '../../../lambdas/crypto/secret.ts';
import { createCredentialReader } from '../../../lambdas/routing/credentials.ts';
import type { StoreClient } from '../../../lambdas/store/client.ts';
import { createLeanStoreClient } from '../../../lambdas/store/lean-client.ts';
import type { CredentialReference } from '../../../lambdas/store/policy.ts';
import { putSealedCredential } from '../../../lambdas/store/vault.ts';
import { type LocalDynamo, startLocalDynamo } from '../../../local/dynamodb.ts';

const { generator, unwrapper } = createLocalKeyWrapper(Buffer.alloc(32, 7));
const reference: CredentialReference = { owner: 'workspace', credential: 'main', version: 1 };

describe('createCredentialReader', () => {
  let database: LocalDynamo;
  let store: StoreClient;
  let closeTransport: () => void;

  beforeAll(async () => {
    database = await startLocalDynamo();
    const credentials = async () => ({ accessKeyId: 'local', secretAccessKey: 'local' });
    const transport = createAwsTransport({
      service: 'dynamodb',
      region: 'local',
      endpoint: database.endpoint,
      credentials,
    });
    store = createLeanStoreClient(transport);
    closeTransport = transport.close;
  });

  afterAll(async () => {
    closeTransport();
    await database.close();
  });

  const newReader = (now = () => 0) =>
    createCredentialReader({ store, table: database.tableNames.vault, keyUnwrapper: unwrapper, now });

  const storeFor = async (workspace: string): Promise<void> => {
    const context = {
      app: 'gatehouse',
      organization: 'acme',
      workspace,
      provider: 'openai',
      credential: 'main',
    } as const;
    const sealed = await sealSecret(new Secret(`secret of ${workspace}`), context, generator);
    await putSealedCredential(store, database.tableNames.vault, reference, { sealed, context, lastFour: 'test' });
  };

  /** What somebody who can write the vault, and read nothing of it, would do. */
  const copyRow = async (from: { pk: string; sk: string }, to: { pk: string; sk: string }): Promise<void> => {
    const table = database.tableNames.vault;
    const { Item } = await store.getItem({ TableName: table, Key: { pk: { S: from.pk }, sk: { S: from.sk } } });
    await store.putItem({ TableName: table, Item: { ...Item, pk: { S: to.pk }, sk: { S: to.sk } } });
  };

  it('opens a credential for the workspace and provider that it was stored for', async () => {
    await storeFor('research');

    const secret = await newReader().open({ workspace: 'research', provider: 'openai' }, reference);

    expect(secret.reveal()).toBe('secret of research');
  });

  it('keeps a credential shut that was copied to another workspace', async () => {
    await storeFor('victim');
    await copyRow({ pk: 'workspace#victim', sk: 'main#1' }, { pk: 'workspace#thief', sk: 'main#1' });

    const opening = newReader().open({ workspace: 'thief', provider: 'openai' }, reference);

    await expect(opening).rejects.toMatchObject({ code: 'provider_credential_missing', status: 502 });
  });

  it('keeps a credential shut that was copied to another name of the same workspace', async () => {
    await storeFor('renamer');
    await copyRow({ pk: 'workspace#renamer', sk: 'main#1' }, { pk: 'workspace#renamer', sk: 'other#1' });

    const opening = newReader().open(
      { workspace: 'renamer', provider: 'openai' },
      { ...reference, credential: 'other' },
    );

    await expect(opening).rejects.toMatchObject({ code: 'provider_credential_missing' });
  });

  it('sends a credential to no other provider, also when it is in memory already', async () => {
    await storeFor('two-providers');
    const reader = newReader();
    await reader.open({ workspace: 'two-providers', provider: 'openai' }, reference);

    const opening = reader.open({ workspace: 'two-providers', provider: 'lab' }, reference);

    await expect(opening).rejects.toMatchObject({ code: 'provider_credential_missing' });
  });

  it('says that a later try may help while the key service does not answer, and opens then', async () => {
    await storeFor('patient');
    let outages = 1;
    const reader = createCredentialReader({
      store,
      table: database.tableNames.vault,
      now: () => 0,
      keyUnwrapper: {
        async unwrapDataKey(wrapped, context) {
          if (outages-- > 0) throw new KeyWrapperError('unavailable', 'KMS Decrypt: no answer (HTTP 0)');
          return unwrapper.unwrapDataKey(wrapped, context);
        },
      },
    });
    const use = { workspace: 'patient', provider: 'openai' };

    const failure: unknown = await reader.open(use, reference).catch((error: unknown) => error);
    const secret = await reader.open(use, reference);

    expect(failure).toMatchObject({ code: 'store_unavailable', status: 503, retryable: true });
    expect(secret.reveal()).toBe('secret of patient');
  });

  it('reads the vault again after five minutes', async () => {
    await storeFor('short-lived');
    let now = 0;
    const reader = newReader(() => now);
    const use = { workspace: 'short-lived', provider: 'openai' };
    await reader.open(use, reference);
    await store.deleteItem({
      TableName: database.tableNames.vault,
      Key: { pk: { S: 'workspace#short-lived' }, sk: { S: 'main#1' } },
    });

    now = 5 * 60_000 - 1;
    const kept = await reader.open(use, reference);
    now = 5 * 60_000;
    const opening = reader.open(use, reference);

    expect(kept.reveal()).toBe('secret of short-lived');
    await expect(opening).rejects.toMatchObject({ code: 'provider_credential_missing' });
  });
});
