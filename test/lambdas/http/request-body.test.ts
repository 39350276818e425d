import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { maxRequestBytes, readRequestBody } from '../../../lambdas/http/request-body.ts';

/** A server that reads one body, and a bare socket to send it by. */
async function reading(timeoutMs?: number): Promise<{ socket: Socket; body: Promise<Buffer> }> {
  let settle: (body: Promise<Buffer>) => void = () => {};
  const body = new Promise<Buffer>((resolve) => (settle = resolve));
  body.catch(() => {});
  const server = createServer((incoming) => settle(readRequestBody(incoming, timeoutMs)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const socket = connect(address.port, '127.0.0.1').on('error', () => {});
  onTestFinished(() => {
    socket.destroy();
    server.closeAllConnections();
    server.close();
  });
  return { socket, body };
}

const head = (length: number | string): string =>
  `POST / HTTP/1.1\r\nhost: x\r\n${length === 'chunked' ? 'transfer-encoding: chunked' : `content-length: ${length}`}\r\n\r\n`;

test('joins what comes in pieces', async () => {
  const { socket, body } = await reading();

  socket.write(`${head(6)}abc`);
  await sleep(5);
  socket.write('def');

  expect((await body).toString()).toBe('abcdef');
});

test('accepts a body of exactly 6 MiB', async () => {
  const { socket, body } = await reading();

  socket.write(head(maxRequestBytes));
  socket.write(Buffer.alloc(maxRequestBytes, 'a'));

  expect(await body).toHaveLength(maxRequestBytes);
});

test('refuses a larger one by its announced length, before any of it has come', async () => {
  const { socket, body } = await reading();

  socket.write(head(maxRequestBytes + 1));

  await expect(body).rejects.toMatchObject({ code: 'request_too_large', status: 413, owner: 'caller' });
});

test('refuses one of unknown length as soon as it is too large, not at its end', async () => {
  const { socket, body } = await reading();

  socket.write(head('chunked'));
  socket.write(`${(maxRequestBytes + 1).toString(16)}\r\n`);
  socket.write(Buffer.alloc(maxRequestBytes + 1, 'a'));

  await expect(body).rejects.toMatchObject({ code: 'request_too_large', status: 413 });
});

test('cuts off a sender that is too slow', async () => {
  const { socket, body } = await reading(20);

  socket.write(`${head(6)}abc`);

  await expect(body).rejects.toMatchObject({ code: 'request_timeout', status: 408, retryable: true });
});

test('notices that the sender went away', async () => {
  const { socket, body } = await reading();

  socket.write(`${head(6)}abc`);
  await sleep(5);
  socket.destroy();

  await expect(body).rejects.toMatchObject({ code: 'invalid_request', status: 400 });
});
