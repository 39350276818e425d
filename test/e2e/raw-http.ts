import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect } from 'vitest';

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface RawRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** Opens a connection without a client's help, so that what goes over it need not be HTTP at all. */
export async function openSocket(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  // A server that has heard enough may reset a connection that is still being written to.
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** Everything that comes until the server closes the connection, which it must. */
export async function readAnswer(socket: Socket): Promise<RawAnswer> {
  const pieces: Buffer[] = [];
  socket.on('data', (piece: Buffer) => pieces.push(piece));
  await once(socket, 'close');
  return parseAnswer(Buffer.concat(pieces).toString('utf8'));
}

/** Sends these bytes on a connection of their own and reads what comes back. */
export async function sendBytes(url: string, ...pieces: readonly (string | Buffer)[]): Promise<RawAnswer> {
  const socket = await openSocket(url);
  const answer = readAnswer(socket);
  for (const piece of pieces) socket.write(piece);
  return answer;
}

export function sendRaw(url: string, { method = 'POST', path, headers = {}, body }: RawRequest): Promise<RawAnswer> {
  const all: Record<string, string> = { host: 'localhost', connection: 'close', ...headers };
  if (body !== undefined) all['content-length'] ??= String(Buffer.byteLength(body));
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return sendBytes(url, `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, body ?? '');
}

function parseAnswer(text: string): RawAnswer {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [statusLine = '', ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const body = rest.join('\r\n\r\n');
  return {
    status: Number(statusLine.split(' ')[1]),
    headers,
    body,
  };
}

export interface ExpectedRefusal {
  readonly status: number;
  readonly code: string;
  readonly dialect?: 'openai' | 'anthropic';
  readonly owner?: 'caller' | 'gateway' | 'provider';
  readonly retry?: boolean;
}

/** Holds for every refusal, whatever went wrong: the protocol's envelope, our code, the request id, and nothing of our insides. */
export function expectRefusal(answer: RawAnswer, expected: ExpectedRefusal): void {
  const { status, code, dialect = 'openai', owner, retry } = expected;
  expect([answer.status, answer.headers['x-gatehouse-error-code']]).toEqual([status, code]);
  expect(answer.headers['content-type']).toBe('application/json');
  const id = answer.headers['x-request-id'];
  expect(id).toMatch(/^req_[0-9A-Z]{26}$/);
  const body: unknown = JSON.parse(answer.body);
  const inner = { message: expect.stringMatching(/.\.$/), type: expect.any(String), code };
  if (dialect === 'anthropic') {
    expect(body).toEqual({ type: 'error', error: { ...inner, owner: expect.any(String) }, request_id: id });
    expect(answer.headers['request-id']).toBe(id);
  } else {
    const param = expect.toSatisfy((value) => value === null || typeof value === 'string');
    expect(body).toEqual({ error: { ...inner, param, owner: expect.any(String), request_id: id } });
  }
  expect(answer.body).not.toMatch(/\.[jt]s:\d+|node:internal|\bat \S+ \(/);
  if (owner !== undefined) expect(answer.headers['x-gatehouse-error-owner']).toBe(owner);
  expect(answer.headers['x-should-retry']).toMatch(/^(true|false)$/);
  if (retry !== undefined) expect(answer.headers['x-should-retry']).toBe(String(retry));
}
