import { describe, expect, test } from 'vitest';
import { geminiCountTokens } from '../../../lambdas/wire/gemini-count-tokens.ts';
import { parseJsonBody } from '../../../lambdas/wire/json-body.ts';

const call = { path: '/v1beta/models/gemini-2.5-pro:countTokens', query: new URLSearchParams() };

describe('a request to count tokens', () => {
  test.each(['{"contents":[]}', '{"generateContentRequest":{}}', '{"generate_content_request":{}}'])(
    '%s names its model in the path and has no output',
    (text) => {
      const facts = geminiCountTokens.readRequest(parseJsonBody(Buffer.from(text)), call);

      expect(facts).toMatchObject({ model: 'gemini-2.5-pro', stream: false, choices: 0, maxOutputTokens: undefined });
    },
  );

  test.each(['{}', '{"contents":1}', '{"generateContentRequest":1}'])('is refused without contents: %s', (text) => {
    expect(() => geminiCountTokens.readRequest(parseJsonBody(Buffer.from(text)), call)).toThrow(
      expect.objectContaining({ param: 'contents' }),
    );
  });

  test('goes out as it came', () => {
    const body = parseJsonBody(Buffer.from('{ "contents": [] }'));

    expect(geminiCountTokens.buildRequest(body)).toBe(body.bytes);
  });
});

describe('a count', () => {
  test('costs nothing', () => {
    const facts = geminiCountTokens.readResponse({ totalTokens: 31 });

    expect(facts?.usage).toMatchObject({ inputTokens: 0, outputTokens: 0 });
  });

  test.each([null, {}, { totalTokens: '31' }, { totalTokens: -1 }])('is not %j', (value) => {
    expect(geminiCountTokens.readResponse(value)).toBeUndefined();
  });
});
