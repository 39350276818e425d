import { describe, expect, test } from 'vitest';
import { parseJsonBody } from '../../../lambdas/wire/json-body.ts';
import { openaiCountTokens } from '../../../lambdas/wire/openai-count-tokens.ts';

const changes = {
  model: 'x',
  maxOutputTokens: undefined,
  maxTokensField: 'max_tokens',
  requestStreamUsage: false,
} as const;

describe('counting the input of a response', () => {
  test('has no output and costs nothing', () => {
    const body = parseJsonBody(Buffer.from('{"model":"m","input":"Hi","tools":[{"type":"web_search"}]}'));

    const request = openaiCountTokens.readRequest(body);
    const answer = openaiCountTokens.readResponse({ object: 'response.input_tokens', input_tokens: 11 });

    expect(request).toMatchObject({ model: 'm', stream: false, choices: 0, unpricedOption: undefined });
    expect(new Set(Object.values(answer?.usage ?? {}))).toEqual(new Set([0]));
  });

  test('sends nothing but another model', () => {
    const body = parseJsonBody(Buffer.from('{"model":"m","input":"Hi"}'));

    const built = openaiCountTokens.buildRequest(body, openaiCountTokens.readRequest(body), changes);

    expect(built.toString()).toBe('{"model":"x","input":"Hi"}');
  });

  test.each([
    ['{"input":"Hi"}', 'model'],
    ['{"model":"m","previous_response_id":"resp_1"}', 'previous_response_id'],
    ['{"model":"m","input":[{"type":"item_reference","id":"msg_1"}]}', 'input[0]'],
  ])('is refused, naming the field: %s', (text, param) => {
    const body = parseJsonBody(Buffer.from(text));

    expect(() => openaiCountTokens.readRequest(body)).toThrow(expect.objectContaining({ param }));
  });

  test.each([undefined, null, {}, { input_tokens: 'many' }, { output: [] }])(
    'knows its own answers: not %j',
    (value) => {
      expect(openaiCountTokens.readResponse(value)).toBeUndefined();
    },
  );
});
