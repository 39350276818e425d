import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { ReconcileReport } from '../../../../lambdas/control-plane/reconcile/reconcile.ts';
import { type LocalDynamo, startLocalDynamo } from '../../../../local/dynamodb.ts';

let dynamo: LocalDynamo;

beforeAll(async () => {
  dynamo = await startLocalDynamo();
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await dynamo.close();
});

test('the function reads its environment and answers with what it found', async () => {
  const { control: _control, audit: _audit, ...names } = dynamo.tableNames;
  const environment = {
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
    TABLE_CONTROL: dynamo.tableNames.control,
    TABLE_AUDIT: dynamo.tableNames.audit,
    DATA_PLANES: JSON.stringify([{ region: 'eu-west-1', tables: names, vaultKeyArn: 'arn:aws:kms:::key/1' }]),
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const { handler } = await import('../../../../lambdas/control-plane/reconcile/handler.ts');

  const report = await (handler as unknown as (event: object, context: object) => Promise<ReconcileReport>)({}, {});

  expect(report).toMatchObject({ endpoints: [{ region: 'eu-west-1', status: 'fresh', items: 0 }], failures: 0 });
});
