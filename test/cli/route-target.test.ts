import { describe, expect, test } from 'vitest';
import { collectTarget } from '../../cli/route-target.ts';

describe('targets of a route', () => {
  test.each([
    ['openai/gpt-5-mini', { provider: 'openai', model: 'gpt-5-mini' }],
    ['openai/gpt-5-mini@3', { provider: 'openai', model: 'gpt-5-mini', weight: 3 }],
    ['openai/gpt-5-mini@0', { provider: 'openai', model: 'gpt-5-mini', weight: 0 }],
    ['openrouter/meta/llama-4', { provider: 'openrouter', model: 'meta/llama-4' }],
    ['vertex/claude@20260115@1', { provider: 'vertex', model: 'claude@20260115', weight: 1 }],
    ['vertex/claude@default', { provider: 'vertex', model: 'claude@default' }],
  ])('%s is read', (text, expected) => {
    expect(collectTarget(text)).toEqual([expected]);
  });

  test('keep their order', () => {
    expect(collectTarget('b/two', collectTarget('a/one')).map(({ provider }) => provider)).toEqual(['a', 'b']);
  });

  test.each(['openai', '/gpt', 'openai/', ''])('refuse %j', (text) => {
    expect(() => collectTarget(text)).toThrow(/provider\/model/);
  });

  test('do not take a date in a model’s name for a weight', () => {
    expect(() => collectTarget('vertex/claude@20260115')).toThrow(/@20260115@1/);
  });
});
