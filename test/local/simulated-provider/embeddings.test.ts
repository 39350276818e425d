import { expect, it } from 'vitest';
import { startSimulated } from '../../fixtures/simulated-clients.ts';

it('gives each text its own unit vector, the same in both encodings', async () => {
  const { openai } = await startSimulated();
  const create = (input: string[], encoding_format?: 'float') =>
    openai.embeddings.create({
      model: 'embedding',
      input,
      dimensions: 64,
      ...(encoding_format && { encoding_format }),
    });

  const encoded = await create(['one', 'two', 'one']);
  const floats = await create(['one', 'two', 'one'], 'float');

  const vectors = encoded.data.map(({ embedding }) => Array.from(embedding));
  expect(floats.data.map(({ embedding }) => embedding)).toEqual(vectors);
  expect(vectors[0]).toEqual(vectors[2]);
  expect(vectors[0]).not.toEqual(vectors[1]);
  expect(vectors.map((vector) => Math.hypot(...vector))).toEqual(vectors.map(() => expect.closeTo(1, 5)));
  expect(vectors.map(({ length }) => length)).toEqual([64, 64, 64]);
  expect(encoded.usage).toEqual({ prompt_tokens: 3, total_tokens: 3 });
});

it('takes one array of tokens as one input', async () => {
  const { openai } = await startSimulated();

  const { data, usage } = await openai.embeddings.create({ model: 'embedding', input: [1, 2, 3] });

  expect(data.map(({ embedding }) => embedding.length)).toEqual([1536]);
  expect(usage.prompt_tokens).toBe(3);
});
