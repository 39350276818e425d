import { RemovalPolicy } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { tables } from '../../../lambdas/store/tables.ts';
import { GatehouseTable } from '../../../lib/storage/gatehouse-table.ts';
import { emptyStack, onlyResource } from '../synthesize.ts';

describe('GatehouseTable', () => {
  it.each(Object.entries(tables))('builds %s as its constant says', (_name, definition) => {
    const stack = emptyStack();

    new GatehouseTable(stack, 'Table', { definition });

    const { Properties: table } = onlyResource(Template.fromStack(stack), 'AWS::DynamoDB::GlobalTable');
    const keys = [
      { AttributeName: definition.partitionKey, KeyType: 'HASH' },
      ...('sortKey' in definition ? [{ AttributeName: definition.sortKey, KeyType: 'RANGE' }] : []),
    ];
    expect(table).toMatchObject({ BillingMode: 'PAY_PER_REQUEST', KeySchema: keys });
    expect(table['TimeToLiveSpecification']).toEqual(
      'timeToLiveAttribute' in definition
        ? { AttributeName: definition.timeToLiveAttribute, Enabled: true }
        : undefined,
    );
    expect(table['StreamSpecification']).toEqual('stream' in definition ? { StreamViewType: 'NEW_IMAGE' } : undefined);
  });

  it.each([
    ['ledger', { PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: 7 }],
    ['rebuildable', undefined],
    ['expiring', undefined],
  ] as const)(
    'keeps a %s table and its data, with point-in-time recovery only where it helps',
    (recovery, expected) => {
      const stack = emptyStack();

      new GatehouseTable(stack, 'Table', { definition: { ...tables.meter, recovery } });

      const table = onlyResource(Template.fromStack(stack), 'AWS::DynamoDB::GlobalTable');
      expect(table).toMatchObject({
        DeletionPolicy: 'Retain',
        UpdateReplacePolicy: 'Retain',
        Properties: { Replicas: [{ DeletionProtectionEnabled: true }] },
      });
      const [replica] = z.tuple([z.record(z.string(), z.unknown())]).parse(table.Properties['Replicas']);
      expect(replica['PointInTimeRecoverySpecification']).toEqual(expected);
    },
  );

  it('takes a key, a longer recovery period, a write brake and a removal policy', () => {
    const stack = emptyStack();
    const encryptionKey = new Key(stack, 'Key') as IKey;

    new GatehouseTable(stack, 'Table', {
      definition: tables.vault,
      encryptionKey,
      recoveryPeriodInDays: 35,
      maxWriteRequestUnits: 500,
      removalPolicy: RemovalPolicy.DESTROY,
    });

    Template.fromStack(stack).hasResource('AWS::DynamoDB::GlobalTable', {
      DeletionPolicy: 'Delete',
      Properties: {
        SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
        WriteOnDemandThroughputSettings: { MaxWriteRequestUnits: 500 },
        Replicas: [
          Match.objectLike({
            DeletionProtectionEnabled: false,
            PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: 35 },
          }),
        ],
      },
    });
  });

  it.each([6, 36, 7.5])('refuses a recovery period of %s days', (recoveryPeriodInDays) => {
    const stack = emptyStack();

    const build = () => new GatehouseTable(stack, 'Table', { definition: tables.meter, recoveryPeriodInDays });

    expect(build).toThrow(`\`recoveryPeriodInDays\` must be an integer between 7 and 35, got: ${recoveryPeriodInDays}`);
  });
});
