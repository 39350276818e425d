import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readText, startTestStore, type TestStore } from '../../fixtures/data-plane.ts';
import { errorBody200, type Handler, html200, json, sse } from '../../fixtures/upstream.ts';
import { audioForm, bytes, createMediaWorld, type MediaWorld } from './media-world.ts';

let store: TestStore;

beforeAll(async () => {
  store = await startTestStore();
});
afterAll(() => store.close());

const createWorld = (script: Handler, balanceMicroUsd?: number): Promise<MediaWorld> =>
  createMediaWorld(store, script, balanceMicroUsd);

const speech = (model: string, more: object = {}): object => ({
  model: `lab/${model}`,
  input: 'Grüße',
  voice: 'a',
  ...more,
});
const speechPath = '/v1/audio/speech';
const transcriptionPath = '/v1/audio/transcriptions';

describe('speech', () => {
  test('comes through byte for byte with its media type, and is charged by the character', async () => {
    const audio = [Buffer.from([0x3a, 0x0d, 0x0a]), Buffer.from([0, 255, 128, 10, 10])];
    const { send, upstream } = await createWorld(bytes('audio/mpeg', ...audio));

    const { response, record } = await send(speechPath, speech('units'));

    const pieces: Uint8Array[] = [];
    for await (const piece of response.body as AsyncIterable<Uint8Array>) pieces.push(piece);
    expect(Buffer.concat(pieces)).toEqual(Buffer.concat(audio));
    expect(response.headers['content-type']).toBe('audio/mpeg');
    expect(upstream.requests[0]?.headers.accept).toBe('*/*');
    expect(await record()).toMatchObject({
      ending: 'completed',
      billedUnits: 5,
      inputTokens: 0,
      usageEstimated: false,
      costMicroUsd: 5_000,
    });
  });

  test('of a model that is charged by tokens costs the most it can, since bytes tell none', async () => {
    const { send } = await createWorld(bytes('audio/mpeg', Buffer.from('ID3')));

    const { response, record } = await send(speechPath, speech('tokens'));

    await readText(response);
    expect(await record()).toMatchObject({
      inputTokens: 7,
      outputTokens: 215,
      usageEstimated: true,
      costMicroUsd: 437,
    });
  });

  test('is audio also where it looks like what keeps a stream alive', async () => {
    const audio = Buffer.from(':\r\n');
    const { send } = await createWorld(bytes('audio/pcm', audio));

    const { response } = await send(speechPath, speech('units'));

    expect(await readText(response)).toBe(audio.toString());
  });

  test.each([
    [100, 200],
    [101, 402],
  ])('of %d characters is held for at the price of each, against what a balance covers: %d', async (length, status) => {
    const { send } = await createWorld(bytes('audio/mpeg', Buffer.from('ID3')));

    const { response } = await send(speechPath, speech('units', { input: 'é'.repeat(length) }));

    expect(response.status).toBe(status);
  });

  test('as events is charged by the tokens that its last event tells', async () => {
    const usage = { input_tokens: 3, output_tokens: 20, total_tokens: 23 };
    const events = [
      { type: 'speech.audio.delta', audio: 'AAAA' },
      { type: 'speech.audio.done', usage },
    ];
    const { send } = await createWorld(sse(events));

    const { response, record } = await send(speechPath, speech('tokens', { stream_format: 'sse' }));

    expect(await readText(response)).toBe(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''));
    expect(await record()).toMatchObject({ ending: 'completed', inputTokens: 3, outputTokens: 20, costMicroUsd: 43 });
  });

  test('that breaks off cuts the connection instead of ending as if it were whole, and is charged', async () => {
    const { send } = await createWorld((_request, response) => {
      response.writeHead(200, { 'content-type': 'audio/mpeg' });
      response.write('ID3', () => response.socket?.resetAndDestroy());
    });

    const { response, record } = await send(speechPath, speech('units'));

    await expect(readText(response)).rejects.toMatchObject({ code: 'provider_error' });
    expect(await record()).toMatchObject({ ending: 'provider-failed-midstream', billedUnits: 5, costMicroUsd: 5_000 });
  });

  test.each([
    ['a page', html200],
    ['an error', errorBody200],
    ['nothing', bytes('audio/mpeg')],
  ])('is an error where the provider answers with %s, and costs nothing', async (_name, script) => {
    const { send } = await createWorld(script);

    const { response, record } = await send(speechPath, speech('units'));

    expect([response.status, response.headers['content-type']]).toEqual([502, 'application/json']);
    expect(await record()).toMatchObject({ status: 502, costMicroUsd: 0 });
  });
});

describe('a transcription', () => {
  test('reaches the provider as it was sent, but for the name of its model', async () => {
    const { send, upstream } = await createWorld(
      json({ text: 'Hi', usage: { type: 'tokens', input_tokens: 9, output_tokens: 2 } }),
    );

    const { request, record } = await send(transcriptionPath, audioForm('lab/tokens', { language: 'de' }));

    const [sent] = upstream.requests;
    expect(sent?.headers['content-type']).toBe(request.headers['content-type']);
    expect(sent?.body.toString('latin1')).toBe(
      (await request.readBody()).toString('latin1').replace('lab/tokens', 'tokens'),
    );
    expect(await record()).toMatchObject({ inputTokens: 9, outputTokens: 2, usageEstimated: false, costMicroUsd: 13 });
  });

  test.each([
    ['its usage', { text: '', usage: { type: 'duration', seconds: 2.1 } }],
    ['its duration', { text: '', duration: 2.5, segments: [] }],
  ])('is charged by the begun seconds that %s tells', async (_name, answer) => {
    const { send } = await createWorld(json(answer));

    const { record } = await send(transcriptionPath, audioForm('lab/units'));

    expect(await record()).toMatchObject({
      billedUnits: 3,
      inputTokens: 0,
      usageEstimated: false,
      costMicroUsd: 3_000,
    });
  });

  test.each([
    ['units', { billedUnits: 2, costMicroUsd: 2_000 }],
    // A thousand bytes are at most two seconds: 20 tokens of audio and 120 of text; the fields count by their bytes.
    ['tokens', { outputTokens: 120 }],
  ])('as subtitles tells nothing, so that one by %s costs the most it can', async (model, charged) => {
    const subtitles = Buffer.from('WEBVTT\n\n42');
    const { send } = await createWorld(bytes('text/vtt; charset=utf-8', subtitles));

    const { response, record } = await send(transcriptionPath, audioForm(`lab/${model}`, { response_format: 'vtt' }));

    expect([await readText(response), response.headers['content-type']]).toEqual([
      subtitles.toString(),
      'text/vtt; charset=utf-8',
    ]);
    expect(await record()).toMatchObject({ ending: 'completed', usageEstimated: true, ...charged });
    expect((await record())?.costMicroUsd).toBeGreaterThan(0);
  });

  test('streams, with the record written before its last event', async () => {
    const events = [
      { type: 'transcript.text.delta', delta: '"type":"transcript.text.done"' },
      { type: 'transcript.text.done', text: 'Hi', usage: { input_tokens: 9, output_tokens: 2 } },
    ];
    const { send } = await createWorld(sse(events));

    const { response, record } = await send(transcriptionPath, audioForm('lab/tokens', { stream: 'true' }));

    const seen: (string | undefined)[] = [];
    for await (const piece of response.body as AsyncIterable<Uint8Array>) {
      if (piece.length > 0) seen.push((await record())?.ending);
    }
    expect(seen).toEqual([undefined, 'completed']);
    expect(await record()).toMatchObject({ streamed: true, inputTokens: 9, outputTokens: 2 });
  });

  test.each([
    ['no file', { model: 'lab/units' }, 'file'],
    ['no model', { file: new File(['a'], 'a.mp3') }, 'model'],
    ['an unclear stream', { file: new File(['a'], 'a.mp3'), model: 'lab/units', stream: 'maybe' }, 'stream'],
  ])('with %s is refused, naming the field', async (_name, fields, param) => {
    const { send } = await createWorld(json({}));
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.set(name, value);

    const { response } = await send(transcriptionPath, form);

    expect([response.status, JSON.parse(await readText(response))]).toMatchObject([400, { error: { param } }]);
  });

  test('as JSON is refused, and JSON is what the other endpoints take', async () => {
    const { send } = await createWorld(json({}));

    const refused = [await send(transcriptionPath, {}), await send('/v1/moderations', audioForm('lab/units'))];

    expect(refused.map(({ response }) => response.headers['x-gatehouse-error-code'])).toEqual([
      'unsupported_media_type',
      'unsupported_media_type',
    ]);
  });
});
