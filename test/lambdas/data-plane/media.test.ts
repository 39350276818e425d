import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { GatewayRequest, GatewayResponse } from '../../../lambdas/http/gateway-request.ts';
import type { ProviderDeclaration } from '../../../lambdas/store/policy.ts';
import type { RequestRecord } from '../../../lambdas/store/request-record.ts';
import {
  createProcess,
  createRequest,
  createTenant,
  createTestClock,
  putCatalog,
  readText,
  recordOf,
  startTestStore,
  type Tenant,
  type TestProcess,
  type TestStore,
} from '../../fixtures/data-plane.ts';
import {
  errorBody200,
  type Handler,
  html200,
  json,
  sse,
  startUpstream,
  type Upstream,
} from '../../fixtures/upstream.ts';

let store: TestStore;

beforeAll(async () => {
  store = await startTestStore();
});
afterAll(() => store.close());

/** Micro-USD per million, so that a token of input costs 1, of output 2, and a unit 1,000. */
const byToken = { inputPerMillion: 1_000_000, outputPerMillion: 2_000_000 };
const byUnit = { inputPerMillion: 0, outputPerMillion: 0, perMillionUnits: 1_000_000_000 };
const clock = createTestClock();

interface World {
  readonly upstream: Upstream;
  readonly tenant: Tenant;
  readonly process: TestProcess;
  send(path: string, body: object | FormData, changes?: Partial<GatewayRequest>): Promise<Sent>;
}

interface Sent {
  readonly response: GatewayResponse;
  readonly request: GatewayRequest;
  record(): Promise<RequestRecord | undefined>;
}

async function createWorld(script: Handler, balanceMicroUsd = 100_000): Promise<World> {
  const upstream = await startUpstream(script);
  onTestFinished(() => upstream.close());
  const lab: ProviderDeclaration = {
    baseUrl: `${upstream.url}/v1`,
    protocols: [
      'openai-chat',
      'openai-images',
      'openai-speech',
      'openai-transcriptions',
      'openai-moderations',
      'rerank',
    ],
    auth: { kind: 'none' },
    models: [
      { id: 'tokens', price: byToken },
      { id: 'units', price: byUnit },
      { id: 'short', price: byToken, maxOutputTokens: 500 },
      { id: 'free', free: true },
    ],
  };
  await putCatalog(store, { lab });
  const tenant = await createTenant(store, { organization: { billing: 'prepaid' }, balanceMicroUsd });
  const process = createProcess(store, clock);
  onTestFinished(() => process.close());
  return {
    upstream,
    tenant,
    process,
    async send(path, body, changes = {}) {
      const base = createRequest(clock, { apiKey: tenant.apiKey, path, body });
      const request = { ...base, ...(body instanceof FormData && (await formRequest(base, body))), ...changes };
      const response = await process.handle(request);
      return { response, request, record: () => recordOf(store, tenant, request) };
    },
  };
}

async function formRequest(base: GatewayRequest, form: FormData): Promise<Partial<GatewayRequest>> {
  const sent = new Response(form);
  const bytes = Buffer.from(await sent.arrayBuffer());
  const contentType = sent.headers.get('content-type') ?? '';
  return { headers: { ...base.headers, 'content-type': contentType }, readBody: async () => bytes };
}

function audioForm(model: string, fields: Readonly<Record<string, string>> = {}, bytes = 1_000): FormData {
  const form = new FormData();
  form.set('file', new File([new Uint8Array(bytes).fill(7)], 'a.mp3'));
  form.set('model', model);
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return form;
}

const bytes = (type: string, ...chunks: Buffer[]): Handler => {
  return async (_request, response) => {
    response.writeHead(200, { 'content-type': type });
    for (const chunk of chunks) response.write(chunk);
    response.end();
  };
};

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

describe('images', () => {
  const picture = { data: [{ b64_json: 'AAAA' }, { b64_json: 'BBBB' }] };
  const path = '/v1/images/generations';

  test('are charged by the tokens of the answer', async () => {
    const { send } = await createWorld(json({ ...picture, usage: { input_tokens: 10, output_tokens: 272 } }));

    const { record } = await send(path, { model: 'lab/tokens', prompt: 'a cat', quality: 'low' });

    expect(await record()).toMatchObject({ inputTokens: 10, outputTokens: 272, costMicroUsd: 554 });
  });

  test('are charged by the image where the model has a price for one', async () => {
    const { send } = await createWorld(json(picture));

    const { record } = await send(path, { model: 'lab/units', prompt: 'a cat', n: 2 });

    expect(await record()).toMatchObject({ billedUnits: 2, usageEstimated: false, costMicroUsd: 2_000 });
  });

  test.each([
    [{ quality: 'low' }, 200],
    [{ quality: 'low', n: 50 }, 402],
    [{ quality: 'medium', n: 10 }, 402],
    [{}, 200],
    [{ n: 3 }, 402],
    [{ partial_images: 300 }, 400],
  ])('are held for with the most tokens that %j can take: %d', async (options, status) => {
    const { send, upstream } = await createWorld(json({ ...picture, usage: { input_tokens: 1, output_tokens: 1 } }));

    const { response } = await send(path, { model: 'lab/tokens', prompt: 'a cat', ...options });

    expect(response.status).toBe(status);
    expect(upstream.requests).toHaveLength(status === 200 ? 1 : 0);
    expect(response.headers['x-gatehouse-max-output-tokens']).toBeUndefined();
  });

  test('of a model with a lower bound are held for with that, and no cap is told that nobody sends', async () => {
    const { send, upstream } = await createWorld(json(picture), 2_000);

    const { response, record } = await send(path, { model: 'lab/short', prompt: 'a cat' });

    expect([response.status, response.headers['x-gatehouse-max-output-tokens']]).toEqual([200, undefined]);
    expect(upstream.requests[0]?.body.toString()).toBe('{"model":"short","prompt":"a cat"}');
    expect(await record()).toMatchObject({ outputTokens: 500, usageEstimated: true });
  });

  test('stream, each with usage of its own, until the last one', async () => {
    const done = {
      type: 'image_generation.completed',
      b64_json: 'AAAA',
      usage: { input_tokens: 5, output_tokens: 100 },
    };
    const events = [{ type: 'image_generation.partial_image', b64_json: 'A' }, done, done];
    const { send } = await createWorld(sse(events));

    const { response, record } = await send(path, {
      model: 'lab/tokens',
      prompt: 'a',
      stream: true,
      n: 2,
      quality: 'low',
    });

    expect(await readText(response)).toBe(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''));
    expect(await record()).toMatchObject({ ending: 'completed', inputTokens: 10, outputTokens: 200 });
  });

  test('that fail inside the stream end with an error event and are charged at most', async () => {
    const events = [
      { type: 'image_generation.partial_image', b64_json: 'A' },
      { type: 'error', error: { type: 'server_error', message: 'no' } },
    ];
    const { send } = await createWorld(sse(events));

    const { response, record } = await send(path, { model: 'lab/tokens', prompt: 'a', stream: true, quality: 'low' });

    expect(await readText(response)).toContain('provider_error');
    expect(await record()).toMatchObject({
      ending: 'provider-failed-midstream',
      outputTokens: 1_000,
      usageEstimated: true,
    });
  });
});

describe('reranking', () => {
  const ask = { query: 'cat', documents: ['a', 'b'] };

  test.each([
    [
      'Cohere',
      'units',
      { results: [], meta: { billed_units: { search_units: 1 } } },
      { billedUnits: 1, costMicroUsd: 1_000 },
    ],
    ['Voyage', 'tokens', { data: [], usage: { total_tokens: 7 } }, { inputTokens: 7, costMicroUsd: 7 }],
    [
      'Jina',
      'tokens',
      { results: [], usage: { total_tokens: 7, prompt_tokens: 7 } },
      { inputTokens: 7, costMicroUsd: 7 },
    ],
  ])('is charged as %s tells it', async (_vendor, model, answer, charged) => {
    const { send, upstream } = await createWorld(json(answer));

    const { response, record } = await send('/v1/rerank', { model: `lab/${model}`, ...ask });

    expect(JSON.parse(await readText(response))).toEqual(answer);
    expect(upstream.requests[0]?.body.toString()).toBe(JSON.stringify({ model, ...ask }));
    expect(await record()).toMatchObject({ ...charged, usageEstimated: false });
  });

  test('without a figure costs the most it can: the query is read with every document', async () => {
    const { send } = await createWorld(json({ results: [] }));

    const { request, record } = await send('/v1/rerank', { model: 'lab/tokens', ...ask });

    const { length } = await request.readBody();
    expect(await record()).toMatchObject({ inputTokens: length + 6, usageEstimated: true });
  });
});

describe('moderation', () => {
  test('takes the model of OpenAI where none is named', async () => {
    const { send } = await createWorld(json({ results: [] }));

    const { response } = await send('/v1/moderations', { input: 'a' });

    expect(JSON.parse(await readText(response))).toMatchObject({ error: { code: 'model_not_found' } });
  });

  test('of a priced model is never free for want of a figure', async () => {
    const { send } = await createWorld(json({ results: [] }));

    const records = [
      await (await send('/v1/moderations', { model: 'lab/tokens', input: 'a' })).record(),
      await (await send('/v1/moderations', { model: 'lab/units', input: 'a' })).record(),
      await (await send('/v1/moderations', { model: 'lab/free', input: 'a' })).record(),
    ];

    expect(records.map((record) => record?.costMicroUsd)).toEqual([34, 1_000, 0]);
  });
});

test('a model that is charged by a unit is refused where nobody counts it', async () => {
  const { send, upstream } = await createWorld(json({}));

  const { response } = await send('/v1/chat/completions', {
    model: 'lab/units',
    messages: [{ role: 'user', content: 'a' }],
  });

  expect([response.status, response.headers['x-gatehouse-error-code']]).toEqual([400, 'model_not_priced']);
  expect(upstream.requests).toHaveLength(0);
});
