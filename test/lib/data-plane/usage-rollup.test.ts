import { Template } from 'aws-cdk-lib/assertions';
import { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { ITableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { describe, expect, it } from 'vitest';
import { tables } from '../../../lambdas/store/tables.ts';
import { UsageRollup } from '../../../lib/data-plane/usage-rollup.ts';
import { GatehouseTable } from '../../../lib/storage/gatehouse-table.ts';
import { bundleFolder, emptyStack, identityStatements, onlyResource } from '../synthesize.ts';

function synthesizeRollup(): Template {
  const stack = emptyStack();
  new UsageRollup(stack, 'Rollup', {
    codePath: bundleFolder(),
    requests: new GatehouseTable(stack, 'Requests', { definition: tables.requests }).table,
    usage: new GatehouseTable(stack, 'Usage', { definition: tables.usage }).table,
  });
  return Template.fromStack(stack);
}

describe('UsageRollup', () => {
  it('reads the stream from its beginning, in windows that name the shard, one batch a shard at a time', () => {
    const template = synthesizeRollup();

    const { Properties } = onlyResource(template, 'AWS::Lambda::EventSourceMapping');

    expect(Properties).toMatchObject({
      EventSourceArn: { 'Fn::GetAtt': [expect.stringMatching(/^Requests/), 'StreamArn'] },
      StartingPosition: 'TRIM_HORIZON',
      BatchSize: 100,
      ParallelizationFactor: 1,
      TumblingWindowInSeconds: 60,
    });
  });

  it('tries a batch again, in halves, for as long as the stream keeps it, and then says where it lay', () => {
    const template = synthesizeRollup();

    const { Properties } = onlyResource(template, 'AWS::Lambda::EventSourceMapping');

    expect(Properties).toMatchObject({
      BisectBatchOnFunctionError: true,
      MaximumRecordAgeInSeconds: 86_400,
      DestinationConfig: {
        OnFailure: { Destination: { 'Fn::GetAtt': [expect.stringMatching(/^RollupFailures/), 'Arn'] } },
      },
    });
    expect(Properties).not.toHaveProperty('MaximumRetryAttempts');
    expect(onlyResource(template, 'AWS::SQS::Queue').Properties).toMatchObject({
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: 1_209_600,
    });
  });

  it('may read that stream and update sums, and nothing else', () => {
    const template = synthesizeRollup();

    const granted = identityStatements(template).map(({ effect, actions, resources }) => [
      effect,
      resources.join().replaceAll(/[^A-Za-z,].*?"(\w+?)[0-9A-F]{8}","(\w+)".*/g, '$1 $2'),
      actions,
    ]);

    expect(Object.fromEntries(granted.map(([, resource, actions]) => [resource, actions]))).toEqual({
      'RollupLogs Arn': ['logs:CreateLogStream', 'logs:PutLogEvents'],
      'Requests StreamArn': [
        'dynamodb:DescribeStream',
        'dynamodb:GetRecords',
        'dynamodb:GetShardIterator',
        'dynamodb:ListStreams',
      ],
      'Usage Arn': ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
      'RollupFailures Arn': ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:SendMessage'],
    });
    expect(granted.filter(([effect]) => effect !== 'Allow')).toEqual([]);
  });

  it('refuses an existing table of request records without a stream', () => {
    const stack = emptyStack();
    const table: ITableV2 = TableV2.fromTableName(stack, 'Requests', 'requests');

    const build = () => new UsageRollup(stack, 'Rollup', { codePath: bundleFolder(), requests: table, usage: table });

    expect(build).toThrow('`requests` must be a table with a stream of new images');
  });
});
