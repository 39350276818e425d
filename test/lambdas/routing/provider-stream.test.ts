import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { anthropicMessages } from '../../../lambdas/wire/anthropic-messages.ts';
import {
  errorBody200,
  gzip,
  type Handler,
  hangAfterHeaders,
  hangMidStream,
  html200,
  json,
  resetMidStream,
  sampleChunks,
  sampleCompletion,
  slowDrip,
  sse,
  truncatedSse,
} from '../../fixtures/upstream.ts';
import { call, type CallSettings, clientOf, drain, type Drained, streamOf, targetAt, upstreamOf } from './call.ts';

const event = (data: object | string): string => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
const [hello, there, stop] = sampleChunks as [object, object, object];
const asked = { stream: true, body: { stream_options: { include_usage: true } } };
const everything = sampleChunks.map((chunk) => (typeof chunk === 'string' ? chunk : event(chunk))).join('');
const errorChunk = { error: { message: 'secret stack at 10.0.0.1', type: 'server_error', code: null } };

async function drained(handler: Handler, settings: CallSettings = asked, timeouts = {}): Promise<Drained> {
  const upstream = await upstreamOf(handler);
  const { answer } = call([targetAt(upstream.url, { timeouts })], settings);
  return drain(await streamOf(answer));
}

describe('a healthy stream', () => {
  test('passes on every byte the provider sent, its end last', async () => {
    const result = await drained(sse(sampleChunks));

    expect(result.text).toBe(everything);
    expect(result.last).toMatchObject({ kind: 'end', bytes: Buffer.from('data: [DONE]\n\n') });
  });

  test('passes on every byte when they come one by one', async () => {
    const result = await drained(slowDrip(everything, 0));

    expect(result.text).toBe(everything);
    expect(result.pieces.filter(({ kind }) => kind === 'silence')).toEqual([]);
  });

  test('tells usage and finish reason', async () => {
    const upstream = await upstreamOf(sse(sampleChunks));
    const stream = await streamOf(call([targetAt(upstream.url)], asked).answer);

    await drain(stream);

    expect(stream.reader.facts()).toMatchObject({ finishReason: 'stop', usage: { inputTokens: 10, outputTokens: 2 } });
  });

  test('measures the answer by what its events do not have in common', async () => {
    const delta = (content: string): object => ({
      id: 'c',
      choices: [{ index: 0, delta: { content }, finish_reason: null }],
    });
    const upstream = await upstreamOf(sse([delta(''), delta('a'), delta('bcd'), event('[DONE]')]));
    const stream = await streamOf(call([targetAt(upstream.url)], asked).answer);

    await drain(stream);

    expect(stream.reader.contentBytes()).toBe('a'.length + 'bcd'.length);
    expect(stream.reader.contentEvents()).toBe(3);
  });

  test('hides the usage that the caller did not ask for, and still reads it', async () => {
    const upstream = await upstreamOf(sse(sampleChunks));
    const stream = await streamOf(call([targetAt(upstream.url)], { stream: true }).answer);

    const { text } = await drain(stream);

    const withoutUsage = [hello, there, stop].map(({ usage: _hidden, ...chunk }: { usage?: unknown }) => event(chunk));
    expect(text).toBe([...withoutUsage, event('[DONE]')].join(''));
    expect(stream.reader.facts().usage).toMatchObject({ inputTokens: 10, outputTokens: 2 });
  });

  test('drops what comes after the end', async () => {
    const result = await drained(sse([hello, stop, `${event('[DONE]')}${event(there)}`]));

    expect(result.text).toBe(event(hello) + event(stop) + event('[DONE]'));
  });

  test("swallows the provider's own keep-alive before the first event, and passes on later ones", async () => {
    const result = await drained(
      sse([': OPENROUTER PROCESSING\n\n', ': more\n\n', hello, ': later\n\n', stop, event('[DONE]')], 5),
    );

    expect(result.text).toBe(`${event(hello)}: later\n\n${event(stop)}${event('[DONE]')}`);
  });

  test('leaves the connection open for the next request', async () => {
    // The body ends in a packet of its own, as it does with every provider that thinks before it sends.
    const upstream = await upstreamOf(sse([...sampleChunks, ''], 5));
    const settings = { ...asked, client: clientOf() };
    const first = await streamOf(call([targetAt(upstream.url)], settings).answer);
    for (let piece = await first.next(1000); piece.kind !== 'end';) piece = await first.next(1000);
    // As long as settlement takes, the end of the HTTP body arrives behind the last event.
    await upstream.requests[0]!.ended;
    await sleep(20);

    first.close();
    await sleep(20);
    await drain(await streamOf(call([targetAt(upstream.url)], settings).answer));

    expect(upstream.connections).toBe(1);
  });

  test('closes the connection of a stream that is given up', async () => {
    const upstream = await upstreamOf(hangMidStream());
    const stream = await streamOf(call([targetAt(upstream.url)], asked).answer);

    stream.close();

    expect(await upstream.requests[0]!.ended).toMatchObject({ outcome: 'aborted' });
  });
});

describe('the end', () => {
  test('is taken from the finish reason where the provider marks none', async () => {
    const result = await drained(sse([hello, there, stop]));

    expect(result.text).toBe(event(hello) + event(there) + event(stop));
    expect(result.pieces.at(-1)).toEqual({ kind: 'end', bytes: Buffer.alloc(0) });
    expect(result.pieces.filter(({ kind }) => kind === 'silence')).toEqual([]);
  });

  test.each(['data: [DONE]', 'data: [DONE]\n', 'data: [DONE]\r\n'])(
    'is seen without its blank line: %j',
    async (done) => {
      const result = await drained(sse([hello, stop, done]));

      expect(result.last.kind).toBe('end');
      expect(result.text.startsWith(event(hello) + event(stop) + done.trimEnd())).toBe(true);
    },
  );

  test('is whole where only the blank line behind the finish reason is missing', async () => {
    const result = await drained(sse([hello, event(stop).trimEnd()]));

    expect(result.last.kind).toBe('end');
    expect(result.text).toBe(event(hello) + event(stop));
  });

  test('is a failure when no finish reason came', async () => {
    const result = await drained(sse([hello, there]));

    expect(result.text).toBe(event(hello) + event(there));
    expect(result.last).toMatchObject({
      kind: 'failed',
      error: { code: 'provider_invalid_response', retryable: true },
    });
  });

  test('is a failure in the middle of an event, which is not passed on', async () => {
    const result = await drained(truncatedSse());

    expect(result.text).toBe(event(hello));
    expect(result.last).toMatchObject({ kind: 'failed', error: { code: 'provider_invalid_response', status: 502 } });
  });

  test("of Anthropic's stream may miss its last event too", async () => {
    const upstream = await upstreamOf(
      sse([
        'event: message_start\ndata: {"type":"message_start","message":{"usage":{"input_tokens":3,"output_tokens":1}}}\n\n',
        'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}\n\n',
      ]),
    );
    const settings = { stream: true, body: { max_tokens: 5 }, protocol: anthropicMessages };
    const stream = await streamOf(call([targetAt(upstream.url)], settings).answer);

    const { last } = await drain(stream);

    expect(last.kind).toBe('end');
    expect(stream.reader.facts()).toMatchObject({ finishReason: 'stop', usage: { inputTokens: 3, outputTokens: 2 } });
  });
});

describe('a failure before the first event is thrown, so that a fallback stays possible', () => {
  const failures: [string, Handler, object][] = [
    ['an error event', sse([errorChunk]), { code: 'provider_error', status: 502, retryable: true }],
    ['an error event behind a comment', sse([': hi\n\n', errorChunk], 5), { code: 'provider_error' }],
    ['an error that is plain text', sse([{ error: 'out of memory' }]), { code: 'provider_error', retryable: true }],
    ['nothing at all', sse([]), { code: 'provider_invalid_response', retryable: true }],
    ['nothing but a comment', sse([': hi\n\n']), { code: 'provider_invalid_response', retryable: true }],
    ['half an event', truncatedSse(sampleChunks.slice(0, 1)), { code: 'provider_invalid_response' }],
    ['a reset', resetMidStream(10), { code: 'provider_error', status: 502, retryable: true }],
    ['a compressed stream', gzip(everything, 'text/event-stream'), { code: 'provider_invalid_response' }],
    ['a web page', html200, { code: 'provider_invalid_response', retryable: true }],
    ['an error as JSON', errorBody200, { code: 'provider_error', retryable: true }],
    ['an answer in one piece', json(sampleCompletion), { code: 'provider_invalid_response' }],
  ];

  test.each(failures)('%s', async (_name, handler, expected) => {
    const upstream = await upstreamOf(handler);

    const { answer } = call([targetAt(upstream.url)], asked);

    await expect(answer).rejects.toMatchObject({ owner: 'provider', provider: 'lab', ...expected });
    await expect(answer).rejects.not.toThrow(/secret|nginx|10\.0\.0\.1/);
  });

  test('silence longer than the idle timeout', async () => {
    const upstream = await upstreamOf(hangAfterHeaders);

    const { answer } = call([targetAt(upstream.url, { timeouts: { idleMs: 20 } })], asked);

    await expect(answer).rejects.toMatchObject({ code: 'provider_timeout', status: 504 });
    expect(await upstream.requests[0]!.ended).toMatchObject({ outcome: 'aborted' });
  });
});

describe('a failure after the first event is a piece', () => {
  test('of an error event, which itself is not passed on', async () => {
    const result = await drained(sse([hello, errorChunk, there]));

    expect(result.text).toBe(event(hello));
    expect(result.last).toMatchObject({ kind: 'failed', error: { code: 'provider_error', owner: 'provider' } });
    expect(result.last).not.toMatchObject({ error: { message: expect.stringContaining('secret') } });
  });

  test('of a reset connection', async () => {
    const result = await drained(resetMidStream(event(hello).length + 5));

    expect(result.text).toBe(event(hello));
    expect(result.last).toMatchObject({ kind: 'failed', error: { code: 'provider_error', status: 502 } });
  });

  test('of silence beyond the idle timeout', async () => {
    const result = await drained(hangMidStream(), asked, { idleMs: 20 });

    expect(result.last).toMatchObject({ kind: 'failed', error: { code: 'provider_timeout', status: 504 } });
  });

  test('of a provider that goes on longer than the whole request may last', async () => {
    const endless: Handler = async (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      while (!response.destroyed) {
        response.write(event(there));
        await setImmediate();
      }
    };

    const result = await drained(endless, asked, { totalMs: 100 });

    expect(result.last).toMatchObject({ kind: 'failed', error: { code: 'provider_timeout', status: 504 } });
  });

  test('of an event without end', async () => {
    const endless: Handler = async (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(event(hello));
      response.end(`data: ${'x'.repeat(17 * 1024 * 1024)}`);
    };

    const result = await drained(endless);

    expect(result.text).toBe(event(hello));
    expect(result.last).toMatchObject({ kind: 'failed', error: { code: 'provider_invalid_response' } });
  });

  test('of an aborted signal, which closes the connection', async () => {
    const upstream = await upstreamOf(hangMidStream());
    const gone = new AbortController();
    const stream = await streamOf(call([targetAt(upstream.url)], { ...asked, signal: gone.signal }).answer);

    const reading = drain(stream);
    gone.abort();

    expect((await reading).last.kind).toBe('failed');
    expect(await upstream.requests[0]!.ended).toMatchObject({ outcome: 'aborted' });
  });
});

test('says that nothing came for as long as it was asked to wait, and goes on afterwards', async () => {
  let proceed = (): void => {};
  const upstream = await upstreamOf(async (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(event(hello));
    await new Promise<void>((resolve) => (proceed = resolve));
    response.end(event(stop) + event('[DONE]'));
  });
  const stream = await streamOf(call([targetAt(upstream.url)], asked).answer);
  await stream.next(10);

  const silence = await stream.next(10);
  proceed();
  const { text } = await drain(stream);

  expect(silence).toEqual({ kind: 'silence' });
  expect(text).toBe(event(stop) + event('[DONE]'));
});
