import { describe, expect, test } from 'vitest';
import { collectModel, parseAuth } from '../../cli/provider-declaration.ts';

describe('a declared provider', () => {
  test.each([
    ['llama-4=free', { id: 'llama-4', free: true }],
    ['*=free', { id: '*', free: true }],
    ['llama-4=0.60/2.40', { id: 'llama-4', price: { inputPerMillion: 600_000, outputPerMillion: 2_400_000 } }],
    ['a=b=0/0', { id: 'a=b', price: { inputPerMillion: 0, outputPerMillion: 0 } }],
    [
      'x=1/2/0.1/1.25',
      {
        id: 'x',
        price: {
          inputPerMillion: 1_000_000,
          outputPerMillion: 2_000_000,
          cacheReadPerMillion: 100_000,
          cacheWritePerMillion: 1_250_000,
        },
      },
    ],
  ])('has the model %s', (text, expected) => {
    expect(collectModel(text)).toEqual([expected]);
  });

  test.each(['llama-4', 'llama-4=', '=free', 'llama-4=1', 'llama-4=1/-2', 'llama-4=1/2/3/4/5', 'llama-4=a/b'])(
    'refuses the model %j',
    (text) => {
      expect(() => collectModel(text)).toThrow(/USD|dollars/);
    },
  );

  test.each([
    ['bearer', { kind: 'bearer' }],
    ['none', { kind: 'none' }],
    ['header:api-key', { kind: 'header', name: 'api-key' }],
    ['query:key', { kind: 'query', name: 'key' }],
    ['sigv4', { kind: 'sigv4' }],
    ['sigv4:bedrock/eu-west-1', { kind: 'sigv4', name: 'bedrock/eu-west-1' }],
  ])('is shown its credential by %s', (text, expected) => {
    expect(parseAuth(text)).toEqual(expected);
  });

  test.each(['basic', '', 'header', 'query:'])('refuses the kind %j', (text) => {
    expect(() => parseAuth(text)).toThrow(/kinds|name/);
  });
});
