import { createHash, createHmac } from 'node:crypto';
import { type AddressInfo, createServer } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { AwsCallError } from '../../../lambdas/aws/call-error.ts';
import { type AwsTransportOptions, createAwsTransport } from '../../../lambdas/aws/json-transport.ts';
import { type AwsServer, type ReceivedCall, type Reply, startAwsServer } from './aws-server.ts';
import { createSelfSignedCertificate } from './self-signed-certificate.ts';

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret/key', sessionToken: 'session-token' };
const ok: Reply = { status: 200, body: {} };
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  vi.useRealTimers();
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

function transportTo(endpoint: string, options: Partial<AwsTransportOptions> = {}) {
  const transport = createAwsTransport({
    service: 'dynamodb',
    region: 'eu-west-1',
    endpoint,
    credentials: async () => credentials,
    ...options,
  });
  cleanups.push(() => transport.close());
  return transport;
}

async function serverReplying(reply: (call: ReceivedCall) => Reply): Promise<AwsServer> {
  const server = await startAwsServer(reply);
  cleanups.push(() => server.close());
  return server;
}

async function failureOf(call: Promise<unknown>): Promise<AwsCallError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(AwsCallError);
  return error as AwsCallError;
}

/** Signature Version 4 as the documentation words it, computed from what arrived. */
function expectedSignature({ headers, body }: ReceivedCall, service: string): string {
  const [, scope, signedHeaders] = /Credential=AKIDEXAMPLE\/(\S+), SignedHeaders=(\S+),/.exec(headers.authorization!)!;
  const canonicalHeaders = signedHeaders!.split(';').map((name) => `${name}:${String(headers[name])}\n`);
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const canonical = ['POST', '/', '', canonicalHeaders.join(''), signedHeaders, sha256(body)].join('\n');
  const date = String(headers['x-amz-date']);
  const toSign = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n');
  const parts = [date.slice(0, 8), 'eu-west-1', service, 'aws4_request'];
  expect(scope).toBe(parts.join('/'));
  return hmac(parts.reduce<string | Buffer>(hmac, 'AWS4secret/key'), toSign).toString('hex');
}

describe('createAwsTransport', () => {
  it.each([
    ['dynamodb', 'DynamoDB_20120810.GetItem', 'application/x-amz-json-1.0'],
    ['kms', 'TrentService.GetItem', 'application/x-amz-json-1.1'],
    ['secretsmanager', 'secretsmanager.GetItem', 'application/x-amz-json-1.1'],
  ] as const)('signs a call to %s and returns the parsed answer', async (service, target, contentType) => {
    const server = await serverReplying(() => ({ status: 200, body: { Grüße: ['€'] } }));
    const transport = transportTo(server.endpoint, { service });

    const body = await transport.call('GetItem', { Key: 'ключ' });

    const [call] = server.calls;
    expect(body).toEqual({ Grüße: ['€'] });
    expect(call!.body).toBe('{"Key":"ключ"}');
    expect(call!.headers).toMatchObject({ 'x-amz-target': target, 'content-type': contentType });
    expect(call!.headers['x-amz-security-token']).toBe('session-token');
    expect(call!.headers.authorization).toContain('x-amz-security-token;x-amz-target,');
    expect(call!.headers.authorization).toMatch(new RegExp(`Signature=${expectedSignature(call!, service)}$`));
  });

  it('uses one connection for calls after each other and no more than maxSockets for calls at once', async () => {
    const server = await serverReplying(() => ok);
    const transport = transportTo(server.endpoint, { maxSockets: 3 });

    for (let index = 0; index < 5; index += 1) await transport.call('GetItem', {});
    const afterSequence = server.connections();
    await Promise.all(Array.from({ length: 20 }, () => transport.call('GetItem', {})));

    expect(afterSequence).toBe(1);
    expect(server.connections()).toBe(3);
    expect(server.calls).toHaveLength(25);
  });

  it('does not reuse connections idle for more than four seconds by the wall clock', async () => {
    const server = await serverReplying(() => ok);
    const transport = transportTo(server.endpoint);
    vi.useFakeTimers({ toFake: ['Date'] });
    await Promise.all([transport.call('GetItem', {}), transport.call('GetItem', {})]);

    vi.setSystemTime(Date.now() + 3_900);
    await transport.call('GetItem', {});
    const afterShortPause = server.connections();
    vi.setSystemTime(Date.now() + 4_100);
    await Promise.all([transport.call('GetItem', {}), transport.call('GetItem', {})]);

    expect(afterShortPause).toBe(2);
    expect(server.connections()).toBe(4);
  });

  it('speaks TLS, over one connection, to a server whose certificate it trusts', async () => {
    const tls = createSelfSignedCertificate();
    const server = await startAwsServer(() => ok, { tls });
    cleanups.push(() => server.close());
    const trustedBefore = getCACertificates('default');
    setDefaultCACertificates([tls.cert]);
    cleanups.push(() => setDefaultCACertificates(trustedBefore));
    const transport = transportTo(server.endpoint);

    await transport.call('GetItem', {});
    await transport.call('GetItem', {});

    expect(server.calls).toHaveLength(2);
    expect(server.connections()).toBe(1);
  });
});

describe('a call that fails', () => {
  it('is not sent where nobody listens', async () => {
    const server = await startAwsServer(() => ok);
    await server.close();

    const error = await failureOf(transportTo(server.endpoint).call('GetItem', {}));

    expect(error).toMatchObject({ outcome: 'not-sent', message: 'GetItem: ECONNREFUSED' });
  });

  it('is not sent to a server whose certificate it does not trust', async () => {
    const server = await startAwsServer(() => ok, { tls: createSelfSignedCertificate() });
    cleanups.push(() => server.close());

    const error = await failureOf(transportTo(server.endpoint).call('GetItem', {}));

    expect(error).toMatchObject({ outcome: 'not-sent', message: 'GetItem: DEPTH_ZERO_SELF_SIGNED_CERT' });
    expect(server.calls).toHaveLength(0);
  });

  it('is not sent while the TLS handshake is unfinished', async () => {
    const silent = createServer((socket) => cleanups.push(() => socket.destroy()));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => silent.close());
    const endpoint = `https://127.0.0.1:${(silent.address() as AddressInfo).port}`;

    const error = await failureOf(transportTo(endpoint, { connectTimeoutMs: 100 }).call('GetItem', {}));

    expect(error).toMatchObject({ outcome: 'not-sent', message: 'GetItem: connect timeout' });
  });

  it('is not sent while it waits for a free connection', async () => {
    const server = await serverReplying(() => 'hang');
    const transport = transportTo(server.endpoint, { maxSockets: 1, connectTimeoutMs: 100, responseTimeoutMs: 300 });

    const first = failureOf(transport.call('GetItem', {}));
    const second = await failureOf(transport.call('PutItem', {}));

    expect(second).toMatchObject({ outcome: 'not-sent', message: 'PutItem: connect timeout' });
    expect(await first).toMatchObject({ outcome: 'unknown', message: 'GetItem: response timeout' });
    expect(server.calls.map((call) => call.operation)).toEqual(['GetItem']);
  });

  it.each([
    ['reset', 'ECONNRESET'],
    ['cut', 'ECONNRESET'],
    [{ status: 200, body: '<html>' }, 'unreadable answer'],
    [{ status: 200, body: '' }, 'unreadable answer'],
  ] as const)('has an unknown outcome after %j', async (reply, reason) => {
    const server = await serverReplying(() => reply);

    const error = await failureOf(transportTo(server.endpoint).call('UpdateItem', {}));

    expect(error).toMatchObject({ outcome: 'unknown', message: `UpdateItem: ${reason}`, status: undefined });
    expect(server.calls).toHaveLength(1);
  });

  it.each([
    [400, { __type: 'com.amazonaws.dynamodb.v20120810#ResourceNotFoundException' }, 'ResourceNotFoundException'],
    [400, { __type: 'NotFoundException' }, 'NotFoundException'],
    [400, { __type: 'ThrottlingException:http://internal.amazon.com/' }, 'ThrottlingException'],
    [500, { __type: 7 }, undefined],
    [503, '<html>busy</html>', undefined],
    [400, 'null', undefined],
  ])('carries status %d and the type of %j', async (status, body, type) => {
    const server = await serverReplying(() => ({ status, body }));

    const error = await failureOf(transportTo(server.endpoint).call('GetItem', {}));

    expect(error).toMatchObject({ outcome: 'answered', status, type });
    expect(error.message).toBe(`GetItem: ${type ?? 'no type'} (HTTP ${status})`);
    expect(server.calls).toHaveLength(1);
  });

  it('shows what AWS wrote to no one who prints the error', async () => {
    const body = {
      __type: 'x#ValidationException',
      message: 'canary-in-message',
      Item: { pk: { S: 'canary-in-item' } },
    };
    const server = await serverReplying(() => ({ status: 400, body }));

    const error = await failureOf(transportTo(server.endpoint).call('GetItem', {}));

    expect(inspect(error, { depth: null, showHidden: true }) + JSON.stringify(error)).not.toContain('canary');
    expect(error.answer()).toEqual(body);
  });
});
