import { Duration, Validations } from 'aws-cdk-lib';
import type { ITableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import type { Function } from 'aws-cdk-lib/aws-lambda';
import { SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { tables } from '../../lambdas/store/tables.ts';
import { bundlePath } from '../compute/bundles.ts';
import { FailureQueue } from '../compute/failure-queue.ts';
import { GatehouseFunction } from '../compute/gatehouse-function.ts';
import { grantActions, grantTable, grantTableKey } from '../storage/table-access.ts';

export interface UsageRollupProps {
  /** Request records. The table must have a stream of new images. */
  readonly requests: ITableV2;

  /** Sums of the records. */
  readonly usage: ITableV2;

  /**
   * Folder with the built bundle.
   *
   * @default - what `npm run build` made
   */
  readonly codePath?: string;

  /**
   * How long log lines are kept.
   *
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetention?: RetentionDays;
}

/**
 * Adds up request records as they are written, from the stream of their table. It is beside the request path: a caller never waits
 * for it, and while it stands still the stream keeps 24 hours of records.
 */
export class UsageRollup extends Construct {
  readonly function: Function;
  readonly role: IRole;
  /** Which records could not be added up, as positions in the stream and not as records. `docs/usage.md` says how to repair. */
  readonly failures: IQueue;

  constructor(scope: Construct, id: string, props: UsageRollupProps) {
    super(scope, id);
    const streamArn = requireStream(props.requests);
    const rollup = new GatehouseFunction(this, 'Resource', {
      codePath: props.codePath ?? bundlePath('usage-rollup'),
      description: 'Gatehouse data plane: adds up request records',
      memorySize: 256,
      timeout: Duration.minutes(1),
      environment: { [tables.usage.environmentVariable]: props.usage.tableName },
      ...(props.logRetention !== undefined && { logRetention: props.logRetention }),
    });
    this.function = rollup.function;
    this.role = rollup.role;
    this.failures = new FailureQueue(this, 'Failures').queue;

    // CDK's own stream grant adds ListStreams on every stream of the account.
    grantActions(rollup.role, streamReads, streamArn);
    grantTableKey(rollup.role, props.requests);
    grantTable(rollup.role, props.usage, ['dynamodb:GetItem', 'dynamodb:UpdateItem']);
    const mapping = new EventSourceMapping(this, 'Stream', {
      target: rollup.function,
      eventSourceArn: streamArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 100,
      parallelizationFactor: 1,
      // Only an event of a window names its shard, by which the function knows what it has added already: docs/decisions/0017.
      tumblingWindow: Duration.seconds(60),
      bisectBatchOnError: true,
      maxRecordAge: Duration.hours(24),
      onFailure: new SqsDlq(this.failures),
    });
    // The mapping is refused while its role cannot read the stream.
    mapping.node.addDependency(rollup.role);
    Validations.of(this.failures).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason:
        'It is a dead-letter queue itself, of the event source mapping, which the rule does not look at; it knows those of functions and queues.',
    });
    Validations.of(rollup.function).acknowledge({
      id: 'Serverless-LambdaDLQ',
      reason:
        'Its only event source is a stream, which is read synchronously: what fails to the end goes to the queue of the event source mapping.',
    });
  }
}

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/iam-policy-example-lamda-process-dynamodb-streams.html */
const streamReads = [
  'dynamodb:DescribeStream',
  'dynamodb:GetRecords',
  'dynamodb:GetShardIterator',
  'dynamodb:ListStreams',
];

function requireStream(requests: ITableV2): string {
  if (requests.tableStreamArn !== undefined) return requests.tableStreamArn;
  throw new Error(
    '`requests` must be a table with a stream of new images, import it with `TableV2.fromTableAttributes` and its `tableStreamArn`',
  );
}
