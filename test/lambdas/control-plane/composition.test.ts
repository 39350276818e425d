import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createControlPlaneDependencies, createDataPlanes } from '../../../lambdas/control-plane/composition.ts';
import { createLogger } from '../../../lambdas/telemetry/logger.ts';
import { type LocalDynamo, startLocalDynamo } from '../../../local/dynamodb.ts';

let dynamo: LocalDynamo;

beforeAll(async () => {
  dynamo = await startLocalDynamo();
});

afterAll(() => dynamo.close());

const described = (region: string) => ({
  region,
  url: `https://${region}.example.com`,
  tables: {
    policy: 'policy',
    meter: 'meter',
    requests: 'requests',
    vault: 'vault',
    usage: 'usage',
    evidence: 'evidence',
  },
  vaultKeyArn: `arn:aws:kms:${region}:123456789012:key/1`,
});

const environmentOf = (dataPlanes: unknown) => ({
  AWS_REGION: 'eu-west-1',
  AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
  TABLE_CONTROL: 'control',
  TABLE_AUDIT: 'audit',
  DATA_PLANES: typeof dataPlanes === 'string' ? dataPlanes : JSON.stringify(dataPlanes),
});

const logger = createLogger(() => undefined);

describe('the environment of a control plane function', () => {
  test('gives every data plane with a client and a key generator, the home region first', async () => {
    process.env['AWS_ACCESS_KEY_ID'] ??= 'local';
    process.env['AWS_SECRET_ACCESS_KEY'] ??= 'local';
    const environment = environmentOf([described('eu-west-1'), described('us-east-1')]);

    const deps = createControlPlaneDependencies({ ...environment, ALLOW_PRIVATE_PROVIDERS: 'true' }, logger);

    expect(deps.dataPlanes.map(({ region, url }) => [region, url])).toEqual([
      ['eu-west-1', 'https://eu-west-1.example.com'],
      ['us-east-1', 'https://us-east-1.example.com'],
    ]);
    expect([...deps.keyGenerators.keys()]).toEqual(['eu-west-1', 'us-east-1']);
    expect(deps.allowPrivateProviders).toBe(true);
    expect(deps.control.table).toBe('control');
    expect(deps.audit.table).toBe('audit');
    const pk = { S: randomUUID() };
    await deps.dataPlanes[0].store.putItem({ TableName: 'policy', Item: { pk } });
    expect(await deps.dataPlanes[0].store.getItem({ TableName: 'policy', Key: { pk } })).toMatchObject({
      Item: { pk },
    });
  });

  test('does not allow private providers unless it says so', () => {
    const deps = createControlPlaneDependencies(environmentOf([described('eu-west-1')]), logger);

    expect(deps.allowPrivateProviders).toBe(false);
  });

  test.each(['DATA_PLANES', 'TABLE_CONTROL', 'TABLE_AUDIT', 'AWS_REGION'])('is refused without %s', (name) => {
    const environment = { ...environmentOf([described('eu-west-1')]), [name]: '' };

    expect(() => createControlPlaneDependencies(environment, logger)).toThrow(
      `environment variable ${name} is not set`,
    );
  });

  test.each([
    { fault: 'no list', planes: 'not json', message: /DATA_PLANES: the list: / },
    { fault: 'an empty list', planes: [], message: /DATA_PLANES: the list: / },
    { fault: 'no key', planes: [{ ...described('a'), vaultKeyArn: '' }], message: /DATA_PLANES: 0\.vaultKeyArn: / },
    {
      fault: 'a table missing',
      planes: [described('a'), { ...described('b'), tables: {} }],
      message: /1\.tables\.policy: /,
    },
    { fault: 'a region twice', planes: [described('a'), described('a')], message: /names a region twice/ },
  ])('is refused with $fault, naming the place and not the value', ({ planes, message }) => {
    expect(() => createDataPlanes(environmentOf(planes))).toThrow(message);
  });
});
