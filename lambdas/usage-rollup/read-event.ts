import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { requestIdTime } from '../http/request-id.ts';
import { parseRequestRecord } from '../store/request-record.ts';
import type { UsageEntry } from '../store/usage-rollup.ts';
import type { Logger } from '../telemetry/logger.ts';

/** One change of the table, with the values in the form of DynamoDB's API. */
export interface StreamRecord {
  readonly eventName?: string;
  readonly dynamodb?: {
    readonly SequenceNumber?: string;
    readonly NewImage?: Readonly<Record<string, AttributeValue>>;
  };
}

/**
 * What Lambda delivers from a DynamoDB stream when the event source mapping has a tumbling window. Only then is there a shard
 * id. The last delivery of a window (`isFinalInvokeForWindow`) may have no records, and every answer must have a `state`.
 *
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-windows.html
 */
export interface StreamWindowEvent {
  readonly Records?: readonly StreamRecord[];
  readonly shardId?: string;
}

/** The event source mapping is not what it has to be; only an operator can mend that. */
export class MappingError extends Error {
  override readonly name = 'MappingError';
}

/**
 * The records that were written for the first time. What the table deletes or changes is no usage. An image that is not a
 * whole record is logged and left out: it would fail for ever and hold back all that comes after it.
 *
 * @throws MappingError when there are records and no shard id: the mapping has no tumbling window.
 */
export function readEvent(event: StreamWindowEvent, logger: Logger): readonly UsageEntry[] {
  const inserts = (event.Records ?? []).filter(({ eventName }) => eventName === 'INSERT');
  const shard = event.shardId;
  if (inserts.length === 0) return [];
  if (shard === undefined || shard === '') {
    throw new MappingError(
      'The event has no shardId: give the event source mapping a tumbling window (docs/usage.md).',
    );
  }
  return inserts.flatMap(({ dynamodb }) => {
    const image = dynamodb?.NewImage ?? {};
    const sequence = dynamodb?.SequenceNumber ?? '';
    const record = parseRequestRecord(image);
    if (record !== undefined && /^\d{1,40}$/.test(sequence)) return [{ sequence, shard, record }];
    logger.fault({ kind: 'unreadable-record', error: 'UnreadableImage', ...requestIdOf(image['id']?.S) });
    return [];
  });
}

/** Only an id of our making: whatever else stands there is nobody's business in a log. */
function requestIdOf(id = ''): { readonly requestId?: string } {
  return requestIdTime(id) === undefined ? {} : { requestId: id };
}
