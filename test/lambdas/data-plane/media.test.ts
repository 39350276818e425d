import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readText, startTestStore, type TestStore } from '../../fixtures/data-plane.ts';
import { type Handler, json, sse } from '../../fixtures/upstream.ts';
import { createMediaWorld, type MediaWorld } from './media-world.ts';

let store: TestStore;

beforeAll(async () => {
  store = await startTestStore();
});
afterAll(() => store.close());

const createWorld = (script: Handler, balanceMicroUsd?: number): Promise<MediaWorld> =>
  createMediaWorld(store, script, balanceMicroUsd);

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
