import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type HttpResponse,
  HttpResponseDecoder,
  maxBodyBytes,
  maxHeadBytes,
} from '../../../lambdas/aws/http-response.ts';

/** Feeds the chunks; the end of the stream follows only where they did not make a whole answer. */
function decode(...chunks: readonly (string | Buffer)[]): HttpResponse | undefined {
  const decoder = new HttpResponseDecoder();
  for (const chunk of chunks) {
    const response = decoder.feed(Buffer.from(chunk));
    if (response !== undefined) return response;
  }
  return decoder.end();
}

const answers = {
  'a length': 'HTTP/1.1 200 OK\r\nContent-Length: 11\r\nx-empty:\r\n\r\nGrüße €',
  'no body': 'HTTP/1.1 400 \r\ncontent-length: 0\r\n\r\n',
  'no reason and a body of none': 'HTTP/1.1 204\r\n\r\n',
  chunks:
    'HTTP/1.1 200 OK\r\nTRANSFER-ENCODING:\tChunked \r\n\r\n4\r\nGrü\r\n009;a="b;c"\r\nße €12\r\n0;x\r\nx-sum: 1\r\n\r\n',
  'interim answers':
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nlink: x\r\n\r\nHTTP/1.1 500 No\r\ncontent-length: 1\r\n\r\n!',
};

describe('HttpResponseDecoder', () => {
  it.each([
    ['a length', { status: 200, text: 'Grüße €', reusable: true }],
    ['no body', { status: 400, text: '', reusable: true }],
    ['no reason and a body of none', { status: 204, text: '', reusable: true }],
    ['chunks', { status: 200, text: 'Grüße €12', reusable: true }],
    ['interim answers', { status: 500, text: '!', reusable: true }],
  ] as const)('reads an answer with %s, split anywhere', (name, expected) => {
    const bytes = Buffer.from(answers[name]);

    const halves = Array.from(bytes, (_, at) => decode(bytes.subarray(0, at), bytes.subarray(at)));
    const byteByByte = decode(...Array.from(bytes, (byte) => Buffer.from([byte])));

    expect(halves).toEqual(halves.map(() => expected));
    expect(byteByByte).toEqual(expected);
  });

  it('reads generated answers, however their chunks and packets are cut', () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 30 });
    const texts = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.json());
    fc.assert(
      fc.property(
        texts,
        fc.integer({ min: 200, max: 599 }),
        fc.option(cuts),
        cuts,
        (text, code, chunkCuts, packetCuts) => {
          const status = code === 204 || code === 304 ? 200 : code;
          const body = Buffer.from(text);
          const framed =
            chunkCuts === null
              ? [`content-length: ${body.length}\r\n\r\n`, body]
              : ['transfer-encoding: chunked\r\n\r\n', ...cut(body, chunkCuts).map(asChunk), '0\r\n\r\n'];
          const answer = [`HTTP/1.1 ${status} Whatever\r\nDate: now\r\n`, ...framed].map((part) => Buffer.from(part));

          const response = decode(...cut(Buffer.concat(answer), packetCuts));

          expect(response).toEqual({ status, text: body.toString(), reusable: true });
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each([
    ['asks to close', 'HTTP/1.1 200 OK\r\nConnection: foo, Close\r\ncontent-length: 2\r\n\r\nok'],
    ['speaks HTTP/1.0', 'HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nok'],
    ['says more than its length', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok!'],
    ['says more than its chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n!'],
    ['lasts until its end', 'HTTP/1.1 200 OK\r\n\r\nok'],
  ])('does not reuse the connection of a server that %s', (_, answer) => {
    const response = decode(answer);

    expect(response).toEqual({ status: 200, text: 'ok', reusable: false });
  });

  it.each([
    ['nothing', ''],
    ['half a head', 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n'],
    ['an interim answer only', 'HTTP/1.1 100 Continue\r\n\r\n'],
    ['half a body', 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok'],
    ['chunks without the last', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n'],
    ['a last chunk without its end', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n'],
  ])('makes no answer of %s', (_, answer) => {
    const response = decode(answer);

    expect(response).toBeUndefined();
  });

  it.each([
    ['another protocol', '<html>\r\n\r\n'],
    ['another version', 'HTTP/2 200 OK\r\n\r\n'],
    ['a bad status', 'HTTP/1.1 099 OK\r\n\r\n'],
    ['a switch of protocols', 'HTTP/1.1 101 Switching\r\nupgrade: h2c\r\n\r\n'],
    ['length and chunks', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\nContent-Length: 2\r\n\r\nok'],
    ['a list of lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 2, 2\r\n\r\nok'],
    ['a signed length', 'HTTP/1.1 200 OK\r\ncontent-length: +2\r\n\r\nok'],
    ['a negative length', 'HTTP/1.1 200 OK\r\ncontent-length: -2\r\n\r\nok'],
    ['an empty length', 'HTTP/1.1 200 OK\r\ncontent-length:\r\n\r\nok'],
    ['an unknown encoding', 'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
    ['chunks twice', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['chunks in HTTP/1.0', 'HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a folded header', 'HTTP/1.1 200 OK\r\nx-a: 1\r\n content-length: 2\r\n\r\nok'],
    ['a space before the colon', 'HTTP/1.1 200 OK\r\ncontent-length : 2\r\n\r\nok'],
    ['a bare line feed', 'HTTP/1.1 200 OK\r\nx-a: 1\ncontent-length: 2\r\n\r\nok'],
    ['a header without a name', 'HTTP/1.1 200 OK\r\n: 2\r\n\r\n'],
    ['a header without a colon', 'HTTP/1.1 200 OK\r\ncontent-length 2\r\n\r\n'],
    ['a chunk size that is none', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0x2\r\nok\r\n0\r\n\r\n'],
    ['an empty chunk size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\r\n\r\n'],
    ['a chunk longer than its size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nokay\r\n0\r\n\r\n'],
    ['a chunk size ended by a line feed', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\nok\r\n0\r\n\r\n'],
    ['an endless chunk size', `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2;${'x'.repeat(5000)}`],
    ['endless trailers', `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n${'x-a: 1\r\n'.repeat(1000)}`],
    ['an endless head', `HTTP/1.1 200 OK\r\nx-a: ${'x'.repeat(maxHeadBytes)}`],
    ['a head that is too long', `HTTP/1.1 200 OK\r\ncontent-length: 0\r\nx-a: ${'x'.repeat(maxHeadBytes)}\r\n\r\n`],
    ['a length that is too long', `HTTP/1.1 200 OK\r\ncontent-length: ${maxBodyBytes + 1}\r\n\r\n`],
    ['an endless body', `HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(maxBodyBytes + 1)}`],
    [
      'an endless chunk',
      `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2000000\r\n${'x'.repeat(maxBodyBytes + 1)}`,
    ],
  ])('refuses %s', (_, answer) => {
    const act = () => decode(answer);

    expect(act).toThrow();
  });

  it.each([
    ['one write', (response: ServerResponse) => response.end('{"Grüße":"€"}')],
    ['a length', (response: ServerResponse) => response.writeHead(200, { 'content-length': 17 }).end('{"Grüße":"€"}')],
    [
      'chunks and a trailer',
      (response: ServerResponse) => {
        response.writeHead(200, { trailer: 'x-sum' }).write('{"Grü');
        response.addTrailers({ 'x-sum': '1' });
        response.end('ße":"€"}');
      },
    ],
    [
      'an interim answer',
      (response: ServerResponse) => {
        response.writeProcessing();
        response.end('{"Grüße":"€"}');
      },
    ],
  ])("reads what Node's own server writes with %s", async (_, write) => {
    const server = createServer((_request, response) => {
      write(response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const decoder = new HttpResponseDecoder();

    socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n');
    const response = await new Promise((resolve, reject) => {
      socket.on('data', (chunk) => {
        const decoded = decoder.feed(chunk);
        if (decoded !== undefined) resolve(decoded);
      });
      socket.on('close', reject);
    });
    socket.destroy();
    server.close();

    expect(response).toEqual({ status: 200, text: '{"Grüße":"€"}', reusable: true });
  });
});

/** Pieces of the given lengths, one after the other, and what is left. */
function cut(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  let rest = bytes;
  for (const length of lengths) {
    if (rest.length <= length) break;
    pieces.push(rest.subarray(0, length));
    rest = rest.subarray(length);
  }
  return rest.length === 0 ? pieces : [...pieces, rest];
}

function asChunk(data: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${data.length.toString(16)}\r\n`), data, Buffer.from('\r\n')]);
}
