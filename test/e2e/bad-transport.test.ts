import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Gatehouse, startGatehouse } from '../fixtures/gatehouse.ts';
import { expectRefusal, openSocket, type RawRequest, readAnswer, sendBytes, sendRaw } from './raw-http.ts';

const chat = '/v1/chat/completions';
const messages = '/v1/messages';
const json = { 'content-type': 'application/json' };

let gatehouse: Gatehouse;
beforeAll(async () => {
  gatehouse = await startGatehouse();
});
afterAll(() => gatehouse.close());

describe('a request that is too large, too slow or not HTTP', () => {
  const patience = { headersMs: 20_000, bodyMs: 200 };

  async function expectHealthy(url: string): Promise<void> {
    const response = await fetch(`${url}/healthz`);
    expect(response.status).toBe(200);
  }

  it.each([chat, messages])('%s refuses 7 MiB by their announcement alone', async (path) => {
    const headers = { ...json, 'content-length': String(7 * 1024 * 1024) };

    const answer = await sendRaw(gatehouse.url, { path, headers, body: '{"model":' });

    const dialect = path === messages ? 'anthropic' : 'openai';
    expectRefusal(answer, { status: 413, code: 'request_too_large', dialect, retry: false });
  });

  it('refuses an upload of unknown length once it passes 6 MiB, without waiting for its end', async () => {
    const piece = Buffer.alloc(1024 * 1024, ' ');
    const chunk = Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]);
    const head = `POST ${chat} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`;

    const answer = await sendBytes(gatehouse.url, head, ...Array.from({ length: 7 }, () => chunk));

    expectRefusal(answer, { status: 413, code: 'request_too_large' });
  });

  it('cuts off a sender that stops in the middle of its body', async () => {
    const slow = await startGatehouse({ patience });
    onTestFinished(() => slow.close());

    const answer = await sendRaw(slow.url, {
      path: messages,
      headers: { ...json, 'content-length': '1000' },
      body: '{"model":',
    });

    expectRefusal(answer, { status: 408, code: 'request_timeout', dialect: 'anthropic', retry: true });
  });

  it('cuts off a sender that drips its body, whatever it has sent so far', async () => {
    const slow = await startGatehouse({ patience });
    onTestFinished(() => slow.close());
    const socket = await openSocket(slow.url);
    const answer = readAnswer(socket);
    socket.write(`POST ${chat} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9999\r\n\r\n`);
    const dripping = setInterval(() => socket.write(' '), 20);
    onTestFinished(() => clearInterval(dripping));

    expectRefusal(await answer, { status: 408, code: 'request_timeout' });
  });

  it('cuts off a sender that never ends its headers', async () => {
    const slow = await startGatehouse({ patience: { headersMs: 200, bodyMs: 20_000 } });
    onTestFinished(() => slow.close());

    const answer = await sendBytes(slow.url, `POST ${chat} HTTP/1.1\r\nhost: x\r\nx-slow: `);

    expectRefusal(answer, { status: 408, code: 'request_timeout' });
  });

  it('survives a sender that breaks off', async () => {
    const socket = await openSocket(gatehouse.url);
    socket.write(`POST ${chat} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9999\r\n\r\n{`);

    socket.resetAndDestroy();

    await expectHealthy(gatehouse.url);
    await expect
      .poll(() => gatehouse.logs.at(-1), { timeout: 10_000 })
      .toMatchObject({ type: 'refused', errorCode: 'invalid_request' });
  });

  it('refuses headers of 20 KB', async () => {
    const request: RawRequest = { method: 'GET', path: '/v1/models', headers: { 'x-large': 'x'.repeat(20_000) } };

    const answer = await sendRaw(gatehouse.url, request);

    expectRefusal(answer, { status: 431, code: 'request_too_large', retry: false });
  });

  const post = `POST ${chat} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n`;
  it.each([
    ['two lengths', `${post}content-length: 5\r\ncontent-length: 6\r\n\r\n{"a":`],
    ['a length and chunks', `${post}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['a length that is no number', `${post}content-length: five\r\n\r\n{"a":`],
    ['a negative length', `${post}content-length: -1\r\n\r\n`],
    ['chunks of no size', `${post}transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`],
    ['a chunk longer than it says', `${post}transfer-encoding: chunked\r\n\r\n1\r\n{"a":1}\r\n0\r\n\r\n`],
    ['a folded header', `${post}x-folded: a\r\n b\r\n\x00: c\r\n\r\n`],
    ['a header without a name', `${post}: nothing\r\n\r\n`],
    ['another protocol', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['HTTP/2 without asking', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ])('refuses %s with 400 and closes the connection', async (_name, bytes) => {
    const answer = await sendBytes(gatehouse.url, Buffer.from(bytes, 'latin1'));

    expectRefusal(answer, { status: 400, code: 'invalid_request', retry: false });
    await expectHealthy(gatehouse.url);
  });
});
