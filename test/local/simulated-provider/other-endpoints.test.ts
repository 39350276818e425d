import { toFile } from 'openai';
import { expect, it } from 'vitest';
import { postJson } from '../../fixtures/simulated-clients.ts';
import { startVendors } from './vendor-clients.ts';

it('moderates texts one by one', async () => {
  const { openai } = await startVendors();

  const { results } = await openai.moderations.create({ model: 'moderation', input: ['Peace', 'Violence'] });

  expect(results.map(({ flagged }) => flagged)).toEqual([false, true]);
  expect(results[1]?.categories).toMatchObject({ violence: true, hate: false });
});

it('generates images of one pixel, with usage', async () => {
  const { openai } = await startVendors();

  const images = await openai.images.generate({ model: 'image', prompt: 'twelve chars', n: 2 });

  expect(
    images.data?.map(({ b64_json }) =>
      Buffer.from(b64_json ?? '', 'base64')
        .subarray(1, 4)
        .toString(),
    ),
  ).toEqual(['PNG', 'PNG']);
  expect(images.usage).toMatchObject({ input_tokens: 3, output_tokens: 200, total_tokens: 203 });
});

it('speaks as many bytes as the text has characters', async () => {
  const { openai } = await startVendors();

  const response = await openai.audio.speech.create({
    model: 'speech',
    input: 'Hello',
    voice: 'alloy',
    response_format: 'wav',
  });

  expect(response.headers.get('content-type')).toBe('audio/wav');
  expect((await response.arrayBuffer()).byteLength).toBe(5);
});

it('transcribes what a form carries, whole', async () => {
  const { openai, url } = await startVendors();
  const file = await toFile(Buffer.alloc(300), 'hello.wav');

  const { text } = await openai.audio.transcriptions.create({ model: 'transcription', file });
  const withoutForm = await postJson(`${url}/v1/audio/transcriptions`, { model: 'transcription' });

  expect(text).toMatch(/^hello.wav, 300 bytes, sha256 \w{12}$/);
  expect(withoutForm.status).toBe(400);
});

it('embeds as Cohere and Voyage do, each in its own shape', async () => {
  const { url } = await startVendors();

  const cohere = await postJson(`${url}/v2/embed`, {
    model: 'embedding',
    texts: ['twelve chars'],
    input_type: 'search_query',
    embedding_types: ['float', 'base64'],
    output_dimension: 8,
  });
  const voyage = await postJson(`${url}/voyage/v1/embeddings`, {
    model: 'embedding',
    input: 'twelve chars',
    output_dimension: 8,
  });
  const withoutType = await postJson(`${url}/v2/embed`, { model: 'embedding', texts: ['a'] });
  const { embeddings, meta } = (await cohere.json()) as {
    embeddings: { float: number[][]; base64: string[] };
    meta: object;
  };
  const { data, usage } = (await voyage.json()) as { data: { embedding: number[] }[]; usage: object };

  expect(embeddings.float[0]).toHaveLength(8);
  expect(Buffer.from(embeddings.base64[0] ?? '', 'base64').readFloatLE(0)).toBeCloseTo(embeddings.float[0]?.[0] ?? 0);
  expect(meta).toMatchObject({ billed_units: { input_tokens: 3 } });
  expect(data[0]?.embedding).toEqual(embeddings.float[0]);
  expect(usage).toEqual({ total_tokens: 3 });
  expect([withoutType.status, await withoutType.json()]).toMatchObject([
    400,
    { message: expect.stringContaining('input_type') },
  ]);
});

it('ranks documents by the words of the query', async () => {
  const { url } = await startVendors();

  const response = await postJson(`${url}/v2/rerank`, {
    model: 'rerank',
    query: 'capital of France',
    documents: ['Bread', 'Paris is the capital of France', 'The capital'],
    top_n: 2,
  });

  expect(await response.json()).toMatchObject({
    results: [{ index: 1, relevance_score: 1 }, { index: 2 }],
    meta: { billed_units: { search_units: 1 } },
  });
});
