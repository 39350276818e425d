import { fileURLToPath } from 'node:url';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startUpstream } from '../fixtures/upstream.ts';
import { followOneByOne, holdStream } from './held-stream.ts';
import type { Invocation } from './invocation.ts';
import { startLambdaHost } from './lambda-host.ts';
import type { LambdaHost, LambdaHostOptions } from './lambda-host.ts';
import { delimiter, splitAfterPrelude } from './socket-writes.ts';

const codeFolder = fileURLToPath(new URL('fixtures/streaming-function', import.meta.url));

function startFixture(options: Partial<LambdaHostOptions> = {}): Promise<LambdaHost> {
  return startLambdaHost({ codeFolder, handler: 'index.handler', environment: {}, ...options });
}

async function startFixtureForTest(options: Partial<LambdaHostOptions> = {}): Promise<LambdaHost> {
  const host = await startFixture(options);
  onTestFinished(() => host.close());
  return host;
}

function lastInvocation(host: LambdaHost): Invocation {
  const invocation = host.invocations.at(-1);
  if (!invocation) throw new Error('The host has seen no invocation.');
  return invocation;
}

describe('a streaming function behind the host', () => {
  let host: LambdaHost;

  beforeAll(async () => {
    host = await startFixture({ originHeader: 'origin-secret' });
  });

  afterAll(async () => {
    await host.close();
  });

  it('delivers chunks one by one, with status and headers from the prelude', async () => {
    const events = [1, 2, 3, 4, 5].map((number) => `data: ${number}\n\n`);
    const provider = holdStream();
    const upstream = await startUpstream(provider.handler);
    onTestFinished(() => upstream.close());

    const answering = fetch(`${host.url}/relay?from=${upstream.url}`);
    const seen = await followOneByOne(provider, answering, events);

    const response = await answering;
    expect(seen).toEqual(events);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(response.headers.get('x-fixture')).toBe('yes');
  });

  it('tells a prelude that travelled alone from one that was merged with the first chunk', async () => {
    const recorded = await startFixtureForTest({ recordsWrites: true });

    await (await fetch(`${recorded.url}/stream`)).text();
    const alone = splitAfterPrelude(await recorded.writesOf(lastInvocation(recorded)));
    await (await fetch(`${recorded.url}/merged`)).text();
    const merged = splitAfterPrelude(await recorded.writesOf(lastInvocation(recorded)));

    expect(alone.prelude.endsWith(delimiter)).toBe(true);
    expect(alone.rest).toContain('data: 1');
    expect(merged.prelude).toContain(`${delimiter}7\r\nat once\r\n`);
  });

  it('cuts the answer of a function that throws after the prelude', async () => {
    const response = await fetch(`${host.url}/error-after-prelude`);
    const body = response.text();

    await expect(body).rejects.toThrow('terminated');
    expect(response.status).toBe(200);
    expect(lastInvocation(host).errorType).toBe('Error');
  });

  it.each(['error-before-prelude', 'end-without-write', 'no-content-type', 'exit', 'unbundled-package'])(
    'answers 502 for a function with %s, and serves the next request',
    async (scenario) => {
      const refused = await fetch(`${host.url}/${scenario}`);
      const body: unknown = await refused.json();
      const next = await fetch(`${host.url}/merged`);

      expect(refused.status).toBe(502);
      expect(body).toEqual({ message: 'Internal server error' });
      expect(await next.text()).toBe('at once');
    },
  );

  it('hands over a REST proxy event that looks as if it came through CloudFront', async () => {
    const response = await fetch(`${host.url}/event?a=1&a=2&b=%20`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-forwarded-for': '203.0.113.9',
        'x-gateway-origin-verify': 'forged',
      },
      body: '{"héllo":1}',
    });
    const { event, remaining } = (await response.json()) as { event: APIGatewayProxyEvent; remaining: number };

    expect(response.status).toBe(418);
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(response.headers.get('x-amzn-remapped-www-authenticate')).toBe('Bearer');
    expect(event).toMatchObject({
      resource: '/{proxy+}',
      path: '/event',
      httpMethod: 'POST',
      queryStringParameters: { a: '2', b: ' ' },
      multiValueQueryStringParameters: { a: ['1', '2'], b: [' '] },
      pathParameters: { proxy: 'event' },
      stageVariables: null,
      body: '{"héllo":1}',
      isBase64Encoded: false,
      requestContext: { path: '/live/event', stage: 'live', identity: { sourceIp: '198.51.100.7' } },
    });
    expect(event.headers['X-Forwarded-For']).toMatch(/^203\.0\.113\.9, .*127\.0\.0\.1, 198\.51\.100\.7$/);
    expect(event.multiValueHeaders['x-gateway-origin-verify']).toEqual(['origin-secret']);
    expect(remaining).toBeGreaterThan(800_000);
  });

  it('encodes a binary body in base64 and refuses one that exceeds the payload limit', async () => {
    const bytes = Buffer.from([0, 255, 128, 10]);
    const headers = { 'content-type': 'application/octet-stream' };
    const small = await fetch(`${host.url}/event`, { method: 'POST', headers, body: bytes });
    const large = await fetch(`${host.url}/event`, { method: 'POST', headers, body: Buffer.alloc(5 * 1024 * 1024) });

    const { event } = (await small.json()) as { event: APIGatewayProxyEvent };
    expect(event).toMatchObject({ isBase64Encoded: true, body: bytes.toString('base64') });
    expect(large.status).toBe(413);
  });

  it('lets the function finish when the caller leaves', async () => {
    const caller = new AbortController();
    const response = await fetch(`${host.url}/flood`, { signal: caller.signal });
    await response.body?.getReader().read();
    const flood = lastInvocation(host);
    caller.abort();

    await expect.poll(() => flood.finishedAt, { timeout: 20_000 }).toBeDefined();
    const received = flood.chunks.reduce((total, chunk) => total + chunk.bytes, 0);
    expect(received).toBeGreaterThan(16 * 1024 * 1024);
    expect(flood.errorType).toBeUndefined();
  });
});

describe('a function whose answer the gateway takes whole', () => {
  const startWhole = () => startFixtureForTest({ handler: 'index.whole', responseMode: 'buffered' });

  it('answers with its status, headers and body', async () => {
    const host = await startWhole();

    const response = await fetch(`${host.url}/whole`);

    expect([response.status, await response.text()]).toEqual([201, 'whole']);
    expect([response.headers.get('x-one'), response.headers.get('x-two')]).toEqual(['a', 'b, c']);
  });

  it.each(['no-status', 'throws'])('answers 502 for %s, and serves the next request', async (scenario) => {
    const host = await startWhole();

    const refused = await fetch(`${host.url}/${scenario}`);
    const next = await fetch(`${host.url}/whole`);

    expect([refused.status, next.status]).toEqual([502, 201]);
    expect(host.invocations.map(({ coldStart }) => coldStart)).toEqual([true, false]);
  });

  it('takes events of a test’s own, and says what it returned or why not', async () => {
    const host = await startWhole();

    expect(await host.invoke({ path: '/whole' })).toMatchObject({ statusCode: 201 });
    await expect(host.invoke({ path: '/throws' })).rejects.toMatchObject({ type: 'TypeError' });
  });
});

describe('processes', () => {
  it('reuses an idle process and starts another for a request that comes meanwhile', async () => {
    const host = await startFixtureForTest();

    await (await fetch(`${host.url}/merged`)).text();
    await Promise.all(
      [fetch(`${host.url}/stream`), fetch(`${host.url}/stream`)].map(async (call) => (await call).text()),
    );

    expect(host.invocations.map((invocation) => invocation.coldStart)).toEqual([true, false, true]);
  });

  it('makes a request wait where no more processes are allowed', async () => {
    const host = await startFixtureForTest({ concurrency: 1 });

    const calls = [1, 2, 3].map(
      async () => (await fetch(`${host.url}/event`)).json() as Promise<{ invocations: number }>,
    );
    const answers = await Promise.all(calls);

    expect(answers.map((answer) => answer.invocations).toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
  });

  it('freezes a process between invocations, so what a function leaves behind stays undone', async () => {
    const host = await startFixtureForTest();

    const left = await (await fetch(`${host.url}/work-left-behind`)).text();
    await new Promise((resolve) => setTimeout(resolve, 400));
    const doneWhileFrozen = host.log.filter((line) => line.includes('work left behind'));
    await (await fetch(`${host.url}/stream`)).text();

    expect(left).toBe('done');
    expect(doneWhileFrozen).toEqual([]);
    expect(host.log.join('\n')).toContain('work left behind was done');
  });

  it('answers 504 and kills the process of a function that never ends its answer', async () => {
    const host = await startFixtureForTest({ timeoutSeconds: 0.5 });

    const response = await fetch(`${host.url}/never-ends`);
    const next = await fetch(`${host.url}/merged`);
    await next.text();

    expect(response.status).toBe(504);
    expect(host.log.join('\n')).toContain('Task timed out after 0.50 seconds');
    expect(host.invocations.map((invocation) => invocation.coldStart)).toEqual([true, true]);
  });

  it('cuts the answer of a function that runs out of time in the middle of it', async () => {
    const host = await startFixtureForTest({ timeoutSeconds: 1 });

    const response = await fetch(`${host.url}/stalls`);
    const body = response.text();

    await expect(body).rejects.toThrow('terminated');
    expect(response.status).toBe(200);
    expect(lastInvocation(host).errorType).toBe('Sandbox.Timedout');
  });

  it('answers 504 when nothing comes for longer than CloudFront waits', async () => {
    const host = await startFixtureForTest({ idleTimeoutSeconds: 3 });
    await (await fetch(`${host.url}/merged`)).text();

    const response = await fetch(`${host.url}/never-ends`);

    expect(response.status).toBe(504);
  });

  it.each([
    ['a module that cannot be loaded', 'broken.handler', 'cannot be loaded'],
    ['a handler that is not exported', 'index.missing', 'Runtime.HandlerNotFound'],
    ['a handler that does not stream', 'index.buffered', 'not a streamed integration response'],
  ])('answers 502 for %s', async (_case, handler, reason) => {
    const host = await startFixtureForTest({ handler });

    const response = await fetch(`${host.url}/merged`);

    expect(response.status).toBe(502);
    expect(host.log.join('\n')).toContain(reason);
  });
});
