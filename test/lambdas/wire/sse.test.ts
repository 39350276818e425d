import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { eventData, eventName, sseComment, SseSplitter } from '../../../lambdas/wire/sse.ts';

/** Events as cut, and what was left. What `text` says of an event must be what `bytes` says. */
function split(pieces: readonly Buffer[]): { events: string[]; rest: string } {
  const splitter = new SseSplitter();
  const events: string[] = [];
  for (const piece of pieces) {
    const { bytes, text, ends } = splitter.push(piece);
    let start = 0;
    for (const end of ends) {
      expect(text.slice(start, end)).toBe(bytes.toString('latin1', start, end));
      events.push(bytes.toString('utf8', start, end));
      start = end;
    }
  }
  return { events, rest: splitter.rest().toString() };
}

const inTwo = (bytes: Buffer, at: number): Buffer[] => [bytes.subarray(0, at), bytes.subarray(at)];

/** A stream with everything in it that a parser can trip over, in one line ending. */
function sample(newline: string): { events: string[]; rest: string } {
  const lines = (...all: string[]): string => all.map((line) => line + newline).join('') + newline;
  return {
    events: [
      lines(': a comment'),
      lines('data: {"text":"Grüße 👋 \\n\\r"}'),
      lines('event: message_delta', 'id: 7', 'data: first', 'data: second'),
      lines('data'),
      lines(':'),
      lines('data: [DONE]'),
    ],
    rest: 'data: unfinished',
  };
}

describe.each([
  ['LF', '\n'],
  ['CRLF', '\r\n'],
  ['CR', '\r'],
])('with %s', (_name, newline) => {
  const expected = sample(newline);
  const bytes = Buffer.from(expected.events.join('') + expected.rest);

  test('cuts the same events wherever the stream is split in two', () => {
    for (let at = 0; at <= bytes.length; at += 1) {
      const result = split(inTwo(bytes, at));

      expect(result, `split at ${at}`).toEqual(expected);
    }
  });

  test('cuts the same events byte by byte', () => {
    const result = split([...bytes].map((byte) => Buffer.of(byte)));

    expect(result).toEqual(expected);
  });

  test('leaves an event without its blank line as the rest', () => {
    const [last = ''] = expected.events.slice(-1);
    const unended = last.slice(0, -newline.length);

    const result = split([Buffer.from(unended)]);

    expect(result).toEqual({ events: [], rest: unended });
  });
});

const piece = fc.constantFrom('\n', '\r', '\r\n', '\n\n', '\r\n\r\n', 'data: a', ': c', 'event: é', '👋', '');

test('loses, adds and changes no byte, and cuts independently of the chunks, for any mix of line endings', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), fc.array(fc.nat(120), { maxLength: 8 }), (parts, cuts) => {
      const bytes = Buffer.from(parts.join(''));
      const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).toSorted((a, b) => a - b), bytes.length];
      const pieces = places.slice(1).map((end, index) => bytes.subarray(places[index], end));

      const whole = split([bytes]);
      const chunked = split(pieces);

      expect(chunked.events.join('') + chunked.rest).toBe(bytes.toString());
      expect(chunked).toEqual(whole);
    }),
    { numRuns: 2000 },
  );
});

test('hands on a chunk of whole events without copying it', () => {
  const chunk = Buffer.from('data: a\n\ndata: b\n\n');

  const { bytes, ends } = new SseSplitter().push(chunk);

  expect(bytes).toBe(chunk);
  expect(ends).toEqual([9, 18]);
});

test('waits with a CR at the very end, which may be half of a CRLF', () => {
  const splitter = new SseSplitter();

  const first = splitter.push(Buffer.from('data: a\r\n\r'));
  const second = splitter.push(Buffer.from('\ndata: b'));

  expect(first.ends).toEqual([]);
  expect(second.text.slice(0, second.ends[0])).toBe('data: a\r\n\r\n');
  expect(splitter.rest().toString()).toBe('data: b');
});

test.each([
  ['in pieces without a line ending', 'x'.repeat(1024)],
  ['in many short lines', 'data: more of the same\n'.repeat(40)],
])('refuses an event over 16 MiB %s', (_name, text) => {
  const splitter = new SseSplitter();
  const chunk = Buffer.from(text);

  const push = (): void => {
    for (let sent = 0; sent <= 16 * 1024 * 1024; sent += chunk.length) splitter.push(chunk);
  };

  expect(push).toThrow(RangeError);
});

test.each([
  ['data: one\n\n', 'one'],
  ['data:one\r\n\r\n', 'one'],
  ['data:  one \n\n', ' one '],
  ['data: one\rdata: two\r\r', 'one\ntwo'],
  ['data\n\n', ''],
  ['id: 1\nevent: x\ndata: {"a":"data: no"}\n\n', '{"a":"data: no"}'],
  [': data: no\n\n', undefined],
  ['datum: no\n\n', undefined],
  ['\n\n', undefined],
])('reads the data of %j as %j', (text, expected) => {
  expect(eventData(text)).toBe(expected);
});

test.each([
  ['event: ping\ndata: {}\n\n', 'ping'],
  ['event:ping\r\n\r\n', 'ping'],
  ['event: first\nevent: last\n\n', 'last'],
  ['data: event: no\n\n', undefined],
  ['event\n\n', undefined],
])('reads the name of %j as %j', (text, expected) => {
  expect(eventName(text)).toBe(expected);
});

test('writes a comment as an event of its own', () => {
  expect(split([sseComment('keep-alive')])).toEqual({ events: [': keep-alive\n\n'], rest: '' });
});
