import { describe, expect, test } from 'vitest';
import { anthropicMessages } from '../../../lambdas/wire/anthropic-messages.ts';
import { parseJsonBody } from '../../../lambdas/wire/json-body.ts';
import type { RequestFacts } from '../../../lambdas/wire/protocol.ts';

const base = '"model":"m","max_tokens":100,"messages":[{"role":"user","content":"Hi"}]';
const read = (members: string): RequestFacts =>
  anthropicMessages.readRequest(parseJsonBody(Buffer.from(`{${members}}`)));

type Data = { type: string; [name: string]: unknown };
const named = (data: Data, newline = '\n'): string =>
  `event: ${data.type}${newline}data: ${JSON.stringify(data)}${newline}${newline}`;
const unnamed = (data: Data): string => `data: ${JSON.stringify(data)}\n\n`;

const start = (usage: object): Data => ({ type: 'message_start', message: { id: 'msg_1', usage } });
const delta = (usage: object, reason: string | null = 'end_turn'): Data => ({
  type: 'message_delta',
  delta: { stop_reason: reason, stop_sequence: null },
  usage,
});
const word: Data = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'event: error 👋' } };
const stop: Data = { type: 'message_stop' };

function pass(events: readonly string[]) {
  const tap = anthropicMessages.createStreamTap();
  const kinds = events.map((event) => tap.read(Buffer.from(event).toString('latin1')).kind);
  return { kinds, ...tap.facts(), contentEvents: tap.contentEvents() };
}

describe('a request', () => {
  test('is refused where the provider would keep the conversation', () => {
    expect(() => read(`${base},"thread":{"type":"create"}`)).toThrow(
      expect.objectContaining({ code: 'parameter_not_supported', param: 'thread' }),
    );
    expect(() => read(`${base},"thread":null`)).not.toThrow();
  });

  test('is read for what routing and admission need', () => {
    expect(read(`${base},"stream":true`)).toEqual({
      model: 'm',
      fallbackModels: [],
      stream: true,
      maxOutputTokens: 100,
      minOutputTokens: 1,
      choices: 1,
      wantsStreamUsage: true,
      hasReferences: false,
      unpricedOption: undefined,
    });
  });

  test.each<[string, Partial<RequestFacts>]>([
    ['"thinking":{"type":"enabled","budget_tokens":64}', { minOutputTokens: 65 }],
    ['"thinking":{"type":"enabled","budget_tokens":400}', { minOutputTokens: 100 }],
    ['"thinking":{"type":"disabled"}', { minOutputTokens: 1 }],
    ['"x":{"type":"url","url":"https://example.com/a.png"}', { hasReferences: true }],
    ['"x":{"file_id":"f"}', { hasReferences: true }],
    ['"x":{"type":"base64","data":"aGk="}', { hasReferences: true }],
    [`"x":{"type":"base64","data":"${'A'.repeat(4096)}"}`, { hasReferences: false }],
    ['"inference_geo":"us"', { unpricedOption: 'inference_geo' }],
    ['"speed":"fast"', { unpricedOption: 'speed' }],
    ['"speed":"standard"', { unpricedOption: undefined }],
  ])('with %s', (members, expected) => {
    expect(read(`${base},${members}`)).toMatchObject(expected);
  });

  test.each([
    ['"model":"m","messages":[{}]', 'max_tokens'],
    ['"model":"m","messages":[{}],"max_tokens":0', 'max_tokens'],
    ['"model":"m","max_tokens":1', 'messages'],
    ['"messages":[{}],"max_tokens":1', 'model'],
    [`${base},"thinking":true`, 'thinking'],
    [`${base},"stream":1`, 'stream'],
  ])('is refused, naming the field: %s', (members, param) => {
    expect(() => read(members)).toThrow(expect.objectContaining({ code: 'invalid_request', param }));
  });

  test.each([
    [undefined, 'm', `{${base}}`],
    [50, 'x', `{${base.replace('"m"', '"x"').replace('100', '50')}}`],
    [200, 'm', `{${base}}`],
  ])('goes out with cap %s and model %s as %s', (maxOutputTokens, model, expected) => {
    const body = parseJsonBody(Buffer.from(`{${base}}`));
    const changes = { model, maxOutputTokens, maxTokensField: 'max_tokens', requestStreamUsage: true } as const;

    const built = anthropicMessages.buildRequest(body, anthropicMessages.readRequest(body), changes);

    expect(built.toString()).toBe(expected);
  });
});

const usages: [string, object, object][] = [
  ['no cache', { input_tokens: 9, output_tokens: 2 }, { inputTokens: 9, outputTokens: 2, cacheReadInputTokens: 0 }],
  [
    'a cache read, which is not part of the input',
    { input_tokens: 9, cache_read_input_tokens: 50 },
    { inputTokens: 9, cacheReadInputTokens: 50 },
  ],
  [
    'a cache write',
    { input_tokens: 9, cache_creation_input_tokens: 7 },
    { cacheWrite5mInputTokens: 7, cacheWrite1hInputTokens: 0 },
  ],
  [
    'cache writes of both lifetimes',
    {
      input_tokens: 9,
      cache_creation_input_tokens: 7,
      cache_creation: { ephemeral_5m_input_tokens: 3, ephemeral_1h_input_tokens: 4 },
    },
    { cacheWrite5mInputTokens: 3, cacheWrite1hInputTokens: 4 },
  ],
  [
    'only the long lifetime',
    { input_tokens: 9, cache_creation_input_tokens: 7, cache_creation: { ephemeral_1h_input_tokens: 4 } },
    { cacheWrite5mInputTokens: 3, cacheWrite1hInputTokens: 4 },
  ],
  [
    'a split without its sum',
    { input_tokens: 9, cache_creation: { ephemeral_5m_input_tokens: 3 } },
    { cacheWrite5mInputTokens: 3, cacheWrite1hInputTokens: 0 },
  ],
  [
    'a split that says less than the sum',
    {
      input_tokens: 9,
      cache_creation_input_tokens: 7,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 2 },
    },
    { cacheWrite5mInputTokens: 5, cacheWrite1hInputTokens: 2 },
  ],
  [
    'nulls',
    { input_tokens: 9, cache_creation_input_tokens: null, cache_read_input_tokens: null, cache_creation: null },
    { inputTokens: 9, cacheWrite5mInputTokens: 0 },
  ],
];

describe.each(usages)('usage with %s', (_name, usage, expected) => {
  test('is read from an answer', () => {
    expect(anthropicMessages.readResponse({ type: 'message', usage })?.usage).toMatchObject(expected);
  });

  test('is read from a stream', () => {
    expect(pass([named(start(usage)), named(delta({})), named(stop)]).usage).toMatchObject(expected);
  });
});

test.each([null, [], {}, { type: 'error', error: {} }, { choices: [] }])('does not take %j for an answer', (value) => {
  expect(anthropicMessages.readResponse(value)).toBeUndefined();
});

describe('a stream', () => {
  test.each([
    ['with its event names', named],
    ['with CRLF', (data: Data) => named(data, '\r\n')],
    ['without event names', unnamed],
    ['with a space less', (data: Data) => named(data).replaceAll(': {', ':{').replace('event: ', 'event:')],
  ])('is read %s', (_name, write) => {
    const events = [
      start({ input_tokens: 9, output_tokens: 1 }),
      { type: 'ping' },
      word,
      word,
      delta({ output_tokens: 5 }),
      stop,
    ];

    const result = pass(events.map((event) => write(event)));

    expect(result).toMatchObject({
      kinds: ['forward', 'forward', 'forward', 'forward', 'forward', 'end'],
      usage: { inputTokens: 9, outputTokens: 5 },
      finishReason: 'stop',
      contentEvents: 2,
    });
  });

  test('is charged by the last figures, which are cumulative', () => {
    const result = pass([
      named(start({ input_tokens: 9, cache_read_input_tokens: 0, output_tokens: 1 })),
      named(delta({ output_tokens: 5 }, null)),
      named(delta({ input_tokens: 900, cache_read_input_tokens: 40, output_tokens: 30 })),
    ]);

    expect(result.usage).toMatchObject({ inputTokens: 900, cacheReadInputTokens: 40, outputTokens: 30 });
  });

  test('is charged for a cache write that only its end reports, without the split by lifetime', () => {
    const split = { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 };
    const begin = start({ input_tokens: 9, cache_creation_input_tokens: 0, cache_creation: split, output_tokens: 1 });

    const result = pass([named(begin), named(delta({ cache_creation_input_tokens: 500, output_tokens: 5 }))]);

    expect(result.usage).toMatchObject({ cacheWrite5mInputTokens: 500, cacheWrite1hInputTokens: 0 });
  });

  test('that was cut off after its start still tells its input', () => {
    const result = pass([named(start({ input_tokens: 9, output_tokens: 1 })), named(word)]);

    expect(result).toMatchObject({ usage: { inputTokens: 9, outputTokens: 1 }, finishReason: undefined });
  });

  test.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['tool_use', 'tool_calls'],
    ['refusal', 'refusal'],
    ['pause_turn', 'pause'],
    ['something_new', 'other'],
    [null, undefined],
  ])('that stops for %j finishes with %j', (reason, expected) => {
    expect(pass([named(delta({}, reason))]).finishReason).toBe(expected);
    expect(anthropicMessages.readResponse({ type: 'message', stop_reason: reason })?.finishReason).toBe(expected);
  });

  test.each([named, unnamed])('fails in an error event', (write) => {
    const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };

    expect(pass([write(error)]).kinds).toEqual(['error']);
  });

  test('passes on events it does not know, and ones that are not JSON', () => {
    const strange = ['event: new_thing\ndata: {}\n\n', 'event: message_start\ndata: {broken\n\n', ': hi\n\n', '\n\n'];

    expect(pass(strange)).toMatchObject({ kinds: ['forward', 'forward', 'forward', 'forward'], usage: undefined });
  });
});
