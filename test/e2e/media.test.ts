import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Gatehouse, startGatehouse } from '../fixtures/gatehouse.ts';

let gatehouse: Gatehouse;
let openai: OpenAI;

beforeAll(async () => {
  gatehouse = await startGatehouse({
    keys: { narrow: { models: ['sim/echo', 'alias'] } },
    routes: { alias: { strategy: 'ordered', targets: [{ provider: 'sim', model: 'echo' }] } },
  });
  ({ openai } = gatehouse);
});
afterAll(() => gatehouse.close());

/** What the gateway says a request cost, by its id. */
async function generation(id: string | null | undefined): Promise<Record<string, unknown>> {
  const response = await fetch(`${gatehouse.url}/v1/generation?id=${id}`, {
    headers: { authorization: `Bearer ${gatehouse.apiKey}` },
  });
  return ((await response.json()) as { data: Record<string, unknown> }).data;
}

describe("OpenAI's client", () => {
  test('gets images, charged by their tokens', async () => {
    const images = await openai.images.generate({ model: 'sim/image', prompt: 'a grey cat', n: 2 }).withResponse();

    expect(images.data.data?.map(({ b64_json }) => b64_json?.slice(0, 5))).toEqual(['iVBOR', 'iVBOR']);
    expect(images.response.headers.get('x-gatehouse-cost-micro-usd')).toBe('403');
  });

  test('gets speech as bytes of audio under its own media type, charged by the character', async () => {
    const speech = await openai.audio.speech.create({
      model: 'sim/speech',
      voice: 'alloy',
      input: 'Grüße an 猫',
      response_format: 'wav',
    });

    const audio = Buffer.from(await speech.arrayBuffer());
    expect([speech.headers.get('content-type'), audio.length]).toEqual(['audio/wav', 10]);
    expect(await generation(speech.headers.get('x-request-id'))).toMatchObject({
      billed_units: 10,
      cost_micro_usd: 150,
      usage_estimated: false,
      ending: 'completed',
    });
  });

  test('has a file transcribed whose bytes reach the provider as they were, charged by the second', async () => {
    const file = await toFile(Buffer.alloc(40_000, '\r\n--'), 'note "one".mp3', { type: 'audio/mpeg' });

    const answer = await openai.audio.transcriptions.create({ model: 'sim/transcription', file }).withResponse();

    expect(answer.data.text).toMatch(/40000 bytes, sha256 [0-9a-f]{12}$/);
    expect(answer.response.headers.get('x-gatehouse-cost-micro-usd')).toBe('300');
  });

  test('has a file transcribed as plain text, charged by the most seconds there can be', async () => {
    const file = await toFile(Buffer.alloc(1_000), 'note.mp3');

    const answer = await openai.audio.transcriptions
      .create({ model: 'sim/transcription', file, response_format: 'text' })
      .withResponse();

    expect(answer.data).toMatch(/^note\.mp3, 1000 bytes/);
    expect(answer.response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(answer.response.headers.get('x-gatehouse-cost-micro-usd')).toBe('200');
  });

  test('has texts moderated free of charge', async () => {
    const answer = await openai.moderations
      .create({ model: 'sim/moderation', input: ['violence', 'peace'] })
      .withResponse();

    expect(answer.data.results.map(({ flagged }) => flagged)).toEqual([true, false]);
    expect(answer.response.headers.get('x-gatehouse-cost-micro-usd')).toBe('0');
  });

  test('is refused in its own words where the provider refuses', async () => {
    const file = await toFile(Buffer.alloc(1), 'a.mp3');

    const refusals = [
      await openai.audio.transcriptions.create({ model: 'sim/failing', file }).catch((error: unknown) => error),
      await openai.audio.speech
        .create({ model: 'sim/failing', voice: 'a', input: 'a' })
        .catch((error: unknown) => error),
      await openai.images.generate({ model: 'sim/echo', prompt: 'a' }).catch((error: unknown) => error),
    ];

    expect(refusals.map((error) => error instanceof OpenAI.APIError && [error.status, error.code])).toEqual([
      [502, 'provider_error'],
      [502, 'provider_error'],
      [404, 'provider_rejected_request'],
    ]);
  });

  test('lists models and finds one', async () => {
    const ids = (await openai.models.list()).data.map(({ id }) => id);
    const model = await openai.models.retrieve('sim/echo');
    const missing = await openai.models.retrieve('sim/nothing').catch((error: unknown) => error);

    expect(ids).toContain('sim/echo');
    expect(model).toEqual({ id: 'sim/echo', object: 'model', created: 0, owned_by: 'sim' });
    expect(missing).toBeInstanceOf(OpenAI.NotFoundError);
  });
});

test('documents are ranked, charged by the search', async () => {
  const response = await fetch(`${gatehouse.url}/v1/rerank`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gatehouse.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'sim/rerank', query: 'grey cat', documents: ['a dog', 'a grey cat'], top_n: 1 }),
  });

  expect(await response.json()).toMatchObject({ results: [{ index: 1, relevance_score: 1 }] });
  expect(response.headers.get('x-gatehouse-cost-micro-usd')).toBe('2000');
});

describe("Anthropic's client", () => {
  test('lists models and finds one, an alias too', async () => {
    const models = [];
    for await (const model of gatehouse.anthropic.models.list()) models.push(model);
    const one = await gatehouse.anthropic.models.retrieve('alias');

    expect(models.find(({ id }) => id === 'sim/echo')).toMatchObject({ type: 'model', display_name: 'sim/echo' });
    expect(one).toMatchObject({ type: 'model', id: 'alias', created_at: '1970-01-01T00:00:00Z' });
  });

  test('is told in its own words that there is no such model for its key', async () => {
    const narrow = new Anthropic({
      apiKey: gatehouse.keyOf('narrow'),
      authToken: null,
      baseURL: gatehouse.url,
      maxRetries: 0,
    });

    const listed = (await narrow.models.list()).data.map(({ id }) => id);
    const hidden = await narrow.models.retrieve('sim/slow').catch((error: unknown) => error);

    expect(listed).toEqual(['alias', 'sim/echo']);
    expect(hidden).toBeInstanceOf(Anthropic.NotFoundError);
    expect((hidden as InstanceType<typeof Anthropic.NotFoundError>).error).toMatchObject({
      type: 'error',
      error: { type: 'not_found_error', code: 'model_not_found' },
    });
  });
});

describe("Google's client", () => {
  test('lists models and finds one', async () => {
    const google = new GoogleGenAI({ apiKey: gatehouse.apiKey, httpOptions: { baseUrl: gatehouse.url } });

    const names = [];
    for await (const model of await google.models.list({ config: { queryBase: true } })) names.push(model.name);
    const one = await google.models.get({ model: 'models/sim/echo' });
    const missing = await google.models.get({ model: 'models/sim/nothing' }).catch((error: unknown) => String(error));

    expect(names).toContain('models/sim/echo');
    expect(one).toMatchObject({ name: 'models/sim/echo', displayName: 'sim/echo' });
    expect(missing).toContain('NOT_FOUND');
  });
});
