import { EventStreamCodec, type MessageHeaders } from '@smithy/eventstream-codec';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AwsEventStreamReader } from '../../../lambdas/wire/aws-event-stream.ts';
import type { WireEvent } from '../../../lambdas/wire/canonical/codec.ts';

/** AWS's own codec is the oracle of the framing. */
const oracle = new EventStreamCodec(
  (bytes) => Buffer.from(bytes as Uint8Array).toString(),
  (text) => Buffer.from(text),
);

const text = (value: string) => ({ type: 'string', value }) as const;
const message = (headers: MessageHeaders, body: string): Buffer =>
  Buffer.from(oracle.encode({ headers, body: Buffer.from(body) }));
const event = (type: string, body: string): Buffer =>
  message(
    { ':event-type': text(type), ':content-type': text('application/json'), ':message-type': text('event') },
    body,
  );

function read(pieces: readonly Buffer[]): { events: WireEvent[]; isTruncated: boolean } {
  const reader = new AwsEventStreamReader();
  const events = pieces.flatMap((piece) => [...reader.push(piece)]);
  return { events: [...events, ...reader.finish()], isTruncated: reader.isTruncated() };
}

const sample = Buffer.concat([
  event('messageStart', '{"role":"assistant"}'),
  event('contentBlockDelta', '{"delta":{"text":"Grüße 👋"},"contentBlockIndex":0}'),
  event('contentBlockStop', ''),
  message(
    {
      ':message-type': text('exception'),
      ':exception-type': text('throttlingException'),
      ':content-type': text('application/json'),
    },
    '{"message":"Too many requests."}',
  ),
  message(
    { ':message-type': text('error'), ':error-code': text('InternalFailure'), ':error-message': text('Broken "it".') },
    '',
  ),
]);
const expected: WireEvent[] = [
  { name: 'messageStart', data: '{"role":"assistant"}' },
  { name: 'contentBlockDelta', data: '{"delta":{"text":"Grüße 👋"},"contentBlockIndex":0}' },
  { name: 'contentBlockStop', data: '' },
  { name: 'throttlingException', data: '{"message":"Too many requests."}', isError: true },
  { name: 'InternalFailure', data: '{"message":"Broken \\"it\\"."}', isError: true },
];
const unreadable: WireEvent = { name: undefined, data: '', isError: true };

test('reads the same messages wherever the stream is split in two', () => {
  for (let at = 0; at <= sample.length; at += 1) {
    const result = read([sample.subarray(0, at), sample.subarray(at)]);

    expect(result, `split at ${at}`).toEqual({ events: expected, isTruncated: false });
  }
});

test('reads the same messages byte by byte', () => {
  const result = read([...sample].map((byte) => Buffer.of(byte)));

  expect(result).toEqual({ events: expected, isTruncated: false });
});

test('gives each message as soon as its last byte has come', () => {
  const reader = new AwsEventStreamReader();
  const first = event('messageStart', '{}');

  const before = reader.push(first.subarray(0, -1));
  const after = reader.push(Buffer.concat([first.subarray(-1), first.subarray(0, 5)]));

  expect(before).toEqual([]);
  expect(after).toEqual([{ name: 'messageStart', data: '{}' }]);
  expect(reader.isTruncated()).toBe(true);
});

test('skips headers of every other type', () => {
  const bytes = message(
    {
      yes: { type: 'boolean', value: true },
      no: { type: 'boolean', value: false },
      byte: { type: 'byte', value: 1 },
      short: { type: 'short', value: 2 },
      integer: { type: 'integer', value: 3 },
      binary: { type: 'binary', value: Buffer.from('abc') },
      timestamp: { type: 'timestamp', value: new Date(0) },
      uuid: { type: 'uuid', value: '01234567-89ab-cdef-0123-456789abcdef' },
      ':event-type': text('last'),
    },
    '{}',
  );

  expect(read([bytes]).events).toEqual([{ name: 'last', data: '{}' }]);
});

test('reads whatever the codec of AWS writes, in chunks of any size', () => {
  const messages = fc.array(fc.record({ name: fc.string({ minLength: 1, maxLength: 20 }), data: fc.string() }));
  fc.assert(
    fc.property(messages, fc.array(fc.nat(300), { maxLength: 8 }), (sent, cuts) => {
      const bytes = Buffer.concat(sent.map(({ name, data }) => event(name, data)));
      const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).toSorted((a, b) => a - b), bytes.length];

      const result = read(places.slice(1).map((end, index) => bytes.subarray(places[index], end)));

      expect(result).toEqual({ events: sent, isTruncated: false });
    }),
  );
});

describe('bytes that are no event stream', () => {
  test('end in one error without a name wherever one byte is wrong, and nothing is read behind it', () => {
    const first = event('messageStart', '{"role":"assistant"}');
    const following = event('contentBlockStop', '{}');
    for (let at = 0; at < first.length; at += 1) {
      const damaged = Buffer.from(first);
      damaged[at] = (damaged[at] ?? 0) ^ 0x01;

      const { events } = read([damaged, following, following]);

      expect(events, `byte ${at}`).toEqual([unreadable]);
    }
  });

  test.each([
    ['an HTML page', '<!doctype html><html><body>502 Bad Gateway</body></html>'],
    ['server-sent events', 'data: {"choices":[]}\n\n'],
    ['JSON', '{"message":"The security token is invalid."}'],
  ])('such as %s', (_name, body) => {
    expect(read([Buffer.from(body)]).events).toEqual([unreadable]);
  });

  test('never crash the reader', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 })), (chunks) => {
        const { events } = read(chunks.map((chunk) => Buffer.from(chunk)));

        expect(events.every(({ isError }) => isError)).toBe(true);
      }),
    );
  });

  test('include headers that do not fit their length, under right checksums', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (headers) => {
        const { events } = read([framed(Buffer.from(headers))]);

        expect(events).toHaveLength(1);
      }),
      { numRuns: 1000 },
    );
    expect(read([framed(Buffer.from([200, 1, 2]))]).events).toEqual([unreadable]);
    expect(read([framed(Buffer.from([1, 0x61, 7, 0, 9, 1]))]).events).toEqual([unreadable]);
    expect(read([framed(Buffer.from([1, 0x61, 42]))]).events).toEqual([unreadable]);
    expect(read([framed(Buffer.from([1, 0x61, 0]), 8)]).events).toEqual([unreadable]);
  });

  test('over 16 MiB are refused before they are read', () => {
    const reader = new AwsEventStreamReader();
    const prelude = preludeOf(16 * 1024 * 1024 + 1, 0);

    expect(() => reader.push(prelude)).toThrow(RangeError);
  });
});

test('takes a message of nearly 16 MiB in small pieces', () => {
  const data = JSON.stringify({ bytes: 'A'.repeat(15 * 1024 * 1024) });
  const bytes = event('contentBlockDelta', data);
  const pieces = Array.from({ length: Math.ceil(bytes.length / 1024) }, (_, index) =>
    bytes.subarray(index * 1024, (index + 1) * 1024),
  );

  const { events } = read(pieces);

  expect(events.map((each) => each.data.length)).toEqual([data.length]);
});

/** A message with headers of any bytes and checksums that match. */
function framed(headers: Buffer, claimedLength = headers.length): Buffer {
  const whole = Buffer.concat([preludeOf(16 + headers.length, claimedLength), headers, Buffer.alloc(4)]);
  whole.writeUInt32BE(checksum(whole.subarray(0, -4)), whole.length - 4);
  return whole;
}

function preludeOf(length: number, headersLength: number): Buffer {
  const prelude = Buffer.alloc(12);
  prelude.writeUInt32BE(length, 0);
  prelude.writeUInt32BE(headersLength, 4);
  prelude.writeUInt32BE(checksum(prelude.subarray(0, 8)), 8);
  return prelude;
}

/** Written out, so that the reader's own is not judged by itself. */
function checksum(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}
