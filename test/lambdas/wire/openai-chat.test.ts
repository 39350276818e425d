import { describe, expect, test } from 'vitest';
import type { TokenUsage } from '../../../lambdas/metering/token-usage.ts';
import { parseJsonBody } from '../../../lambdas/wire/json-body.ts';
import { openaiChat } from '../../../lambdas/wire/openai-chat.ts';
import type { RequestFacts, UpstreamRequestChanges } from '../../../lambdas/wire/protocol.ts';

const messages = '"messages":[{"role":"user","content":"Hi"}]';
const read = (members: string): RequestFacts =>
  openaiChat.readRequest(parseJsonBody(Buffer.from(`{"model":"m",${messages}${members && `,${members}`}}`)));

const event = (data: object | string): string => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
const chunk = (choices: object[], more: object = {}): object => ({
  id: 'c',
  object: 'chat.completion.chunk',
  choices,
  ...more,
});
const word = { index: 0, delta: { content: 'Hi' }, finish_reason: null };
const stop = { index: 0, delta: {}, finish_reason: 'stop' };
const usage = { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 };

/** Everything that reaches the caller, and how the stream went. */
function pass(events: readonly string[], hideUsage: boolean) {
  const tap = openaiChat.createStreamTap({ hideUsage });
  let text = '';
  const kinds = events.map((each) => {
    const verdict = tap.read(Buffer.from(each).toString('latin1'));
    if (verdict.kind === 'replace') text += verdict.bytes.toString();
    if (verdict.kind === 'forward' || verdict.kind === 'end') text += each;
    return verdict.kind;
  });
  return { text, kinds, ...tap.facts(), contentEvents: tap.contentEvents() };
}

describe('a request', () => {
  test('is read with the defaults of the API', () => {
    expect(read('')).toEqual({
      model: 'm',
      fallbackModels: [],
      stream: false,
      maxOutputTokens: undefined,
      minOutputTokens: 1,
      choices: 1,
      wantsStreamUsage: false,
      hasReferences: false,
      unpricedOption: undefined,
    });
  });

  test.each<[string, Partial<RequestFacts>]>([
    ['"max_tokens":7', { maxOutputTokens: 7 }],
    ['"max_completion_tokens":9,"max_tokens":7', { maxOutputTokens: 9 }],
    ['"max_tokens":null,"n":null,"stream":null', { maxOutputTokens: undefined, choices: 1, stream: false }],
    ['"n":3', { choices: 3 }],
    ['"stream":true,"stream_options":{"include_usage":true}', { stream: true, wantsStreamUsage: true }],
    ['"stream":true,"stream_options":{"include_usage":false}', { wantsStreamUsage: false }],
    ['"models":["a/b","c"]', { fallbackModels: ['a/b', 'c'] }],
    ['"x":[{"type":"image_url"}]', { hasReferences: true }],
    ['"x":[{"type":"file"}]', { hasReferences: true }],
    // However a mark is spelled, the provider reads it.
    ['"x":[{"type":"image\\u005furl"}]', { hasReferences: true }],
    ['"x":[{"f\\u0069le_id":"f"}]', { hasReferences: true }],
    ['"x":"caf\\u00e9 \\u4f60"', { hasReferences: false }],
    ['"web_search_options":{}', { unpricedOption: 'web_search_options' }],
    ['"service_tier":"auto"', { unpricedOption: undefined }],
    ['"service_tier":"priority"', { unpricedOption: 'service_tier' }],
    ['"service_tier":7', { unpricedOption: 'service_tier' }],
  ])('with %s', (members, expected) => {
    expect(read(members)).toMatchObject(expected);
  });

  test.each([
    ['{}', 'messages'],
    ['{"messages":[{}]}', 'model'],
    ['{"model":null,"messages":[{}]}', 'model'],
    ['{"model":7,"messages":[{}]}', 'model'],
    ['{"model":"","messages":[{}]}', 'model'],
    ['{"model":"two words","messages":[{}]}', 'model'],
    [`{"model":"${'m'.repeat(257)}","messages":[{}]}`, 'model'],
    ['{"model":"m","messages":[]}', 'messages'],
    ['{"model":"m","messages":"Hi"}', 'messages'],
    ['{"model":"m","messages":{"0":{}}}', 'messages'],
    ['{"model":"m","messages":[{},"Hi"]}', 'messages[1]'],
    ['{"model":"m","messages":[{}],"stream":"true"}', 'stream'],
    ['{"model":"m","messages":[{}],"stream_options":true}', 'stream_options'],
    ['{"model":"m","messages":[{}],"max_tokens":0}', 'max_tokens'],
    ['{"model":"m","messages":[{}],"max_tokens":1.5}', 'max_tokens'],
    ['{"model":"m","messages":[{}],"max_tokens":"9"}', 'max_tokens'],
    ['{"model":"m","messages":[{}],"max_completion_tokens":1e99}', 'max_completion_tokens'],
    ['{"model":"m","messages":[{}],"n":129}', 'n'],
    ['{"model":"m","messages":[{}],"models":"a"}', 'models'],
    ['{"model":"m","messages":[{}],"models":["a","a","a","a","a","a","a","a","a"]}', 'models'],
    ['{"model":"m","messages":[{}],"models":["two words"]}', 'models'],
  ])('is refused, naming the field: %.80s', (text, param) => {
    const body = parseJsonBody(Buffer.from(text));

    expect(() => openaiChat.readRequest(body)).toThrow(expect.objectContaining({ code: 'invalid_request', param }));
  });
});

describe('the request to the provider', () => {
  const same: UpstreamRequestChanges = {
    model: 'm',
    maxOutputTokens: undefined,
    maxTokensField: 'max_tokens',
    requestStreamUsage: true,
  };

  test.each<[string, string, Partial<UpstreamRequestChanges>, string]>([
    ['is the same where nothing is decided', '"n":1', {}, `{"model":"m",${messages},"n":1}`],
    ['names the model of the target', '"n":1', { model: 'x' }, `{"model":"x",${messages},"n":1}`],
    ['leaves our fallback list out', '"models":["a"],"n":1', {}, `{"model":"m",${messages},"n":1}`],
    [
      'gets a cap under the name the vendor knows',
      '',
      { maxOutputTokens: 5, maxTokensField: 'max_completion_tokens' },
      `{"max_completion_tokens":5,"model":"m",${messages}}`,
    ],
    [
      'lowers the cap that the caller used',
      '"max_tokens":9',
      { maxOutputTokens: 5 },
      `{"model":"m",${messages},"max_tokens":5}`,
    ],
    [
      'lowers both caps',
      '"max_tokens":9,"max_completion_tokens":8',
      { maxOutputTokens: 5 },
      `{"model":"m",${messages},"max_tokens":5,"max_completion_tokens":5}`,
    ],
    [
      'moves the cap to the field that the vendor knows',
      '"max_completion_tokens":9',
      { maxOutputTokens: 5, maxTokensField: 'max_tokens' },
      `{"max_tokens":5,"model":"m",${messages}}`,
    ],
    [
      'moves a cap that is low enough as well',
      '"max_completion_tokens":3',
      { maxOutputTokens: 5, maxTokensField: 'max_tokens' },
      `{"max_tokens":3,"model":"m",${messages}}`,
    ],
    [
      'keeps the newer field where the vendor knows it',
      '"max_completion_tokens":9',
      { maxOutputTokens: 5, maxTokensField: 'max_completion_tokens' },
      `{"model":"m",${messages},"max_completion_tokens":5}`,
    ],
    ['never raises a cap', '"max_tokens":3', { maxOutputTokens: 5 }, `{"model":"m",${messages},"max_tokens":3}`],
    [
      'asks for usage in a stream',
      '"stream":true',
      {},
      `{"stream_options":{"include_usage":true},"model":"m",${messages},"stream":true}`,
    ],
    [
      'asks for usage beside other stream options',
      '"stream":true,"stream_options":{"a":1,"include_usage":false}',
      {},
      `{"model":"m",${messages},"stream":true,"stream_options":{"a":1,"include_usage":true}}`,
    ],
    [
      'does not ask a vendor that would refuse',
      '"stream":true',
      { requestStreamUsage: false },
      `{"model":"m",${messages},"stream":true}`,
    ],
    ['does not ask where nothing streams', '"stream":false', {}, `{"model":"m",${messages},"stream":false}`],
  ])('%s', (_name, members, changes, expected) => {
    const body = parseJsonBody(Buffer.from(`{"model":"m",${messages}${members && `,${members}`}}`));

    const built = openaiChat.buildRequest(body, openaiChat.readRequest(body), { ...same, ...changes });

    expect(built.toString()).toBe(expected);
  });
});

describe('usage', () => {
  const all = (counts: Partial<TokenUsage>): TokenUsage => ({
    inputTokens: 0,
    cacheReadInputTokens: 0,
    cacheWrite5mInputTokens: 0,
    cacheWrite1hInputTokens: 0,
    outputTokens: 0,
    reasoningTokens: 0,
    ...counts,
  });

  test.each<[string, unknown, TokenUsage | undefined]>([
    ['plain', usage, all({ inputTokens: 10, outputTokens: 2 })],
    [
      'cached input, which is part of the prompt',
      { ...usage, prompt_tokens_details: { cached_tokens: 8 } },
      all({ inputTokens: 2, cacheReadInputTokens: 8, outputTokens: 2 }),
    ],
    [
      'written to a cache',
      { ...usage, prompt_tokens_details: { cached_tokens: 3, cache_write_tokens: 4 } },
      all({ inputTokens: 3, cacheReadInputTokens: 3, cacheWrite5mInputTokens: 4, outputTokens: 2 }),
    ],
    [
      'more cached than there is',
      { ...usage, prompt_tokens_details: { cached_tokens: 99, cache_write_tokens: 9 } },
      all({ cacheReadInputTokens: 10, outputTokens: 2 }),
    ],
    [
      "DeepSeek's cache hits",
      { ...usage, prompt_cache_hit_tokens: 6, prompt_cache_miss_tokens: 4 },
      all({ inputTokens: 4, cacheReadInputTokens: 6, outputTokens: 2 }),
    ],
    [
      'reasoning inside the completion',
      {
        prompt_tokens: 10,
        completion_tokens: 30,
        total_tokens: 40,
        completion_tokens_details: { reasoning_tokens: 20 },
      },
      all({ inputTokens: 10, outputTokens: 30, reasoningTokens: 20 }),
    ],
    [
      "xAI's reasoning beside the completion",
      {
        prompt_tokens: 10,
        completion_tokens: 5,
        total_tokens: 35,
        completion_tokens_details: { reasoning_tokens: 20 },
      },
      all({ inputTokens: 10, outputTokens: 25, reasoningTokens: 20 }),
    ],
    [
      'null details',
      { ...usage, prompt_tokens_details: null, completion_tokens_details: null },
      all({ inputTokens: 10, outputTokens: 2 }),
    ],
    ['no completion', { prompt_tokens: 10 }, all({ inputTokens: 10 })],
    ['none', null, undefined],
    ['no figure at all', {}, undefined],
    ['nonsense', { prompt_tokens: -1, completion_tokens: '7' }, undefined],
    ['fractions', { prompt_tokens: 1.5, completion_tokens: 2 }, undefined],
  ])('of an answer: %s', (_name, given, expected) => {
    expect(openaiChat.readResponse({ choices: [], usage: given })?.usage).toEqual(expected);
  });

  test.each([null, [], 'text', {}, { choices: {} }, { error: {} }])(
    'is not looked for in %j, which is no answer',
    (value) => {
      expect(openaiChat.readResponse(value)).toBeUndefined();
    },
  );
});

describe('a stream whose caller asked for usage', () => {
  const events = [
    event(chunk([word], { usage: null })),
    event(chunk([stop], { usage: null })),
    event(chunk([], { usage })),
    event('[DONE]'),
  ];

  test('passes byte for byte', () => {
    const result = pass(events, false);

    expect(result.text).toBe(events.join(''));
    expect(result).toMatchObject({ finishReason: 'stop', usage: { inputTokens: 10, outputTokens: 2 } });
  });
});

describe('a stream whose caller did not ask for usage', () => {
  test('is what the provider would have sent unasked, byte for byte', () => {
    const content = { index: 0, delta: { content: 'Grüße ,"usage":null 👋' }, finish_reason: null };
    const asked = [content, stop].map((choice) => event(chunk([choice], { usage: null, obfuscation: 'x' })));
    const unasked = [content, stop].map((choice) => event(chunk([choice], { obfuscation: 'x' })));

    const result = pass([...asked, event(chunk([], { usage })), event('[DONE]')], true);

    expect(result.text).toBe([...unasked, event('[DONE]')].join(''));
    expect(result).toMatchObject({ finishReason: 'stop', usage: { inputTokens: 10, outputTokens: 2 } });
  });

  test.each([
    ['spaces', 'data: {"choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": 2}}\n\n'],
    ['no space after the colon', 'data:{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":2}}\n\n'],
    ['CRLF', 'data: {"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":2}}\r\n\r\n'],
    ['no choices at all', 'data: {"usage":{"prompt_tokens":10,"completion_tokens":2}}\n\n'],
    [
      'a pretty printer',
      'data: {"choices":[],\ndata: "usage" : {"prompt_tokens":10,\ndata: "completion_tokens":2}}\n\n',
    ],
  ])('hides the usage chunk of a provider with %s', (_name, text) => {
    const result = pass([event(chunk([stop])), text], true);

    expect(result.kinds).toEqual(['forward', 'hide']);
    expect(result.usage).toMatchObject({ inputTokens: 10, outputTokens: 2 });
  });

  test.each([
    ['data: {"id":"c","choices":[], "usage": null}\n\n', 'data: {"id":"c","choices":[]}\n\n'],
    ['data: {"usage":null,"choices":[{}]}\n\n', 'data: {"choices":[{}]}\n\n'],
  ])('loses a null usage however it is written: %s', (text, expected) => {
    expect(pass([text], true).text).toBe(expected);
  });

  test('keeps a chunk that has usage and choices, as some vendors send unasked', () => {
    const last = event(chunk([stop], { usage }));

    const result = pass([event(chunk([word])), last], true);

    expect(result.text.endsWith(last)).toBe(true);
    expect(result).toMatchObject({ finishReason: 'stop', usage: { outputTokens: 2 } });
  });
});

describe('what a stream tells', () => {
  test('is the latest usage of a vendor that repeats it', () => {
    const events = [1, 2, 3].map((count) =>
      event(chunk([word], { usage: { prompt_tokens: 10, completion_tokens: count } })),
    );

    expect(pass(events, false).usage).toMatchObject({ outputTokens: 3 });
  });

  test.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['tool_calls', 'tool_calls'],
    ['function_call', 'tool_calls'],
    ['content_filter', 'content_filter'],
    ['eos_token', 'other'],
    ['', undefined],
  ])('is the finish reason %j as %j', (reason, expected) => {
    expect(pass([event(chunk([{ index: 0, delta: {}, finish_reason: reason }]))], false).finishReason).toBe(expected);
  });

  test("is not undone by Perplexity's empty reasons", () => {
    const empty = event(chunk([{ index: 0, delta: {}, finish_reason: '' }]));

    expect(pass([empty, event(chunk([stop])), empty], false).finishReason).toBe('stop');
  });

  test('is never taken from what the model says', () => {
    const content = '"finish_reason":"stop","usage":{"prompt_tokens":1},"error":{"message":"x"},data: [DONE]';
    const result = pass([event(chunk([{ index: 0, delta: { content }, finish_reason: null }]))], true);

    expect(result).toMatchObject({ kinds: ['forward'], finishReason: undefined, usage: undefined });
  });

  test.each([
    ['an error', event({ error: { message: 'overloaded', type: 'server_error' } })],
    ['an error with spaces', 'data: { "error" : { "code" : 500 } }\n\n'],
    ['an error beside choices', event(chunk([{ ...stop, finish_reason: 'error' }], { error: { code: 502 } }))],
    ['an error that is plain text', event({ error: 'CUDA out of memory' })],
    ['a named error event', `event: error\n${event({ error: { message: 'x' } })}`],
  ])('is a failure in %s', (_name, text) => {
    expect(pass([event(chunk([word])), text], true).kinds).toEqual(['forward', 'error']);
  });

  test.each([
    event(chunk([word], { error: null })),
    event(chunk([word], { error: '' })),
    'data: "error":{\n\n',
    ': "error":{}\n\n',
  ])('is no failure in %j', (text) => {
    expect(pass([text], true).kinds).toEqual(['forward']);
  });

  test.each([
    'data: [DONE]\n\n',
    'data:[DONE]\n\n',
    'data: [DONE]\r\n\r\n',
    'data: [DONE] \n\n',
    '\ndata: [DONE]\n\n',
    ': bye\ndata: [DONE]\n\n',
    'event: done\ndata: [DONE]\n\n',
    'id: 9\ndata:  [DONE]\n\n',
  ])('is its end in %j', (text) => {
    expect(pass([text], true).kinds).toEqual(['end']);
  });

  test.each(['data: [DONE] and more\n\n', ': [DONE]\n\n', 'data: {"a":"[DONE]"}\n\n', 'data: DONE\n\n'])(
    'is not its end in %j',
    (text) => {
      expect(pass([text], true).kinds).toEqual(['forward']);
    },
  );

  test('is how many events carried a piece of the answer, comments not among them', () => {
    expect(pass([': hi\n\n', event(chunk([word])), event(chunk([word])), event('[DONE]')], true).contentEvents).toBe(2);
  });
});
