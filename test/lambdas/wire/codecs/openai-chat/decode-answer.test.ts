import { describe, expect, test } from 'vitest';
import { createAssembler } from '../../../../../lambdas/wire/canonical/assemble.ts';
import type { AssistantPart } from '../../../../../lambdas/wire/canonical/request.ts';
import type { CanonicalEvent, CanonicalResponse, Reading } from '../../../../../lambdas/wire/canonical/response.ts';
import { openaiChatCodec } from '../../../../../lambdas/wire/codecs/openai-chat/codec.ts';
import { readSequence } from '../../canonical/grammar.ts';

const usage = { prompt_tokens: 10, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 4 } };
const tokenUsage = {
  inputTokens: 6,
  cacheReadInputTokens: 4,
  cacheWrite5mInputTokens: 0,
  cacheWrite1hInputTokens: 0,
  outputTokens: 5,
  reasoningTokens: 0,
};

const whole = (message: object, more: object = {}): CanonicalResponse | undefined =>
  openaiChatCodec.decodeResponse({ model: 'm', choices: [{ index: 0, message, ...more }] });
const contentOf = (message: object): readonly AssistantPart[] | undefined => whole(message)?.choices[0]?.content;

/** What the chunks say. */
function readingsOf(...chunks: readonly (object | string)[]): readonly Reading[] {
  const decoder = openaiChatCodec.createStreamDecoder();
  return chunks.flatMap((chunk) =>
    decoder.decode({ name: undefined, data: typeof chunk === 'string' ? chunk : JSON.stringify(chunk) }),
  );
}

/** The blocks that the deltas make. */
function blocksOf(...deltas: readonly object[]) {
  const assembler = createAssembler('req_1');
  const readings = readingsOf(...deltas.map((delta) => ({ choices: [{ index: 0, delta }] })));
  const events: CanonicalEvent[] = [...readings.flatMap((reading) => assembler.read(reading)), ...assembler.end()];
  return readSequence(events)
    .get(0)
    ?.blocks.map(({ start, text, state }) => ({ ...start, text, ...(state && { state }) }));
}

const calls = (...entries: readonly object[]): object => ({ tool_calls: entries });
const called = (name: string, words?: unknown): object => ({ function: { name, arguments: words } });

describe('a whole answer', () => {
  test('is read with everything in it', () => {
    const response = whole(
      {
        role: 'assistant',
        content: 'Hi',
        refusal: null,
        annotations: [
          { type: 'url_citation', url_citation: { url: 'https://x.y', title: 't', start_index: 0, end_index: 2 } },
        ],
        images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } }],
        tool_calls: [
          { id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } },
          { id: 'null', function: { name: 'g', arguments: { y: 2 } } },
        ],
      },
      {
        finish_reason: 'tool_calls',
        logprobs: {
          content: [
            { token: 'Hi', logprob: -0.5, bytes: [72, 105], top_logprobs: [{ token: 'Ho', logprob: -2, bytes: null }] },
          ],
        },
      },
    );

    expect(response).toEqual({
      model: 'm',
      choices: [
        {
          content: [
            {
              type: 'text',
              text: 'Hi',
              citations: [{ kind: 'url', url: 'https://x.y', title: 't', textStart: 0, textEnd: 2 }],
            },
            { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AA==' } },
            { type: 'tool-call', id: 'a', name: 'f', arguments: '{"x":1}' },
            { type: 'tool-call', id: '', name: 'g', arguments: '{"y":2}' },
          ],
          finishReason: 'tool_calls',
          logprobs: [{ token: 'Hi', logprob: -0.5, bytes: [72, 105], alternatives: [{ token: 'Ho', logprob: -2 }] }],
        },
      ],
    });
  });

  test.each<[object, readonly object[]]>([
    [
      { content: 'a', reasoning_content: 'r' },
      [
        { type: 'reasoning', text: 'r' },
        { type: 'text', text: 'a' },
      ],
    ],
    [
      { content: 'a', reasoning: 'r' },
      [
        { type: 'reasoning', text: 'r' },
        { type: 'text', text: 'a' },
      ],
    ],
    [
      {
        content: [
          { type: 'thinking', thinking: [{ type: 'text', text: 'r' }] },
          { type: 'text', text: 'a' },
        ],
      },
      [
        { type: 'reasoning', text: 'r' },
        { type: 'text', text: 'a' },
      ],
    ],
    [
      {
        content: '',
        reasoning: 'r',
        reasoning_details: [{ type: 'reasoning.text', text: 'r', signature: 's', format: 'anthropic-claude-v1' }],
      },
      [{ type: 'reasoning', text: 'r', state: { origin: 'anthropic', value: 's' } }],
    ],
    [{ content: null, refusal: 'No.' }, [{ type: 'refusal', text: 'No.' }]],
    [{ function_call: { name: 'f', arguments: '{}' } }, [{ type: 'tool-call', id: '', name: 'f', arguments: '{}' }]],
    [{ content: 'a', tool_calls: [] }, [{ type: 'text', text: 'a' }]],
  ])('of any vendor: %j', (message, expected) => {
    const content = contentOf(message);

    expect(content).toEqual(expected);
  });

  test.each([
    ['stop', 'stop'],
    ['eos', 'stop'],
    ['length', 'length'],
    ['model_length', 'length'],
    ['function_call', 'tool_calls'],
    ['content_filter', 'content_filter'],
    ['', 'other'],
    [null, 'other'],
    ['insufficient_system_resource', 'other'],
  ])('that ended with %j', (reason, expected) => {
    const response = whole({ content: 'a' }, { finish_reason: reason });

    expect(response?.choices[0]?.finishReason).toBe(expected);
  });

  test.each([[undefined], ['text'], [{ error: { message: 'x' } }], [{ choices: 'none' }]])('is none: %j', (value) => {
    const response = openaiChatCodec.decodeResponse(value);

    expect(response).toBeUndefined();
  });

  test.each([
    [{ usage, choices: [] }],
    [{ x_groq: { usage }, choices: [] }],
    [{ choices: [{ index: 0, message: { content: 'a' }, usage }] }],
  ])('tells its usage wherever the vendor puts it: %j', (value) => {
    const response = openaiChatCodec.decodeResponse(value);

    expect(response?.usage).toEqual(tokenUsage);
  });
});

describe('a stream', () => {
  test('is read from the first chunk to the end', () => {
    const readings = readingsOf(
      {
        model: 'm',
        choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }],
        usage: null,
      },
      { model: 'm', choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: '' }] },
      { model: 'm', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
      { model: 'm', choices: [], usage },
      '[DONE]',
    );

    expect(readings).toEqual([
      { type: 'start', model: 'm' },
      { type: 'text', choice: 0, text: 'Hi' },
      { type: 'finish', choice: 0, reason: 'stop' },
      { type: 'usage', usage: tokenUsage },
      { type: 'end' },
    ]);
  });

  test.each<[string, readonly object[], readonly object[]]>([
    [
      'reasoning as DeepSeek sends it',
      [
        { content: null, reasoning_content: 'r' },
        { content: 'a', reasoning_content: null },
      ],
      [
        { kind: 'reasoning', text: 'r' },
        { kind: 'text', text: 'a' },
      ],
    ],
    [
      'reasoning as Mistral sends it',
      [
        { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'r' }] }] },
        { content: [{ type: 'text', text: 'a' }] },
      ],
      [
        { kind: 'reasoning', text: 'r' },
        { kind: 'text', text: 'a' },
      ],
    ],
    [
      'reasoning as OpenRouter sends it',
      [
        { reasoning: 'r', reasoning_details: [{ type: 'reasoning.text', text: 'r', index: 0 }] },
        { reasoning_details: [{ type: 'reasoning.text', signature: 's', format: 'anthropic-claude-v1', index: 0 }] },
        { reasoning_details: [{ type: 'reasoning.encrypted', data: 'd', format: 'anthropic-claude-v1' }] },
      ],
      [
        { kind: 'reasoning', text: 'r', state: { origin: 'anthropic', value: 's' } },
        { kind: 'redacted-reasoning', state: { origin: 'anthropic', value: 'd' }, text: '' },
      ],
    ],
    [
      'reasoning as we send it',
      [
        { reasoning_content: 'r' },
        { reasoning_content: 's' },
        {
          reasoning_details: [
            { type: 'reasoning.text', text: 'rs', signature: 'p', format: 'anthropic-claude-v1', index: 0 },
          ],
        },
        { content: 'a' },
      ],
      [
        { kind: 'reasoning', text: 'rs', state: { origin: 'anthropic', value: 'p' } },
        { kind: 'text', text: 'a' },
      ],
    ],
    [
      'an empty list of calls as none',
      [
        { content: 'a', tool_calls: [] },
        { content: 'b', tool_calls: [] },
      ],
      [{ kind: 'text', text: 'ab' }],
    ],
    [
      'calls by index',
      [
        calls({ index: 0, id: 'a', ...called('f', '') }, { index: 1, id: 'b', ...called('g', '') }),
        calls({ index: 1, function: { arguments: '{"y":2}' } }),
        calls({ index: 0, function: { arguments: '{"x":1}' } }),
      ],
      [
        { kind: 'tool-call', id: 'a', name: 'f', text: '{"x":1}' },
        { kind: 'tool-call', id: 'b', name: 'g', text: '{"y":2}' },
      ],
    ],
    [
      'calls without index',
      [
        calls({ id: 'a', ...called('f', '{"x"') }),
        calls({ function: { arguments: ':1}' } }),
        calls({ id: 'b', ...called('g', { y: 2 }) }),
      ],
      [
        { kind: 'tool-call', id: 'a', name: 'f', text: '{"x":1}' },
        { kind: 'tool-call', id: 'b', name: 'g', text: '{"y":2}' },
      ],
    ],
    [
      'calls that all have index 0 and no id',
      [
        calls({ index: 0, id: '', ...called('f', '{"x":1}') }, { index: 0, id: '', ...called('f', '{"x":2}') }),
        calls({ index: 0, id: '', ...called('g', '{}') }),
      ],
      [
        { kind: 'tool-call', id: 'call_1_0', name: 'f', text: '{"x":1}' },
        { kind: 'tool-call', id: 'call_1_1', name: 'f', text: '{"x":2}' },
        { kind: 'tool-call', id: 'call_1_2', name: 'g', text: '{}' },
      ],
    ],
    [
      'calls that repeat their id and name',
      [calls({ index: 0, id: 'a', ...called('f', '{"x"') }), calls({ index: 0, id: 'a', ...called('f', ':1}') })],
      [{ kind: 'tool-call', id: 'a', name: 'f', text: '{"x":1}' }],
    ],
    [
      'the function call of the time before tools',
      [{ function_call: { name: 'f', arguments: '' } }, { function_call: { arguments: '{"x":1}' } }],
      [{ kind: 'tool-call', id: 'call_1_0', name: 'f', text: '{"x":1}' }],
    ],
    [
      'an image',
      [{ images: [{ image_url: { url: 'data:image/png;base64,AA==' } }] }],
      [{ kind: 'image', mediaType: 'image/png', data: 'AA==', text: '' }],
    ],
    ['a refusal', [{ refusal: 'N' }, { refusal: 'o.' }], [{ kind: 'refusal', text: 'No.' }]],
  ])('has %s', (_, deltas, expected) => {
    const blocks = blocksOf(...deltas);

    expect(blocks).toEqual(expected);
  });

  test('keeps calls apart that have one index and ids of their own', () => {
    const readings = readingsOf(
      { choices: [{ delta: calls({ index: 0, id: 'a', ...called('f', '{') }) }] },
      { choices: [{ delta: calls({ index: 0, id: 'b', ...called('g', '') }) }] },
      { choices: [{ delta: calls({ index: 0, function: { arguments: '{}' } }) }] },
    );

    expect(readings.map((reading) => 'key' in reading && [reading.key, reading.type])).toEqual([
      false,
      [0, 'tool-call'],
      [0, 'tool-arguments'],
      [1, 'tool-call'],
      [1, 'tool-arguments'],
    ]);
  });

  test('tells the sources of a search once, when the text is there', () => {
    const chunk = (delta: object, reason: string | null): object => ({
      citations: ['https://x.y'],
      choices: [{ index: 0, delta, finish_reason: reason }],
    });

    const readings = readingsOf(chunk({ content: 'a' }, null), chunk({ content: 'b' }, 'stop'), chunk({}, 'stop'));

    expect(readings.map(({ type }) => type)).toEqual(['start', 'text', 'text', 'citation', 'finish', 'finish']);
  });

  test('has log probabilities with content only', () => {
    const logprobs = { content: [{ token: 'a', logprob: -1, top_logprobs: [] }] };

    const readings = readingsOf(
      { choices: [{ index: 0, delta: { reasoning_content: 'r' }, logprobs }] },
      { choices: [{ index: 0, delta: { content: 'a' }, logprobs }] },
    );

    expect(readings.map(({ type }) => type)).toEqual(['start', 'reasoning', 'text', 'logprobs']);
  });

  test.each<[string | undefined, string, unknown]>([
    [undefined, '{"error":{"message":"overloaded"}}', { message: 'overloaded' }],
    [undefined, '{"error":"overloaded","choices":[]}', 'overloaded'],
    [undefined, '{"object":"error","message":"overloaded"}', { object: 'error', message: 'overloaded' }],
    ['error', '{"message":"overloaded"}', { message: 'overloaded' }],
    [undefined, '<html>', undefined],
    [undefined, '[1]', undefined],
  ])('says that the provider failed (%s, %s)', (name, data, error) => {
    const readings = openaiChatCodec.createStreamDecoder().decode({ name, data });

    expect(readings).toEqual([{ type: 'error', error }]);
  });

  test.each([[{ delta: null }], [{ delta: 7 }], [{}]])('survives a choice without a delta: %j', (choice) => {
    const readings = readingsOf({ choices: [choice, null] });

    expect(readings).toEqual([{ type: 'start' }]);
  });
});
