import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  createServer as createSecureServer,
  getCACertificates,
  setDefaultCACertificates,
  type TLSSocket,
} from 'node:tls';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Connection, type ConnectionOptions, createConnection } from '../../../lambdas/aws/connection.ts';
import { createSelfSignedCertificate } from './self-signed-certificate.ts';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** A request as it came, and the socket to answer it on however one likes. */
interface Received {
  readonly socket: Socket;
  /** Which connection it came over, counted from 0. */
  readonly connection: number;
  readonly text: string;
}

interface RawServer {
  readonly server: Server;
  readonly url: URL;
  readonly received: readonly Received[];
  readonly sockets: readonly Socket[];
}

/** Takes requests apart by their length only, and leaves every answer to the test. */
async function startRawServer(onRequest: (request: Received) => void): Promise<RawServer> {
  const sockets: Socket[] = [];
  const received: Received[] = [];
  const server = createServer((socket) => {
    const connection = sockets.push(socket) - 1;
    let text = '';
    socket.on('error', () => undefined);
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const [, head, length, body] = /^([^]*?content-length: (\d+)\r\n\r\n)([^]*)$/.exec(text) ?? [];
      if (head === undefined || Buffer.byteLength(body!) < Number(length)) return;
      const request = { socket, connection, text };
      text = '';
      received.push(request);
      onRequest(request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { server, url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), received, sockets };
}

function connectionTo(url: URL, options: ConnectionOptions = {}): Connection {
  const connection = createConnection(url, options);
  cleanups.push(() => connection.close());
  return connection;
}

function answer({ socket }: { readonly socket: Socket }, text = 'ok', header = ''): void {
  socket.write(`HTTP/1.1 200 OK\r\n${header}content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
}

const headers = { host: 'aws', 'x-amz-target': 'Service.Operation' };
const ok = { status: 200, text: 'ok' };

describe('createConnection', () => {
  it('sends each call as one plain request with its length in bytes', async () => {
    const { url, received } = await startRawServer((request) => answer(request, 'Grüße'));

    const response = await connectionTo(url).post('Call', headers, '{"a":"ключ"}');

    expect(response).toMatchObject({ status: 200, text: 'Grüße' });
    expect(received.map(({ text }) => text)).toEqual([
      'POST / HTTP/1.1\r\nhost: aws\r\nx-amz-target: Service.Operation\r\ncontent-length: 16\r\n\r\n{"a":"ключ"}',
    ]);
  });

  it.each(['a\r\nx-b: 1', 'a\nb', 'a\0', 'ключ'])('never writes a header value such as %j', async (value) => {
    const { url, sockets } = await startRawServer(answer);

    const call = connectionTo(url).post('Call', { ...headers, 'x-amz-security-token': value }, '{}');

    await expect(call).rejects.toMatchObject({ outcome: 'not-sent', message: 'Call: unsafe header' });
    expect(sockets).toHaveLength(0);
  });

  it('takes the connection that was freed last', async () => {
    const pending: Received[] = [];
    const { url, received } = await startRawServer((request) => void pending.push(request));
    const connection = connectionTo(url);
    const post = () => connection.post('Call', headers, '{}');
    const calls = [post(), post(), post()];
    await vi.waitFor(() => expect(pending).toHaveLength(3));
    for (const request of pending.splice(0)) {
      answer(request);
      await Promise.race(calls.splice(0, 1));
    }

    const last = received.at(-1)!.connection;
    for (let count = 0; count < 3; count += 1) {
      const call = post();
      await vi.waitFor(() => expect(pending).toHaveLength(1));
      answer(pending.pop()!);
      await call;
    }

    expect(received.slice(3).map(({ connection: used }) => used)).toEqual([last, last, last]);
  });

  it('lets calls beyond maxSockets wait in order, over the same connections', async () => {
    const { url, received, sockets } = await startRawServer((request) => setImmediate(() => answer(request)));
    const connection = connectionTo(url, { maxSockets: 2 });

    const calls = Array.from({ length: 9 }, (_, index) => connection.post('Call', headers, String(index)));
    const responses = await Promise.all(calls);

    expect(responses).toEqual(calls.map(() => expect.objectContaining(ok)));
    expect(received.slice(2).map(({ text }) => text.at(-1))).toEqual(['2', '3', '4', '5', '6', '7', '8']);
    expect(sockets).toHaveLength(2);
  });

  it('opens a connection for a waiting call when one is lost', async () => {
    const { url, sockets } = await startRawServer((request) => {
      if (request.text.endsWith('first')) request.socket.destroy();
      else answer(request);
    });
    const connection = connectionTo(url, { maxSockets: 1 });

    const [first, second] = await Promise.allSettled([
      connection.post('First', headers, 'first'),
      connection.post('Second', headers, 'second'),
    ]);

    expect(first).toMatchObject({ reason: { outcome: 'unknown', message: 'First: ECONNRESET' } });
    expect(second).toMatchObject({ value: ok });
    expect(sockets).toHaveLength(2);
  });

  it.each([
    ['asks to close', (request: Received) => answer(request, 'ok', 'connection: close\r\n')],
    ['says too much', ({ socket }: Received) => void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok!')],
    ['lasts until its end', ({ socket }: Received) => void socket.end('HTTP/1.1 200 OK\r\n\r\nok')],
    [
      'is followed by the end',
      ({ socket }: Received) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'),
    ],
  ])('takes a new connection after an answer that %s', async (_, reply) => {
    const { url, sockets } = await startRawServer(reply);
    const connection = connectionTo(url);

    const responses = [];
    for (let count = 0; count < 3; count += 1) {
      responses.push(await connection.post('Call', headers, '{}'));
      await vi.waitFor(() => expect(sockets.at(-1)!.readableEnded || sockets.at(-1)!.destroyed).toBe(true));
    }

    expect(responses).toEqual(responses.map(() => expect.objectContaining(ok)));
    expect(sockets).toHaveLength(3);
  });

  it.each([
    ['ends', (socket: Socket) => void socket.end()],
    ['resets', (socket: Socket) => void socket.resetAndDestroy()],
    ['speaks unasked on', (socket: Socket) => void socket.write('HTTP/1.1 408 Too slow\r\ncontent-length: 0\r\n\r\n')],
  ])('notices an idle connection that the server %s, and calls over a new one', async (_, end) => {
    const { url, sockets } = await startRawServer(answer);
    const connection = connectionTo(url);
    await connection.post('Call', headers, '{}');

    end(sockets[0]!);
    await once(sockets[0]!, 'close');
    // What the server sent is there by now; the client hears of it when the event loop has gone round.
    for (let turn = 0; turn < 3; turn += 1) await nextTurn();
    const response = await connection.post('Call', headers, '{}');

    expect(response).toMatchObject(ok);
    expect(sockets).toHaveLength(2);
  });

  it.each([
    ['half a head', 'HTTP/1.1 200 OK\r\ncont', 'ECONNRESET'],
    ['half a body', 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nok', 'ECONNRESET'],
    ['something else', 'SSH-2.0-OpenSSH\r\n\r\n', 'unreadable answer'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok', 'unreadable answer'],
  ])('has an unknown outcome after %s and drops the connection', async (_, bytes, reason) => {
    const { url, received, sockets } = await startRawServer((request) => {
      if (received.length === 1) request.socket.end(bytes);
      else answer(request);
    });
    const connection = connectionTo(url);

    const [first] = await Promise.allSettled([connection.post('Call', headers, '{}')]);
    const second = await connection.post('Call', headers, '{}');

    expect(first).toMatchObject({ reason: { outcome: 'unknown', message: `Call: ${reason}` } });
    expect(second).toMatchObject(ok);
    expect(sockets).toHaveLength(2);
  });

  it('does not give a late answer to the next call', async () => {
    const { url, received, sockets } = await startRawServer((request) => {
      if (received.length > 1) answer(request);
    });
    const connection = connectionTo(url, { responseTimeoutMs: 50 });

    const [late] = await Promise.allSettled([connection.post('Call', headers, '{}')]);
    answer(received[0]!, 'late');
    const next = await connection.post('Call', headers, '{}');

    expect(late).toMatchObject({ reason: { outcome: 'unknown', message: 'Call: response timeout' } });
    expect(next).toMatchObject(ok);
    expect(sockets).toHaveLength(2);
  });

  it('fails every call when it is closed, those to come included', async () => {
    const { url, received } = await startRawServer(() => undefined);
    const connection = connectionTo(url, { maxSockets: 1 });
    const sent = connection.post('Sent', headers, '{}');
    const waiting = connection.post('Waiting', headers, '{}');
    const outcomes = Promise.allSettled([sent, waiting]);
    await vi.waitFor(() => expect(received).toHaveLength(1));

    connection.close();

    expect(await outcomes).toMatchObject([
      { reason: { outcome: 'unknown', message: 'Sent: closed' } },
      { reason: { outcome: 'not-sent', message: 'Waiting: closed' } },
    ]);
    await expect(connection.post('Late', headers, '{}')).rejects.toMatchObject({ outcome: 'not-sent' });
  });
});

describe('a connection over TLS', () => {
  it('resumes the session of an earlier connection and speaks HTTP/1.1', async () => {
    const seen: { resumed: boolean; protocol: string | false | null }[] = [];
    const tls = createSelfSignedCertificate();
    const server = createSecureServer({ ...tls, ALPNProtocols: ['h2', 'http/1.1'] }, (socket: TLSSocket) => {
      seen.push({ resumed: socket.isSessionReused(), protocol: socket.alpnProtocol });
      socket.on('data', () => answer({ socket }, 'ok', 'connection: close\r\n'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => server.close());
    const trustedBefore = getCACertificates('default');
    setDefaultCACertificates([tls.cert]);
    cleanups.push(() => setDefaultCACertificates(trustedBefore));
    const connection = connectionTo(new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}`));

    await connection.post('Call', headers, '{}');
    await connection.post('Call', headers, '{}');

    expect(seen).toEqual([
      { resumed: false, protocol: 'http/1.1' },
      { resumed: true, protocol: 'http/1.1' },
    ]);
  });
});
