import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLosses } from '../../../../../lambdas/wire/canonical/losses.ts';
import type { EmbeddingsResponse } from '../../../../../lambdas/wire/codecs/embeddings/codec.ts';
import { embeddingsCodecs } from '../../../../../lambdas/wire/codecs/embeddings/embeddings-codecs.ts';
import type { ProtocolName } from '../../../../../lambdas/wire/protocol-name.ts';
import { client, refusal, strict, upstream, usage } from './codec-fixtures.ts';

const encode = (name: ProtocolName, model: string, fields: object): object =>
  upstream(name).encodeRequest(client('openai-embeddings').decodeRequest({ ...fields }), { model }, strict());

describe('requests to providers', () => {
  const asked = { input: ['a', 'b'], dimensions: 256, input_type: 'query', user: 'u1' };

  test('are in their own words', () => {
    const { input_type: _, ...plain } = asked;

    expect(encode('openai-embeddings', 'm', plain)).toEqual({
      model: 'm',
      input: ['a', 'b'],
      encoding_format: 'float',
      dimensions: 256,
      user: 'u1',
    });
    expect(encode('gemini-embeddings', 'm', { ...asked, input: 'a' })).toEqual({
      requests: [
        {
          model: 'models/m',
          content: { parts: [{ text: 'a' }] },
          taskType: 'RETRIEVAL_QUERY',
          outputDimensionality: 256,
        },
      ],
    });
    expect(encode('cohere-embeddings', 'm', asked)).toEqual({
      model: 'm',
      texts: ['a', 'b'],
      input_type: 'search_query',
      embedding_types: ['float'],
      output_dimension: 256,
      truncate: 'NONE',
    });
    expect(encode('voyage-embeddings', 'm', asked)).toEqual({
      model: 'm',
      input: ['a', 'b'],
      input_type: 'query',
      output_dimension: 256,
      truncation: false,
    });
  });

  test("to Bedrock are in the words of the model's vendor", () => {
    expect(encode('bedrock-embeddings', 'eu.cohere.embed-v4:0', asked)).toEqual({
      texts: ['a', 'b'],
      input_type: 'search_query',
      embedding_types: ['float'],
      output_dimension: 256,
      truncate: 'NONE',
    });
    expect(encode('bedrock-embeddings', 'amazon.titan-embed-text-v2:0', { input: 'a', dimensions: 256 })).toEqual({
      inputText: 'a',
      dimensions: 256,
    });
    expect(encode('bedrock-embeddings', 'amazon.titan-embed-image-v1', { input: 'a', dimensions: 256 })).toEqual({
      inputText: 'a',
      embeddingConfig: { outputEmbeddingLength: 256 },
    });
    expect(
      encode('bedrock-embeddings', 'amazon.nova-2-multimodal-embeddings-v1:0', { input: 'a', dimensions: 256 }),
    ).toEqual({
      taskType: 'SINGLE_EMBEDDING',
      singleEmbeddingParams: {
        embeddingPurpose: 'GENERIC_INDEX',
        embeddingDimension: 256,
        text: { truncationMode: 'NONE', value: 'a' },
      },
    });
  });

  test('say of a text of which nobody says what it is for that it is a document, where that must be said', () => {
    expect(encode('cohere-embeddings', 'm', { input: 'a' })).toMatchObject({ input_type: 'search_document' });
    expect(encode('voyage-embeddings', 'm', { input: 'a' })).not.toHaveProperty('input_type');
  });

  test('of tokens are for vendors of the same vocabulary alone', () => {
    expect(encode('openai-embeddings', 'm', { input: [[1, 2], [3]] })).toMatchObject({ input: [[1, 2], [3]] });
    for (const name of ['gemini-embeddings', 'cohere-embeddings', 'voyage-embeddings'] as const) {
      expect(() => encode(name, 'm', { input: [[1, 2], [3]] })).toThrow(refusal('input[0]'));
    }
  });

  test.each<[string, ProtocolName, string, object, string]>([
    [
      'more than one text to Titan',
      'bedrock-embeddings',
      'amazon.titan-embed-text-v2:0',
      { input: ['a', 'b'] },
      'input[1]',
    ],
    [
      'more than one text to Nova',
      'bedrock-embeddings',
      'amazon.nova-2-multimodal-embeddings-v1:0',
      { input: ['a', 'b'] },
      'input[1]',
    ],
    [
      'dimensions to a model of one size',
      'bedrock-embeddings',
      'cohere.embed-english-v3',
      { input: 'a', dimensions: 8 },
      'dimensions',
    ],
    [
      'dimensions to the first Titan',
      'bedrock-embeddings',
      'amazon.titan-embed-text-v1',
      { input: 'a', dimensions: 8 },
      'dimensions',
    ],
    [
      'a task to Titan',
      'bedrock-embeddings',
      'amazon.titan-embed-text-v2:0',
      { input: 'a', input_type: 'query' },
      'input_type',
    ],
    ['a task to OpenAI', 'openai-embeddings', 'm', { input: 'a', input_type: 'query' }, 'input_type'],
    [
      'a task that the vendor does not know',
      'voyage-embeddings',
      'm',
      { input: 'a', input_type: 'clustering' },
      'input_type',
    ],
    [
      'a model of an unknown vendor',
      'bedrock-embeddings',
      'twelvelabs.marengo-embed-3-0-v1:0',
      { input: 'a' },
      'model',
    ],
  ])('with %s are refused by path', (_name, name, model, fields, param) => {
    expect(() => encode(name, model, fields)).toThrow(refusal(param));
  });

  test('leave a title out only where the caller asks for it', () => {
    const request = client('gemini-embeddings').decodeRequest({ content: { parts: [{ text: 'a' }] }, title: 'T' });
    const dropping = createLosses('The provider', { dropping: true });

    const body = upstream('voyage-embeddings').encodeRequest(request, { model: 'm' }, dropping);

    expect(body).toMatchObject({ input: ['a'] });
    expect(dropping.dropped).toEqual(['content.title']);
    expect(() => upstream('openai-embeddings').encodeRequest(request, { model: 'm' }, strict())).toThrow(
      refusal('content.title'),
    );
  });
});

describe('answers of providers', () => {
  const one = [0.25, -1];
  const two = [0.5, 2];
  const both = { vectors: [one, two] };
  const base64 = (vector: readonly number[]): string => {
    const bytes = Buffer.alloc(vector.length * 4);
    vector.forEach((value, index) => bytes.writeFloatLE(value, index * 4));
    return bytes.toString('base64');
  };

  test.each<[string, ProtocolName, object, EmbeddingsResponse]>([
    [
      'OpenAI, in any order',
      'openai-embeddings',
      {
        object: 'list',
        model: 'm-2',
        data: [
          { object: 'embedding', index: 1, embedding: two },
          { object: 'embedding', index: 0, embedding: one },
        ],
        usage: { prompt_tokens: 4, total_tokens: 4 },
      },
      { ...both, model: 'm-2', usage: usage(4) },
    ],
    [
      'OpenAI, in base64',
      'openai-embeddings',
      { data: [{ embedding: base64(one) }, { embedding: base64(two) }] },
      both,
    ],
    [
      'Voyage',
      'voyage-embeddings',
      {
        model: 'voyage-4',
        data: [
          { embedding: one, index: 0 },
          { embedding: two, index: 1 },
        ],
        usage: { total_tokens: 9 },
      },
      { ...both, model: 'voyage-4', usage: usage(9) },
    ],
    [
      'Cohere',
      'cohere-embeddings',
      {
        id: 'x',
        embeddings: { float: [one, two] },
        texts: ['a', 'b'],
        meta: { api_version: { version: '2' }, billed_units: { input_tokens: 6 } },
      },
      { ...both, usage: usage(6) },
    ],
    ['Gemini, which may not count', 'gemini-embeddings', { embeddings: [{ values: one }, { values: two }] }, both],
    [
      'Gemini, which may count',
      'gemini-embeddings',
      { embeddings: [{ values: one }, { values: two }], usageMetadata: { promptTokenCount: 3 } },
      { ...both, usage: usage(3) },
    ],
    [
      'Cohere at Bedrock, counted in a header',
      'bedrock-embeddings',
      { id: 'x', embeddings: { float: [one, two] }, response_type: 'embeddings_by_type' },
      { ...both, usage: usage(11) },
    ],
    [
      'Cohere at Bedrock, without types',
      'bedrock-embeddings',
      { embeddings: [one, two], response_type: 'embeddings_floats' },
      { ...both, usage: usage(11) },
    ],
  ])('of %s', (_name, name, value, expected) => {
    const inputTokens = name === 'bedrock-embeddings' ? { inputTokens: 11 } : {};

    expect(upstream(name).decodeResponse(value, { inputs: 2, ...inputTokens })).toEqual(expected);
  });

  test('of one text, of Titan and Nova', () => {
    const titan = { embedding: one, inputTextTokenCount: 5, embeddingsByType: { float: one } };
    const nova = { embeddings: [{ embeddingType: 'TEXT', embedding: one }] };
    const decode = (value: object) => upstream('bedrock-embeddings').decodeResponse(value, { inputs: 1 });

    expect(decode(titan)).toEqual({ vectors: [one], usage: usage(5) });
    expect(decode(nova)).toEqual({ vectors: [one] });
  });

  test.each<[string, object]>([
    ['of fewer vectors than inputs', { data: [{ index: 0, embedding: one }] }],
    ['of more', { data: [{ embedding: one }, { embedding: one }, { embedding: one }] }],
    [
      'with an index twice',
      {
        data: [
          { index: 0, embedding: one },
          { index: 0, embedding: two },
        ],
      },
    ],
    [
      'with an index out of place',
      {
        data: [
          { index: 0, embedding: one },
          { index: 2, embedding: two },
        ],
      },
    ],
    [
      'with a negative index',
      {
        data: [
          { index: 0, embedding: one },
          { index: -1, embedding: two },
        ],
      },
    ],
    ['with an empty vector', { data: [{ embedding: one }, { embedding: [] }] }],
    ['with something else in a vector', { data: [{ embedding: one }, { embedding: [1, null] }] }],
    ['with NaN in base64', { data: [{ embedding: one }, { embedding: base64([1, Number.NaN]) }] }],
    ['with infinity in base64', { data: [{ embedding: one }, { embedding: base64([Infinity]) }] }],
    ['with half a float in base64', { data: [{ embedding: one }, { embedding: 'AAA=' }] }],
    ['that is an error', { error: { message: 'No.' } }],
  ])('%s are none', (_name, value) => {
    expect(upstream('openai-embeddings').decodeResponse(value, { inputs: 2 })).toBeUndefined();
  });

  test('never crash their reader', () => {
    const members = ['data', 'embeddings', 'embedding', 'float', 'usage', 'meta', 'index', 'values', 'usageMetadata'];
    const value = fc.jsonValue({ maxDepth: 1 });
    const shaped = fc.dictionary(fc.constantFrom(...members), value, { maxKeys: 3 });
    const nested = fc.dictionary(
      fc.constantFrom(...members),
      fc.oneof(fc.array(shaped, { maxLength: 3 }), shaped, value),
    );
    fc.assert(
      fc.property(fc.constantFrom(...embeddingsCodecs.upstreams.values()), fc.oneof(nested, value), (codec, answer) => {
        expect(() => codec.decodeResponse(answer, { inputs: 1 })).not.toThrow();
      }),
      { numRuns: 1000 },
    );
  });
});
