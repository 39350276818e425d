import { describe, expect, test } from 'vitest';
import { createJsonArrayForm } from '../../../lambdas/wire/json-array.ts';

const chunks = [{ text: 'Grüße 👋' }, { text: 'data: {"a":1}\n\n' }, { finish: 'STOP' }];
const events = Buffer.from(chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join(': ping\n\n'));

describe('an array of a stream', () => {
  test('is written as Google writes it', () => {
    const form = createJsonArrayForm();

    const text = Buffer.concat([form.data(Buffer.from('data: {"a":1}\n\ndata: {"b":2}\n\n')), form.close()]).toString();

    expect(text).toBe('[{"a":1}\n,\r\n{"b":2}\n]\n');
  });

  test('holds the same elements wherever the bytes are split', () => {
    for (let split = 0; split <= events.length; split += 1) {
      const form = createJsonArrayForm();

      const text = Buffer.concat([
        form.data(events.subarray(0, split)),
        form.keepAlive(),
        form.data(events.subarray(split)),
        form.close(),
      ]).toString();

      expect(JSON.parse(text)).toEqual(chunks);
    }
  });

  test('gives an element as soon as its event has ended', () => {
    const form = createJsonArrayForm();

    expect(form.data(Buffer.from('data: {"a":1}')).toString()).toBe('');
    expect(form.data(Buffer.from('\n\n')).toString()).toBe('[{"a":1}');
  });

  test('is JSON with keep-alives before, between and behind its elements', () => {
    const form = createJsonArrayForm();

    const text = Buffer.concat([
      form.keepAlive(),
      form.data(Buffer.from(': ping\n\ndata: {"a":1}\n\n')),
      form.keepAlive(),
      form.data(Buffer.from('data: {"b":2}\n\n: ping\n\n')),
      form.close(),
    ]).toString();

    expect(JSON.parse(text)).toEqual([{ a: 1 }, { b: 2 }]);
  });

  test('ends with an error that came in the middle', () => {
    const form = createJsonArrayForm();

    const text = Buffer.concat([
      form.data(Buffer.from('data: {"a":1}\n\ndata: {"cut":')),
      form.element({ error: { code: 503 } }),
      form.close(),
    ]).toString();

    expect(JSON.parse(text)).toEqual([{ a: 1 }, { error: { code: 503 } }]);
  });

  test('is empty where nothing came', () => {
    expect(createJsonArrayForm().close().toString()).toBe('[]');
  });
});
