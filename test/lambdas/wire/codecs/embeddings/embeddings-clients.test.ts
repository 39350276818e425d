import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EmbeddingsRequest, EmbeddingsResponse } from '../../../../../lambdas/wire/codecs/embeddings/codec.ts';
import { embeddingsCodecs } from '../../../../../lambdas/wire/codecs/embeddings/embeddings-codecs.ts';
import type { ProtocolName } from '../../../../../lambdas/wire/protocol-name.ts';
import { WireError } from '../../../../../lambdas/wire/wire-error.ts';
import { client, refusal, upstream, usage } from './codec-fixtures.ts';

describe("OpenAI's request", () => {
  const decode = (fields: Readonly<Record<string, unknown>>): EmbeddingsRequest =>
    client('openai-embeddings').decodeRequest(fields);
  const text = (value: string, path: string) => ({ kind: 'text', text: value, path });
  const tokens = (value: readonly number[], path: string) => ({ kind: 'tokens', tokens: value, path });

  test.each<[unknown, object[]]>([
    ['Hi', [text('Hi', 'input')]],
    [
      ['Hi', ''],
      [text('Hi', 'input[0]'), text('', 'input[1]')],
    ],
    [[1, 2], [tokens([1, 2], 'input')]],
    [
      [[1], [2, 3]],
      [tokens([1], 'input[0]'), tokens([2, 3], 'input[1]')],
    ],
  ])('has the input %j', (input, expected) => {
    expect(decode({ input }).inputs).toEqual(expected);
  });

  test('has options of its own and those that vendors beside OpenAI take', () => {
    const decoded = decode({
      model: 'm',
      input: 'Hi',
      dimensions: 256,
      user: 'u1',
      input_type: 'search_query',
      encoding_format: 'base64',
      truncate: 'END',
      extra: null,
    });

    expect(decoded).toMatchObject({
      dimensions: 256,
      task: 'query',
      endUser: 'u1',
      untranslated: [{ path: 'truncate' }],
    });
    expect(decoded.untranslated).toHaveLength(1);
  });

  test.each([
    [{}, 'input'],
    [{ input: 7 }, 'input'],
    [{ input: [] }, 'input'],
    [{ input: ['a', 7] }, 'input[1]'],
    [{ input: [[1], []] }, 'input[1]'],
    [{ input: [[1.5]] }, 'input[0]'],
    [{ input: 'a', dimensions: 0 }, 'dimensions'],
    [{ input: 'a', dimensions: '256' }, 'dimensions'],
    [{ input: 'a', encoding_format: 'int8' }, 'encoding_format'],
    [{ input: 'a', input_type: 'image' }, 'input_type'],
    [{ input: 'a', user: {} }, 'user'],
  ])('%j is refused, naming the field', (fields, param) => {
    expect(() => decode(fields)).toThrow(expect.objectContaining({ code: 'invalid_request', param }));
  });
});

describe("Gemini's request", () => {
  const decode = (fields: Readonly<Record<string, unknown>>): EmbeddingsRequest =>
    client('gemini-embeddings').decodeRequest(fields);
  const content = { parts: [{ text: 'Hi' }] };

  test('of one text and of several say the same', () => {
    const single = decode({ content, taskType: 'RETRIEVAL_QUERY', outputDimensionality: 256 });
    const batch = decode({
      requests: [
        { model: 'models/m', content, task_type: 'CLUSTERING', title: 'T', output_dimensionality: 8 },
        { content: { parts: [{ text: 'a' }, { text: 'b' }] }, taskType: 'CLUSTERING', outputDimensionality: 8, x: 1 },
      ],
    });

    expect(single).toEqual({
      inputs: [{ kind: 'text', text: 'Hi', path: 'content' }],
      task: 'query',
      dimensions: 256,
      paths: { task: 'taskType', dimensions: 'outputDimensionality' },
      untranslated: [],
    });
    expect(batch).toEqual({
      inputs: [
        { kind: 'text', text: 'Hi', title: 'T', path: 'requests[0]' },
        { kind: 'text', text: 'a\nb', path: 'requests[1]' },
      ],
      task: 'clustering',
      dimensions: 8,
      paths: { task: 'requests[0].task_type', dimensions: 'requests[0].output_dimensionality' },
      untranslated: [{ path: 'requests[1].x' }],
    });
  });

  test.each([
    [{}, 'content'],
    [{ content: {} }, 'content.parts'],
    [{ content: { parts: [] } }, 'content.parts'],
    [{ content: { parts: [{ text: 7 }] } }, 'content.parts[0].text'],
    [{ content, taskType: 'query' }, 'taskType'],
    [{ content, outputDimensionality: -1 }, 'outputDimensionality'],
    [{ requests: [] }, 'requests'],
    [{ requests: {} }, 'requests'],
    [{ requests: [7] }, 'requests[0]'],
  ])('%j is refused, naming the field', (fields, param) => {
    expect(() => decode(fields)).toThrow(expect.objectContaining({ code: 'invalid_request', param }));
  });

  test.each([
    [{ content: { parts: [{ inlineData: {} }] } }, 'content.parts[0]'],
    [{ requests: [{ content, taskType: 'CLUSTERING' }, { content }] }, 'requests[1].taskType'],
    [{ requests: [{ content }, { content, outputDimensionality: 8 }] }, 'requests[1].outputDimensionality'],
  ])('%j cannot be translated', (fields, param) => {
    expect(() => decode(fields)).toThrow(refusal(param));
  });
});

describe('answers to clients', () => {
  const response: EmbeddingsResponse = {
    vectors: [
      [0.25, -1],
      [1.5, 0],
    ],
    usage: usage(4),
  };
  const answer = (name: ProtocolName, request: Readonly<Record<string, unknown>>, value = response) =>
    client(name).encodeResponse(value, { model: 'asked', request });

  test("of OpenAI's protocol", () => {
    expect(answer('openai-embeddings', {})).toEqual({
      object: 'list',
      data: [
        { object: 'embedding', index: 0, embedding: [0.25, -1] },
        { object: 'embedding', index: 1, embedding: [1.5, 0] },
      ],
      model: 'asked',
      usage: { prompt_tokens: 4, total_tokens: 4 },
    });
  });

  test("of OpenAI's protocol in base64 are little-endian floats", () => {
    const encoded = answer('openai-embeddings', { encoding_format: 'base64' }) as {
      readonly data: readonly { readonly embedding: string }[];
    };

    const bytes = Buffer.from(encoded.data[0]?.embedding ?? '', 'base64');
    expect([bytes.readFloatLE(0), bytes.readFloatLE(4)]).toEqual([0.25, -1]);
    expect(bytes).toHaveLength(8);
  });

  test("of OpenAI's protocol do not make up a usage that nobody told", () => {
    expect(answer('openai-embeddings', {}, { vectors: [[1]], model: 'told' })).toEqual({
      object: 'list',
      data: [{ object: 'embedding', index: 0, embedding: [1] }],
      model: 'told',
    });
  });

  test("of Gemini's protocol, to one text and to several", () => {
    const usageMetadata = { promptTokenCount: 4, totalTokenCount: 4 };

    expect(answer('gemini-embeddings', { requests: [{}, {}] })).toEqual({
      embeddings: [{ values: [0.25, -1] }, { values: [1.5, 0] }],
      usageMetadata,
    });
    expect(answer('gemini-embeddings', { content: {} })).toEqual({ embedding: { values: [0.25, -1] }, usageMetadata });
  });
});

test('any request is decoded or refused by a path', () => {
  const members = [
    'input',
    'content',
    'parts',
    'text',
    'requests',
    'taskType',
    'task_type',
    'dimensions',
    'input_type',
  ];
  const part = fc.dictionary(fc.constantFrom(...members), fc.jsonValue({ maxDepth: 2 }));
  const nested = fc.dictionary(
    fc.constantFrom(...members),
    fc.oneof(fc.jsonValue({ maxDepth: 2 }), part, fc.array(part, { maxLength: 3 })),
  );
  fc.assert(
    fc.property(fc.constantFrom(...embeddingsCodecs.clients.values()), nested, (codec, fields) => {
      try {
        expect(codec.decodeRequest(fields).inputs.length).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
        expect(error).toHaveProperty('param', expect.any(String));
      }
    }),
    { numRuns: 1000 },
  );
});

test('what a client asked for comes back the same in base64', () => {
  const finite = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.array(finite, { minLength: 1, maxLength: 5 }), (vectors) => {
      const response = { vectors: vectors.map((vector) => vector.map((value) => value + 0)) };
      const request = { encoding_format: 'base64' };
      const encoded = client('openai-embeddings').encodeResponse(response, { model: 'm', request });

      const decoded = upstream('openai-embeddings').decodeResponse(encoded, { inputs: vectors.length });

      expect(decoded?.vectors).toEqual(response.vectors);
    }),
  );
});
