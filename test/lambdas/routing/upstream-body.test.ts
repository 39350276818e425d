import { getEventListeners } from 'node:events';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { type BodyLimits, readWholeBody, UpstreamBody } from '../../../lambdas/routing/upstream-body.ts';
import { type Handler, hangMidStream, json, resetMidStream, sse } from '../../fixtures/upstream.ts';
import { clientOf, upstreamOf } from './call.ts';

afterEach(() => {
  vi.useRealTimers();
});

async function bodyOf(handler: Handler, limits: Partial<BodyLimits> = {}): Promise<UpstreamBody> {
  const upstream = await upstreamOf(handler);
  const signal = limits.signal ?? new AbortController().signal;
  const timeouts = { connectMs: 5000, firstByteMs: 5000, idleMs: 5000, totalMs: 5000 };
  const url = new URL(upstream.url);
  const response = await clientOf().post({ url, headers: {}, body: Buffer.from('{}'), timeouts, signal });
  return new UpstreamBody(response, { idleMs: 5000, endsAt: Date.now() + 5000, signal, ...limits });
}

test('gives every piece and then the end, without a silence in between', async () => {
  const body = await bodyOf(sse(['one', 'two', 'three', ''], 5));

  let text = '';
  const seen = new Set<string>();
  for (let what = ''; what !== 'end'; seen.add(what)) {
    const piece = body.read();
    text += piece ?? '';
    what = piece === undefined ? await body.wait(5000) : 'data';
  }

  expect(text).toBe('onetwothree');
  expect([...seen]).toEqual(['data', 'end']);
});

test('reads a whole body', async () => {
  const body = await bodyOf(json({ text: 'x'.repeat(300_000) }));

  const bytes = await readWholeBody(body, 1_000_000);

  expect(bytes.toString()).toBe(JSON.stringify({ text: 'x'.repeat(300_000) }));
});

test('stops at the first byte over the maximum', async () => {
  const body = await bodyOf(json({ text: 'x'.repeat(300_000) }));

  await expect(readWholeBody(body, 100_000)).rejects.toMatchObject({ kind: 'too-large' });
});

test('leaves no listener on the signal, which may outlive a million requests', async () => {
  const { signal } = new AbortController();
  const body = await bodyOf(json({}), { signal });
  const before = getEventListeners(signal, 'abort').length;

  await readWholeBody(body, 1000);
  await vi.waitFor(() => expect(getEventListeners(signal, 'abort')).toHaveLength(0));

  expect(before).toBeGreaterThan(0);
});

test('ends a provider that never pauses once its time is over', async () => {
  const body = await bodyOf(json({ text: 'x'.repeat(300_000) }));
  await body.wait(5000);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 });

  const reading = readWholeBody(body, 1_000_000);

  await expect(reading).rejects.toMatchObject({ kind: 'total-timeout' });
});

test("does not take a slow reader's pause for the provider's silence", async () => {
  let proceed = (): void => {};
  const body = await bodyOf(
    async (_request, response) => {
      response.writeHead(200).write('one');
      await new Promise<void>((resolve) => (proceed = resolve));
      response.end('two');
    },
    { endsAt: Infinity },
  );
  await body.wait(5000);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 });

  const first = body.read();
  const waiting = body.wait(Infinity);
  setTimeout(() => proceed(), 20);
  const what = await waiting;

  expect([String(first), what, String(body.read())]).toEqual(['one', 'data', 'two']);
});

test('tells a reset from an end', async () => {
  const body = await bodyOf(resetMidStream(3, ['one two']));

  const reading = readWholeBody(body, 1000);

  await expect(reading).rejects.toMatchObject({ kind: 'reset' });
});

test('tells that the caller has gone, even while it waits', async () => {
  const gone = new AbortController();
  const body = await bodyOf(hangMidStream([]), { signal: gone.signal });

  const waiting = body.wait(5000);
  await setImmediate();
  gone.abort();

  await expect(waiting).rejects.toMatchObject({ kind: 'aborted' });
});

test('takes no more from the provider than the reader has room for', async () => {
  let written = 0;
  const body = await bodyOf(async (_request, response) => {
    response.writeHead(200);
    const piece = Buffer.alloc(64 * 1024);
    while (written < 64 * 1024 * 1024 && response.write(piece)) written += piece.length;
    while (!response.destroyed && written < 64 * 1024 * 1024) {
      if (response.writableNeedDrain) await sleep(5);
      else written += response.write(piece) ? piece.length : 0;
    }
  });

  await body.wait(5000);
  let before = -1;
  while (before !== written) {
    before = written;
    await sleep(100);
  }
  body.destroy();

  expect(written).toBeLessThan(32 * 1024 * 1024);
});
