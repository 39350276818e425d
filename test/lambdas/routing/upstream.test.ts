import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { UpstreamClient, UpstreamRequest } from '../../../lambdas/routing/upstream.ts';
import {
  deadOnConnect,
  type Handler,
  hangBeforeHeaders,
  hangMidStream,
  json,
  redirect,
  staleSocket,
} from '../../fixtures/upstream.ts';
import { clientOf, upstreamOf } from './call.ts';

const calm = { connectMs: 5000, firstByteMs: 5000, idleMs: 5000, totalMs: 5000 };
const good = json({ ok: true });

function post(client: UpstreamClient, url: string, changes: Partial<UpstreamRequest> = {}): Promise<IncomingMessage> {
  const { signal } = new AbortController();
  return client.post({
    url: new URL(url),
    headers: { 'content-type': 'application/json', authorization: 'Bearer sk' },
    body: Buffer.from('{"a":1}'),
    timeouts: calm,
    signal,
    ...changes,
  });
}

/** Posts and reads the whole answer, so that the connection is free again. */
async function exchange(client: UpstreamClient, url: string): Promise<string> {
  const response = await post(client, url);
  const text = (await buffer(response)).toString();
  await sleep(1); // The agent takes the socket back one turn later.
  return text;
}

/** A server that accepts connections and does with them what the test says, below HTTP. */
async function socketServer(onConnection: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    onConnection(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `127.0.0.1:${address.port}`;
}

test('sends method, headers and body, and resolves as soon as the headers are in', async () => {
  const upstream = await upstreamOf(hangMidStream());

  const response = await post(clientOf(), `${upstream.url}/v1/x?key=a%20b`);

  expect(response.statusCode).toBe(200);
  expect(upstream.requests[0]).toMatchObject({
    method: 'POST',
    path: '/v1/x?key=a%20b',
    headers: { authorization: 'Bearer sk', 'content-length': '7' },
  });
  expect(upstream.requests[0]!.body.toString()).toBe('{"a":1}');
});

test('follows no redirect', async () => {
  const upstream = await upstreamOf(redirect());

  const response = await post(clientOf(), upstream.url);

  expect(response.statusCode).toBe(302);
  expect(upstream.requests).toHaveLength(1);
});

describe('failures', () => {
  test('a refused connection is unreachable', async () => {
    const upstream = await upstreamOf(good);
    await upstream.close().catch(() => {});

    await expect(post(clientOf(), upstream.url)).rejects.toMatchObject({ kind: 'unreachable' });
  });

  test('a name that does not exist is unreachable', async () => {
    await expect(post(clientOf(), 'http://nowhere.invalid/')).rejects.toMatchObject({ kind: 'unreachable' });
  });

  test('a connection that is reset at once is a reset, and is not tried again', async () => {
    const upstream = await upstreamOf([deadOnConnect, good]);

    await expect(post(clientOf(), upstream.url)).rejects.toMatchObject({ kind: 'reset' });
    expect(upstream.connections).toBe(1);
  });

  test('an answer that is not HTTP is unreachable', async () => {
    const address = await socketServer((socket) => socket.end('SSH-2.0-OpenSSH\r\n\r\n'));

    await expect(post(clientOf(), `http://${address}/`)).rejects.toMatchObject({ kind: 'unreachable' });
  });

  test('a TLS handshake that never ends is a connect timeout', async () => {
    const address = await socketServer(() => {});

    const posting = post(clientOf(), `https://${address}/`, { timeouts: { ...calm, connectMs: 20 } });

    await expect(posting).rejects.toMatchObject({ kind: 'connect-timeout' });
  });

  test('a provider that says nothing is a first-byte timeout, and its connection is closed', async () => {
    const upstream = await upstreamOf(hangBeforeHeaders);

    const posting = post(clientOf(), upstream.url, { timeouts: { ...calm, firstByteMs: 20 } });

    await expect(posting).rejects.toMatchObject({ kind: 'first-byte-timeout' });
    expect(await upstream.requests[0]!.ended).toMatchObject({ outcome: 'aborted' });
  });

  test('a provider that thinks for longer than the pool keeps idle connections is waited for', async () => {
    const upstream = await upstreamOf([good, hangAndAnswer(4_200)]);
    const client = clientOf();
    await exchange(client, upstream.url);

    const text = await exchange(client, upstream.url);

    expect(text).toBe('{"ok":true}');
    expect(upstream.connections).toBe(1);
  });

  test('the total limits every wait', async () => {
    const upstream = await upstreamOf(hangBeforeHeaders);

    const posting = post(clientOf(), upstream.url, { timeouts: { ...calm, totalMs: 20 } });

    await expect(posting).rejects.toMatchObject({ kind: 'first-byte-timeout' });
  });
});

function hangAndAnswer(milliseconds: number): Handler {
  return async (request, response) => {
    await sleep(milliseconds);
    return good(request, response);
  };
}

describe('an abort', () => {
  test('before the call sends nothing', async () => {
    const upstream = await upstreamOf(good);

    const posting = post(clientOf(), upstream.url, { signal: AbortSignal.abort() });

    await expect(posting).rejects.toMatchObject({ kind: 'aborted' });
    expect(upstream.connections).toBe(0);
  });

  test('while connecting closes the socket', async () => {
    let closed = (): void => {};
    const gone = new Promise<void>((resolve) => (closed = resolve));
    const abort = new AbortController();
    const address = await socketServer((socket) => {
      socket.resume().on('close', closed);
      abort.abort();
    });

    await expect(post(clientOf(), `https://${address}/`, { signal: abort.signal })).rejects.toMatchObject({
      kind: 'aborted',
    });
    await gone;
  });

  test('while waiting for the first byte closes the socket', async () => {
    const upstream = await upstreamOf(hangBeforeHeaders);
    const abort = new AbortController();

    const posting = post(clientOf(), upstream.url, { signal: abort.signal });
    const request = await upstream.received(1);
    abort.abort();

    await expect(posting).rejects.toMatchObject({ kind: 'aborted' });
    expect(await request.ended).toMatchObject({ outcome: 'aborted' });
  });

  test('while the body comes closes the socket', async () => {
    const upstream = await upstreamOf(hangMidStream());
    const abort = new AbortController();
    const response = await post(clientOf(), upstream.url, { signal: abort.signal });

    const reading = buffer(response);
    abort.abort();

    await expect(reading).rejects.toThrow();
    expect(await upstream.requests[0]!.ended).toMatchObject({ outcome: 'aborted' });
  });

  test('after the end leaves the connection to the next request', async () => {
    const upstream = await upstreamOf(good);
    const client = clientOf();
    const abort = new AbortController();
    await buffer(await post(client, upstream.url, { signal: abort.signal }));
    await sleep(1);

    abort.abort();
    await exchange(client, upstream.url);

    expect(upstream.connections).toBe(1);
  });
});

describe('kept-alive connections', () => {
  test('are used again', async () => {
    const upstream = await upstreamOf(good);
    const client = clientOf();

    await exchange(client, upstream.url);
    await exchange(client, upstream.url);

    expect(upstream.requests.map(({ turn }) => turn)).toEqual([1, 2]);
  });

  test('that have gone stale are replaced once, without anybody noticing', async () => {
    const upstream = await upstreamOf(staleSocket(good));
    const client = clientOf();
    await exchange(client, upstream.url);

    const text = await exchange(client, upstream.url);

    expect(text).toBe('{"ok":true}');
    expect(upstream.requests.map(({ connection, turn }) => [connection, turn])).toEqual([
      [1, 1],
      [1, 2],
      [2, 1],
    ]);
  });

  test('are replaced by a new one, not by another that may be as stale', async () => {
    const upstream = await upstreamOf(staleSocket(hangAndAnswer(20)));
    const client = clientOf();
    await Promise.all([exchange(client, upstream.url), exchange(client, upstream.url)]);

    const text = await exchange(client, upstream.url);

    expect(text).toBe('{"ok":true}');
    expect(upstream.connections).toBe(3);
  });

  test('are replaced no more than once', async () => {
    const upstream = await upstreamOf([good, (_request, response) => void response.socket?.resetAndDestroy()]);
    const client = clientOf();
    await exchange(client, upstream.url);

    await expect(post(client, upstream.url)).rejects.toMatchObject({ kind: 'reset' });

    expect(upstream.requests).toHaveLength(3);
  });

  test('are not replaced when the failure is a timeout', async () => {
    const upstream = await upstreamOf([good, hangBeforeHeaders]);
    const client = clientOf();
    await exchange(client, upstream.url);

    const posting = post(client, upstream.url, { timeouts: { ...calm, firstByteMs: 20 } });

    await expect(posting).rejects.toMatchObject({ kind: 'first-byte-timeout' });
    expect(upstream.requests).toHaveLength(2);
  });
});

describe('without leave for private addresses', () => {
  test.each([
    'http://127.0.0.1:PORT/',
    'http://localhost:PORT/',
    'http://2130706433:PORT/',
    'http://0x7f.1:PORT/',
    'http://0:PORT/',
    'http://[::1]:PORT/',
    'http://[::ffff:127.0.0.1]:PORT/',
    'http://169.254.169.254/latest/meta-data/',
    'http://[fd00:ec2::254]/',
  ])('%s is refused, and nothing is sent', async (url) => {
    const upstream = await upstreamOf(good);
    const place = url.replace('PORT', new URL(upstream.url).port);

    await expect(post(clientOf({}), place)).rejects.toMatchObject({ kind: 'refused-address' });

    expect(upstream.connections).toBe(0);
  });
});
