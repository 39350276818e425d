import { describe, expect, test } from 'vitest';
import { gemini } from '../../../lambdas/wire/gemini.ts';
import { parseJsonBody } from '../../../lambdas/wire/json-body.ts';
import type { RequestFacts } from '../../../lambdas/wire/protocol.ts';

const contents = '"contents":[{"role":"user","parts":[{"text":"Hi"}]}]';
const callOf = (path: string) => {
  const url = new URL(path, 'http://localhost');
  return { path: url.pathname, query: url.searchParams };
};
const generate = '/v1beta/models/gemini-2.5-pro:generateContent';
const stream = '/v1beta/models/gemini-2.5-pro:streamGenerateContent';
const read = (members: string, path = generate): RequestFacts =>
  gemini.readRequest(parseJsonBody(Buffer.from(`{${members}}`)), callOf(path));

const event = (chunk: unknown): string => `data: ${JSON.stringify(chunk)}\n\n`;
const said = (text: string, members: object = {}) => ({
  candidates: [{ content: { role: 'model', parts: [{ text }] }, index: 0, ...members }],
});

function pass(events: readonly string[]) {
  const tap = gemini.createStreamTap();
  const kinds = events.map((text) => tap.read(Buffer.from(text).toString('latin1')).kind);
  return { kinds, ...tap.facts(), contentEvents: tap.contentEvents() };
}

describe('a request', () => {
  test('is read for what routing and admission need', () => {
    expect(read(contents)).toEqual({
      model: 'gemini-2.5-pro',
      fallbackModels: [],
      stream: false,
      maxOutputTokens: undefined,
      minOutputTokens: 1,
      choices: 1,
      wantsStreamUsage: true,
      hasReferences: false,
      unpricedOption: undefined,
    });
  });

  test.each([
    ['/v1/models/m:generateContent', { model: 'm', stream: false }],
    ['/v1alpha/models/m:generateContent', { model: 'm' }],
    ['/v1beta/models/openai/gpt-5:generateContent', { model: 'openai/gpt-5' }],
    ['/v1beta/models/openai%2Fgpt-5:generateContent', { model: 'openai/gpt-5' }],
    ['/v1beta/openai/gpt-5:generateContent', { model: 'openai/gpt-5' }],
    ['/v1beta/models/models/m:generateContent', { model: 'models/m' }],
    ['/v1beta/models/local/llama3:8b:generateContent', { model: 'local/llama3:8b' }],
    [`${stream}?alt=sse`, { stream: true, streamForm: 'sse' }],
    [`${stream}?$alt=sse`, { stream: true, streamForm: 'sse' }],
    [stream, { stream: true, streamForm: 'json-array' }],
    [`${stream}?$alt=json;enum-encoding=int`, { stream: true, streamForm: 'json-array' }],
  ])('to %s', (path, expected) => {
    expect(read(contents, path)).toMatchObject(expected);
  });

  test.each<[string, Partial<RequestFacts>]>([
    ['"generationConfig":{"maxOutputTokens":9,"candidateCount":2}', { maxOutputTokens: 9, choices: 2 }],
    ['"generation_config":{"max_output_tokens":9,"candidate_count":2}', { maxOutputTokens: 9, choices: 2 }],
    ['"generationConfig":{"thinkingConfig":{"thinkingBudget":64}}', { minOutputTokens: 65 }],
    ['"generation_config":{"thinking_config":{"thinking_budget":64}}', { minOutputTokens: 65 }],
    ['"generationConfig":{"thinkingConfig":{"thinkingBudget":64},"maxOutputTokens":9}', { minOutputTokens: 9 }],
    ['"generationConfig":{"thinkingConfig":{"thinkingBudget":-1}}', { minOutputTokens: 1 }],
    ['"x":{"fileData":{"fileUri":"https://example.com/a.png"}}', { hasReferences: true }],
    ['"x":{"file_data":{}}', { hasReferences: true }],
    ['"cachedContent":"cachedContents/a"', { hasReferences: true }],
    ['"x":{"inline_data":{"data":"aGk="}}', { hasReferences: true }],
    [`"x":{"inlineData":{"data":"${'A'.repeat(4096)}"}}`, { hasReferences: false }],
    ['"tools":[{"urlContext":{}}]', { hasReferences: true, unpricedOption: undefined }],
    ['"tools":[{"functionDeclarations":[]}]', { unpricedOption: undefined }],
    ['"tools":[{"function_declarations":[]},{"google_search":{}}]', { unpricedOption: 'tools[1].google_search' }],
    ['"tools":[{"googleMaps":{}}]', { unpricedOption: 'tools[0].googleMaps' }],
    ['"tools":[{"notYetKnown":{}}]', { unpricedOption: 'tools[0].notYetKnown' }],
    ['"serviceTier":"priority"', { unpricedOption: 'serviceTier' }],
    ['"service_tier":"standard"', { unpricedOption: undefined }],
    ['"generationConfig":{"responseModalities":["TEXT"]}', { unpricedOption: undefined }],
    [
      '"generationConfig":{"responseModalities":["TEXT","IMAGE"]}',
      { unpricedOption: 'generationConfig.responseModalities' },
    ],
    ['"generationConfig":{"routingConfig":{}}', { unpricedOption: 'generationConfig.routingConfig' }],
  ])('with %s', (members, expected) => {
    expect(read(`${contents},${members}`)).toMatchObject(expected);
  });

  test.each([
    ['"a":1', generate, 'contents'],
    ['"contents":[]', generate, 'contents'],
    ['"contents":[1]', generate, 'contents[0]'],
    [`${contents},"generationConfig":1`, generate, 'generationConfig'],
    [`${contents},"generationConfig":{},"generation_config":{}`, generate, 'generationConfig'],
    [`${contents},"generationConfig":{"maxOutputTokens":0}`, generate, 'generationConfig.maxOutputTokens'],
    [`${contents},"generation_config":{"maxOutputTokens":"9"}`, generate, 'generation_config.maxOutputTokens'],
    [
      `${contents},"generationConfig":{"maxOutputTokens":9,"max_output_tokens":99}`,
      generate,
      'generationConfig.maxOutputTokens',
    ],
    [contents, '/v1beta/models/m', 'model'],
    [contents, '/v1beta/models/m:embedContent', 'model'],
    [contents, '/v1beta/models/:generateContent', 'model'],
    [contents, '/v1beta/models/%ff:generateContent', 'model'],
    [contents, '/v1beta/models/two%20words:generateContent', 'model'],
    [contents, `${stream}?alt=proto`, 'alt'],
  ])('is refused, naming the field: %s to %s', (members, path, param) => {
    expect(() => read(members, path)).toThrow(expect.objectContaining({ code: 'invalid_request', param }));
  });

  test.each([
    ['', undefined, ''],
    ['', 50, '"generationConfig":{"maxOutputTokens":50},'],
    [',"generationConfig":{"topK":1}', 50, undefined, ',"generationConfig":{"topK":1,"maxOutputTokens":50}'],
    [',"generationConfig":{"maxOutputTokens":9}', 50, undefined, ',"generationConfig":{"maxOutputTokens":9}'],
    [',"generation_config":{"max_output_tokens":99}', 50, undefined, ',"generation_config":{"max_output_tokens":50}'],
    [',"model":"models/another"', undefined, undefined, ''],
  ])('%s goes out with cap %s', (members, maxOutputTokens, before = '', after = '') => {
    const body = parseJsonBody(Buffer.from(`{${contents}${members}}`));
    const changes = { model: 'x', maxOutputTokens, maxTokensField: 'max_tokens', requestStreamUsage: true } as const;

    const built = gemini.buildRequest(body, gemini.readRequest(body, callOf(generate)), changes);

    expect(built.toString()).toBe(`{${before}${contents}${after}}`);
  });
});

const usage = {
  promptTokenCount: 100,
  cachedContentTokenCount: 30,
  toolUsePromptTokenCount: 5,
  candidatesTokenCount: 7,
  thoughtsTokenCount: 11,
};
const metered = {
  inputTokens: 75,
  cacheReadInputTokens: 30,
  cacheWrite5mInputTokens: 0,
  cacheWrite1hInputTokens: 0,
  outputTokens: 18,
  reasoningTokens: 11,
};

describe('an answer', () => {
  test('counts cached input, tool results and thoughts once each', () => {
    const facts = gemini.readResponse({ ...said('Hi', { finishReason: 'STOP' }), usageMetadata: usage });

    expect(facts).toEqual({ usage: metered, finishReason: 'stop' });
  });

  test.each([
    [{ promptFeedback: { blockReason: 'SAFETY' } }, { finishReason: 'content_filter', usage: undefined }],
    [said('', { finishReason: 'MAX_TOKENS' }), { finishReason: 'length' }],
    [said('', { finishReason: 'RECITATION' }), { finishReason: 'content_filter' }],
    [said('', { finishReason: 'MALFORMED_FUNCTION_CALL' }), { finishReason: 'other' }],
    [{ usageMetadata: { promptTokenCount: 3 } }, { finishReason: undefined }],
    [{ candidates: [], usageMetadata: { promptTokenCount: -3 } }, { usage: undefined }],
  ])('tells of %j', (value, expected) => {
    expect(gemini.readResponse(value)).toMatchObject(expected);
  });

  test.each([null, 'text', [], {}, { error: { code: 500 } }, { candidates: 'none' }])('is not %j', (value) => {
    expect(gemini.readResponse(value)).toBeUndefined();
  });
});

describe('a stream', () => {
  test('repeats its usage, of which the last one counts', () => {
    const seen = pass([
      event({ ...said('Hel'), usageMetadata: { promptTokenCount: 100, candidatesTokenCount: 1 } }),
      ': keep-alive\n\n',
      event({ ...said('lo 👋', { finishReason: 'STOP' }), usageMetadata: usage }),
    ]);

    expect(seen).toEqual({
      kinds: ['forward', 'forward', 'forward'],
      usage: metered,
      finishReason: 'stop',
      contentEvents: 2,
    });
  });

  test('keeps what it knows when a later event says less', () => {
    const seen = pass([event({ ...said('Hi', { finishReason: 'STOP' }), usageMetadata: usage }), event(said(''))]);

    expect(seen).toMatchObject({ usage: metered, finishReason: 'stop' });
  });

  test('tells that the prompt was blocked', () => {
    expect(pass([event({ promptFeedback: { blockReason: 'OTHER' } })]).finishReason).toBe('content_filter');
  });

  test('without a finish reason has not come to its end', () => {
    expect(pass([event(said('Hi'))]).finishReason).toBeUndefined();
  });

  test('reports an error inside', () => {
    const seen = pass([event(said('Hi')), event({ error: { code: 503, status: 'UNAVAILABLE' } })]);

    expect(seen.kinds).toEqual(['forward', 'error']);
  });

  test('passes what is not JSON', () => {
    expect(pass(['data: {\n\n', 'event: ping\n\n']).kinds).toEqual(['forward', 'forward']);
  });
});
