import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonBody } from '../../../lambdas/wire/json-body.ts';
import { multipartForm, withField } from '../../../lambdas/wire/multipart-body.ts';
import { isWireError } from '../../../lambdas/wire/wire-error.ts';

const parse = (text: string, contentType = 'multipart/form-data; boundary=b'): JsonBody =>
  multipartForm.parse(Buffer.from(text, 'latin1'), contentType);
const part = (head: string, text: string): string => `--b\r\n${head}\r\n\r\n${text}\r\n`;
const field = (name: string, text: string): string => part(`Content-Disposition: form-data; name="${name}"`, text);
const file = (text: string, name = 'a.mp3'): string =>
  part(`Content-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: audio/mpeg`, text);

describe('a form', () => {
  test('is read as its fields, and its files as attachments', () => {
    const body = parse(
      `${field('model', 'm')}${file('\r\n\r\nABC\r\n-')}${field('a[]', '1')}${field('a[]', '2')}--b--\r\n`,
    );

    expect(body.value).toEqual({ model: 'm', 'a[]': '2' });
    expect([body.attachments, body.attachmentBytes, body.textBytes]).toEqual([1, 10, body.bytes.length - 10]);
  });

  test.each([
    [
      'undici and WebKit',
      'multipart/form-data; boundary=----formdata-undici-012345678901',
      '----formdata-undici-012345678901',
    ],
    ['a quoted one', 'multipart/form-data; boundary="a=c?"', 'a=c?'],
    ['in capitals', 'Multipart/Form-Data;boundary=b', 'b'],
  ])('may have a boundary like those of %s', (_name, contentType, boundary) => {
    const text = `${field('model', 'm')}--b--`.replaceAll('--b', `--${boundary}`);

    expect(parse(text, contentType)).toMatchObject({ value: { model: 'm' }, contentType });
  });

  test('keeps every byte but those of the field that changes', () => {
    const bytes = Buffer.concat([
      Buffer.from(field('prompt', 'x')),
      Buffer.from(file('').slice(0, -2)),
      Buffer.from([0, 255, 13, 10, 45, 45, 13, 10]),
      Buffer.from(`\r\n${field('model', 'old').trimEnd()}\r\n--b--\r\n`),
    ]);
    const body = multipartForm.parse(bytes, 'multipart/form-data; boundary=b');

    const changed = withField(body, 'model', 'a-longer-one');

    expect(changed.toString('latin1')).toBe(bytes.toString('latin1').replace('old', 'a-longer-one'));
  });

  test('survives what clients write, byte for byte', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.string({ maxLength: 20 }), async (bytes, prompt) => {
        const form = new FormData();
        form.set('model', 'm');
        form.set('prompt', prompt.toWellFormed());
        form.set('file', new File([Uint8Array.from(bytes)], 'a b.mp3'));
        const sent = new Response(form);
        const contentType = sent.headers.get('content-type') ?? '';
        const body = multipartForm.parse(Buffer.from(await sent.arrayBuffer()), contentType);

        const changed = withField(body, 'model', 'other');

        const read = await new Response(new Uint8Array(changed), {
          headers: { 'content-type': contentType },
        }).formData();
        expect(read.get('model')).toBe('other');
        expect(Buffer.from(await (read.get('file') as File).arrayBuffer())).toEqual(Buffer.from(bytes));
        expect(body.value).toEqual({ model: 'm', prompt: read.get('prompt') });
      }),
      { numRuns: 100 },
    );
  });
});

describe('a form that two readers could understand differently is refused:', () => {
  const end = '--b--\r\n';

  test.each([
    ['the same field twice', `${field('model', 'a')}${field('model', 'b')}${end}`],
    ['a field and a file of one name', `${field('file', 'a')}${file('b')}${end}`],
    ['something before the first boundary', ` ${field('model', 'a')}${end}`],
    ['something behind the last one', `${field('model', 'a')}${end}${field('model', 'b')}`],
    ['a part without an end', `${field('model', 'a')}${field('x', 'y').slice(0, -2)}`],
    ['no end at all', field('model', 'a')],
    [
      'an empty value without a line end of its own',
      `--b\r\nContent-Disposition: form-data; name="model"\r\n\r\n${end}`,
    ],
    ['line feeds alone', `${field('model', 'a')}${end}`.replaceAll('\r\n', '\n')],
    ['a name without quotes', part('Content-Disposition: form-data; name=model', 'a') + end],
    ['a name with an escape', part(String.raw`Content-Disposition: form-data; name="mo\"del"`, 'a') + end],
    ['a name with percent signs', part('Content-Disposition: form-data; name="%6dodel"', 'a') + end],
    ['an extended name', part(`Content-Disposition: form-data; name="x"; name*=utf-8''model`, 'a') + end],
    ['a quote in a file name', file('a', String.raw`\"; name=\"model`) + end],
    [
      'two dispositions',
      part('Content-Disposition: form-data; name="x"\r\nContent-Disposition: form-data; name="model"', 'a') + end,
    ],
    ['a folded header', part('Content-Disposition: form-data;\r\n name="model"', 'a') + end],
    [
      'an encoding',
      part('Content-Disposition: form-data; name="model"\r\nContent-Transfer-Encoding: base64', 'a') + end,
    ],
    ['no disposition', part('Content-Type: text/plain', 'a') + end],
    ['text that is not UTF-8', field('model', '\xff') + end],
    ['a name that means something to JavaScript', field('__proto__', 'a') + end],
    ['a head without an end', `--b\r\nContent-Disposition: form-data; name="${'x'.repeat(5_000)}"\r\n\r\na\r\n${end}`],
    ['more parts than anyone sends', Array.from({ length: 70 }, (_, index) => field(`f${index}`, 'a')).join('') + end],
    ['nothing', ''],
  ])('%s', (_name, text) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ name: 'WireError', code: 'invalid_request' }));
  });

  test.each([
    'multipart/form-data',
    'multipart/form-data; boundary=',
    'multipart/form-data; boundary=b; boundary=c',
    'multipart/form-data; charset=utf-8; boundary=b',
    'multipart/form-data; boundary="b',
    `multipart/form-data; boundary=${'b'.repeat(71)}`,
  ])('a content type like %s', (contentType) => {
    expect(() => parse(`${field('model', 'a')}${end}`, contentType)).toThrow(/boundary/);
  });

  test('whatever the bytes are, and without quoting them', () => {
    const pieces = fc.constantFrom(
      '--b',
      '\r\n',
      '--',
      'Content-Disposition: form-data; name="model"',
      '\r\n\r\n',
      'canary',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (given) => {
        try {
          expect(parse(given.join('')).bytes.toString()).toBe(given.join(''));
        } catch (error) {
          expect(isWireError(error)).toBe(true);
          expect((error as Error).message).not.toContain('canary');
        }
      }),
      { numRuns: 500 },
    );
  });
});
