import { describe, expect, test } from 'vitest';
import type { Reading } from '../../../../../lambdas/wire/canonical/response.ts';
import { openaiResponsesCodec as codec } from '../../../../../lambdas/wire/codecs/openai-responses/codec.ts';

const usage = {
  input_tokens: 10,
  input_tokens_details: { cached_tokens: 4, cache_write_tokens: 1 },
  output_tokens: 7,
  output_tokens_details: { reasoning_tokens: 3 },
};
const readUsage = {
  inputTokens: 5,
  cacheReadInputTokens: 4,
  cacheWrite5mInputTokens: 1,
  cacheWrite1hInputTokens: 0,
  outputTokens: 7,
  reasoningTokens: 3,
};
interface Event {
  readonly type: string;
  readonly [member: string]: unknown;
}

const choice = 0;
const message = (...content: object[]) => ({ type: 'message', id: 'msg', role: 'assistant', content });
const text = (said: string, more: object = {}) => ({ type: 'output_text', text: said, annotations: [], ...more });
const reasoning = {
  type: 'reasoning',
  id: 'rs',
  summary: [
    { type: 'summary_text', text: 'A' },
    { type: 'summary_text', text: 'B' },
  ],
  encrypted_content: 'enc',
};
const call = { type: 'function_call', id: 'fc', call_id: 'c1', name: 'look', arguments: '{"a":1}' };
const state = { origin: 'openai', value: 'enc' };

describe('a whole response', () => {
  test('is read with its items in order', () => {
    const logprobs = [{ token: 'a', logprob: -1, bytes: [97], top_logprobs: [{ token: 'b', logprob: -2, bytes: [] }] }];
    const annotations = [
      { type: 'url_citation', url: 'https://x', title: 'X', start_index: 0, end_index: 1 },
      { type: 'file_citation', file_id: 'file-1', filename: 'a.pdf', index: 0 },
      { type: 'file_path', file_id: 'file-2', index: 0 },
    ];

    const response = codec.decodeResponse({
      model: 'gpt-x',
      status: 'completed',
      output: [
        reasoning,
        { type: 'web_search_call', id: 'ws' },
        message(text('Hi', { annotations, logprobs }), { type: 'refusal', refusal: 'No' }),
        call,
        { type: 'custom_tool_call', call_id: 'c2', name: 'patch', input: 'x' },
        { type: 'image_generation_call', result: 'iVBORw0' },
      ],
      usage,
    });

    expect(response).toEqual({
      model: 'gpt-x',
      choices: [
        {
          content: [
            { type: 'reasoning', text: 'A\n\nB', state },
            {
              type: 'text',
              text: 'Hi',
              citations: [
                { kind: 'url', url: 'https://x', title: 'X', textStart: 0, textEnd: 1 },
                { kind: 'document', title: 'a.pdf' },
              ],
            },
            { type: 'refusal', text: 'No' },
            { type: 'tool-call', id: 'c1', name: 'look', arguments: '{"a":1}' },
            { type: 'tool-call', id: 'c2', name: 'patch', arguments: '{"input":"x"}' },
            { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'iVBORw0' } },
          ],
          finishReason: 'tool_calls',
          logprobs: [{ token: 'a', logprob: -1, bytes: [97], alternatives: [{ token: 'b', logprob: -2 }] }],
        },
      ],
      usage: readUsage,
    });
  });

  test('may hide its reasoning', () => {
    const response = codec.decodeResponse({ output: [{ ...reasoning, summary: [] }] });

    expect(response?.choices[0]?.content).toEqual([{ type: 'redacted-reasoning', state }]);
  });

  test.each([
    undefined,
    null,
    'text',
    {},
    { output: {} },
    { output: [], status: 'failed', error: { code: 'server_error' } },
    { output: [], status: 'in_progress' },
    { output: [], status: 'cancelled' },
  ])('is none: %j', (value) => {
    expect(codec.decodeResponse(value)).toBeUndefined();
  });

  test.each([
    [null, 7, []],
    [message(null as never, { type: 'output_text' })],
    [{ type: 'message', content: 'text' }],
    [{ type: 'reasoning', summary: [null, { text: 7 }], encrypted_content: 7 }],
    [{ type: 'function_call' }],
    [{ type: 'function_call', arguments: { a: 1 } }],
  ])('is read as far as it goes: %j', (...output) => {
    expect(codec.decodeResponse({ output })?.choices).toHaveLength(1);
  });
});

describe('a streamed response', () => {
  const decode = (...events: readonly Event[]): Reading[] => {
    const decoder = codec.createStreamDecoder();
    return events.flatMap((event) => [...decoder.decode({ name: event.type, data: JSON.stringify(event) })]);
  };
  const completed = { type: 'response.completed', response: { status: 'completed', output: [], usage } };

  test('is read event by event', () => {
    const readings = decode(
      { type: 'response.created', response: { model: 'gpt-x' } },
      { type: 'response.in_progress', response: {} },
      { type: 'response.output_item.added', output_index: 0, item: { type: 'reasoning', summary: [] } },
      { type: 'response.reasoning_summary_part.added', output_index: 0, summary_index: 0 },
      { type: 'response.reasoning_summary_text.delta', output_index: 0, summary_index: 0, delta: 'A' },
      { type: 'response.reasoning_summary_part.added', output_index: 0, summary_index: 1 },
      { type: 'response.reasoning_summary_text.delta', output_index: 0, summary_index: 1, delta: 'B' },
      { type: 'response.output_item.done', output_index: 0, item: reasoning },
      { type: 'response.output_item.added', output_index: 1, item: message() },
      { type: 'response.output_text.delta', output_index: 1, delta: 'Hi', logprobs: [{ token: 'Hi', logprob: -1 }] },
      {
        type: 'response.output_text.annotation.added',
        output_index: 1,
        annotation: { type: 'url_citation', url: 'https://x' },
      },
      { type: 'response.content_part.done', output_index: 1, part: text('Hi') },
      { type: 'response.refusal.delta', output_index: 1, delta: 'No' },
      { type: 'response.output_item.done', output_index: 1, item: message(text('Hi')) },
      { type: 'response.output_item.added', output_index: 2, item: { ...call, arguments: '' } },
      { type: 'response.function_call_arguments.delta', output_index: 2, delta: '{"a":1}' },
      { type: 'response.output_item.done', output_index: 2, item: call },
      { type: 'response.an_event_of_tomorrow', delta: 'x' },
      {
        type: 'response.completed',
        response: { status: 'completed', output: [reasoning, message(text('Hi')), call], usage },
      },
    );

    expect(readings).toEqual([
      { type: 'start', model: 'gpt-x' },
      { type: 'reasoning', choice, text: 'A' },
      { type: 'reasoning', choice, text: '\n\n' },
      { type: 'reasoning', choice, text: 'B' },
      { type: 'state', choice, of: 'reasoning', state },
      { type: 'block-end', choice },
      { type: 'text', choice, text: 'Hi' },
      { type: 'logprobs', choice, logprobs: [{ token: 'Hi', logprob: -1, alternatives: [] }] },
      { type: 'citation', choice, citation: { kind: 'url', url: 'https://x' } },
      { type: 'block-end', choice },
      { type: 'refusal', choice, text: 'No' },
      { type: 'block-end', choice },
      { type: 'tool-call', choice, key: 2, id: 'c1', name: 'look' },
      { type: 'tool-arguments', choice, key: 2, text: '{"a":1}' },
      { type: 'block-end', choice },
      { type: 'usage', usage: readUsage },
      { type: 'finish', choice, reason: 'tool_calls' },
      { type: 'end' },
    ]);
  });

  test('keeps the proof of a reasoning text with the text', () => {
    const readings = decode(
      { type: 'response.reasoning_text.delta', output_index: 0, delta: 'A' },
      { type: 'response.content_part.done', output_index: 0, part: { type: 'reasoning_text', text: 'A' } },
      { type: 'response.output_item.done', output_index: 0, item: reasoning },
    );

    expect(readings.map(({ type }) => type)).toEqual(['reasoning', 'state', 'block-end']);
  });

  test.each<[string, object, Reading[]]>([
    ['hidden reasoning', { ...reasoning, summary: [] }, [{ type: 'redacted-reasoning', choice, state }] as Reading[]],
    ['text', message(text('Hi')), [{ type: 'text', choice, text: 'Hi' }]],
    [
      'a call',
      call,
      [
        { type: 'tool-call', choice, key: 0, id: 'c1', name: 'look' },
        { type: 'tool-arguments', choice, key: 0, text: '{"a":1}' },
      ],
    ],
    [
      'an image',
      { type: 'image_generation_call', result: 'AAAA', output_format: 'webp' },
      [{ type: 'image', choice, mediaType: 'image/webp', data: 'AAAA' }],
    ],
  ])('loses nothing of an item that came without pieces, only once: %s', (_, item, expected) => {
    const end = { ...completed, response: { ...completed.response, output: [item] } };
    const done = { type: 'response.output_item.done', output_index: 0, item };

    const readings = [decode(done, end), decode(end)];

    for (const each of readings)
      expect(each.slice(0, expected.length + 1)).toEqual([...expected, { type: 'block-end', choice }]);
    for (const each of readings) expect(each).toHaveLength(expected.length + 4);
  });

  test.each([
    ['max_output_tokens', 'length'],
    ['content_filter', 'content_filter'],
  ])('may be incomplete: %s', (reason, finish) => {
    const response = { status: 'incomplete', incomplete_details: { reason }, output: [] };

    expect(decode({ type: 'response.incomplete', response })).toEqual([
      { type: 'finish', choice, reason: finish },
      { type: 'end' },
    ]);
  });

  test.each<[Event, unknown]>([
    [
      { type: 'response.failed', response: { error: { code: 'server_error', message: 'm' } } },
      { error: { code: 'server_error', message: 'm' } },
    ],
    [
      { type: 'error', code: 'rate_limit_exceeded', message: 'm', param: null },
      { error: { type: 'error', code: 'rate_limit_exceeded', message: 'm', param: null } },
    ],
    [
      { type: 'error', error: { message: 'm' } },
      { type: 'error', error: { message: 'm' } },
    ],
  ])('may fail: %j', (event, error) => {
    expect(decode({ ...event })).toEqual([{ type: 'error', error }]);
  });

  test.each(['', '{', '"text"', '[]', 'null'])('is an error where an event is no object: %j', (data) => {
    expect(codec.createStreamDecoder().decode({ name: 'response.created', data })).toEqual([
      { type: 'error', error: undefined },
    ]);
  });

  test('is read by the names of its events where the data has no type', () => {
    const decoder = codec.createStreamDecoder();

    expect(decoder.decode({ name: 'response.output_text.delta', data: '{"delta":"Hi"}' })).toContainEqual({
      type: 'text',
      choice,
      text: 'Hi',
    });
    expect(decoder.decode({ name: undefined, data: '[DONE]' })).toEqual([{ type: 'end' }]);
  });
});
