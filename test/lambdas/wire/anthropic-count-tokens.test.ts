import { describe, expect, test } from 'vitest';
import { anthropicCountTokens } from '../../../lambdas/wire/anthropic-count-tokens.ts';
import { parseJsonBody } from '../../../lambdas/wire/json-body.ts';

const base = '{"model":"m","messages":[{"role":"user","content":"Hi"}]}';
const parse = (text: string) => parseJsonBody(Buffer.from(text));

describe('a request to count tokens', () => {
  test('is read as one that has no output', () => {
    expect(anthropicCountTokens.readRequest(parse(base))).toEqual({
      model: 'm',
      fallbackModels: [],
      stream: false,
      maxOutputTokens: undefined,
      minOutputTokens: 0,
      choices: 0,
      wantsStreamUsage: false,
      hasReferences: false,
      unpricedOption: undefined,
    });
  });

  test.each([
    ['{"messages":[{}]}', 'model'],
    ['{"model":"m"}', 'messages'],
    ['{"model":"m","messages":[]}', 'messages'],
  ])('is refused, naming the field: %s', (text, param) => {
    expect(() => anthropicCountTokens.readRequest(parse(text))).toThrow(
      expect.objectContaining({ code: 'invalid_request', param }),
    );
  });

  test.each([
    ['m', base],
    ['other', base.replace('"m"', '"other"')],
  ])('goes out for the model %s with nothing else changed', (model, expected) => {
    const body = parse(base);
    const changes = { model, maxOutputTokens: 5, maxTokensField: 'max_tokens', requestStreamUsage: true } as const;

    const built = anthropicCountTokens.buildRequest(body, anthropicCountTokens.readRequest(body), changes);

    expect(built.toString()).toBe(expected);
  });
});

test('a count is free', () => {
  const facts = anthropicCountTokens.readResponse({ input_tokens: 2095 });

  expect(new Set(Object.values(facts?.usage ?? {}))).toEqual(new Set([0]));
  expect(Object.keys(facts?.usage ?? {})).toHaveLength(6);
});

test.each([[{ type: 'error' }], [[]], [{ input_tokens: 'many' }]])('an answer without a count is none: %j', (value) => {
  expect(anthropicCountTokens.readResponse(value)).toBeUndefined();
});
