import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import type { StoreClient } from '../../../lambdas/store/client.ts';
import { putRequestRecord, type RequestRecord } from '../../../lambdas/store/request-record.ts';
import { createLogger, type LogLine } from '../../../lambdas/telemetry/logger.ts';
import { readEvent, type StreamRecord, type StreamWindowEvent } from '../../../lambdas/usage-rollup/read-event.ts';
import { recordOf } from '../../fixtures/usage.ts';

const shardId = 'shardId-00000001414576573621-f55eea83';
const sequence = '111000000000000000000001';

/** The item that is written for a record, as the stream repeats it. */
async function imageOf(record: RequestRecord): Promise<Record<string, AttributeValue>> {
  let image: Record<string, AttributeValue> = {};
  const catching = { putItem: async ({ Item = {} }) => ((image = Item), {}) } as unknown as StoreClient;
  await putRequestRecord(catching, 'requests', record);
  return image;
}

const change = (
  NewImage: Record<string, AttributeValue>,
  eventName = 'INSERT',
  SequenceNumber = sequence,
): StreamRecord => ({
  eventName,
  dynamodb: { SequenceNumber, NewImage },
});

function read(event: StreamWindowEvent): { entries: ReturnType<typeof readEvent>; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const entries = readEvent(
    event,
    createLogger((line) => lines.push(line)),
  );
  return { entries, lines };
}

describe('reading an event of the stream', () => {
  test('gives the records with shard and sequence number, in their order', async () => {
    const records = [recordOf({ credentialOwner: 'platform', credentialVersion: 2 }), recordOf({ errorCode: 'x' })];
    const images = await Promise.all(records.map(imageOf));

    const { entries, lines } = read({
      Records: images.map((image, at) => change(image, 'INSERT', `${sequence}${at}`)),
      shardId,
    });

    expect(entries).toEqual(records.map((record, at) => ({ sequence: `${sequence}${at}`, shard: shardId, record })));
    expect(lines).toEqual([]);
  });

  test.each(['MODIFY', 'REMOVE'])('leaves out %s', async (eventName) => {
    const image = await imageOf(recordOf());

    expect(read({ Records: [change(image, eventName)], shardId })).toEqual({ entries: [], lines: [] });
  });

  test.each([{}, { Records: [] }, { Records: [], shardId }])(
    'takes the end of a window without records: %o',
    (event) => {
      expect(read(event)).toEqual({ entries: [], lines: [] });
    },
  );

  test.each([{}, { shardId: '' }])('refuses records without a shard id, naming the cause: %o', async (event) => {
    const image = await imageOf(recordOf());

    expect(() => read({ ...event, Records: [change(image)] })).toThrow('tumbling window');
  });

  test('leaves out an image that is no record, logs the id alone, and goes on', async () => {
    const record = recordOf({ model: 'secret-model' });
    const image = await imageOf(record);
    const { costMicroUsd: _cost, ...broken } = image;

    const { entries, lines } = read({ Records: [change(broken), change(image)], shardId });

    expect(entries.map((entry) => entry.record.id)).toEqual([record.id]);
    expect(lines).toEqual([
      { type: 'fault', level: 'error', kind: 'unreadable-record', error: 'UnreadableImage', requestId: record.id },
    ]);
  });

  test.each([
    { what: 'no id', id: undefined },
    { what: 'an id that is a text', id: { S: 'tell me a joke' } },
    { what: 'an id that is no text', id: { NULL: true as const } },
  ])('logs no id where there is $what', async ({ id }) => {
    const { id: _id, ...image } = await imageOf(recordOf());
    delete image['costMicroUsd'];
    if (id !== undefined) Object.assign(image, { id });

    const { lines } = read({ Records: [change(image)], shardId });

    expect(lines).toEqual([{ type: 'fault', level: 'error', kind: 'unreadable-record', error: 'UnreadableImage' }]);
  });

  test.each(['', '12x', '-1', '1'.repeat(41)])('leaves out a record with sequence number "%s"', async (number) => {
    const image = await imageOf(recordOf());

    const { entries, lines } = read({ Records: [change(image, 'INSERT', number)], shardId });

    expect([entries, lines.length]).toEqual([[], 1]);
  });

  test('leaves out a record without anything', () => {
    const { entries, lines } = read({ Records: [{ eventName: 'INSERT' }], shardId });

    expect([entries, lines.length]).toEqual([[], 1]);
  });
});
