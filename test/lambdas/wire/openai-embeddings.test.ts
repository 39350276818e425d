import { expect, test } from 'vitest';
import { parseJsonBody } from '../../../lambdas/wire/json-body.ts';
import { openaiEmbeddings } from '../../../lambdas/wire/openai-embeddings.ts';
import type { RequestFacts } from '../../../lambdas/wire/protocol.ts';

const read = (text: string): RequestFacts => openaiEmbeddings.readRequest(parseJsonBody(Buffer.from(text)));

test.each(['"text"', '["a","b"]', '[1,2,3]', '[[1],[2]]'])(
  'accepts the input %s, and has no output to cap',
  (input) => {
    expect(read(`{"model":"m","input":${input}}`)).toMatchObject({ model: 'm', choices: 0, stream: false });
  },
);

test.each([
  ['{"model":"m"}', 'input'],
  ['{"model":"m","input":null}', 'input'],
  ['{"model":"m","input":7}', 'input'],
  ['{"model":"m","input":""}', 'input'],
  ['{"model":"m","input":[]}', 'input'],
  ['{"input":"text"}', 'model'],
])('refuses %s, naming the field', (text, param) => {
  expect(() => read(text)).toThrow(expect.objectContaining({ code: 'invalid_request', param }));
});

test('changes nothing of the request but the model', () => {
  const body = parseJsonBody(Buffer.from('{"model":"m", "input":["ü"], "dimensions":9007199254740993}'));
  const changes = { model: 'x', maxOutputTokens: 5, maxTokensField: 'max_tokens', requestStreamUsage: true } as const;

  const built = openaiEmbeddings.buildRequest(body, openaiEmbeddings.readRequest(body), changes);

  expect(built.toString()).toBe('{"model":"x","input":["ü"],"dimensions":9007199254740993}');
});

test('reads the usage of an answer, and takes nothing else for one', () => {
  const answer = { data: [], usage: { prompt_tokens: 4, total_tokens: 4 } };

  expect(openaiEmbeddings.readResponse(answer)).toMatchObject({ usage: { inputTokens: 4, outputTokens: 0 } });
  expect(openaiEmbeddings.readResponse({ error: {} })).toBeUndefined();
});
