import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bedrockConverseCodec } from '../../../../../lambdas/wire/codecs/bedrock-converse/codec.ts';

const answer = (content: readonly object[], more: object = {}): unknown => ({
  metrics: { latencyMs: 551 },
  output: { message: { content, role: 'assistant' } },
  stopReason: 'end_turn',
  usage: { inputTokens: 12, outputTokens: 7, totalTokens: 19 },
  ...more,
});
const decode = (value: unknown) => bedrockConverseCodec.decodeResponse(value);

test('reads text, calls, reasoning, citations and images in order', () => {
  const decoded = decode(
    answer(
      [
        { reasoningContent: { reasoningText: { text: 'Hm', signature: 'EqQB' } } },
        { reasoningContent: { redactedContent: 'aGlkZGVu' } },
        { reasoningContent: { reasoningText: { text: 'Open' } } },
        { text: 'Look: ' },
        {
          citationsContent: {
            content: [{ text: 'It rains' }, { text: ' in Ulm.' }],
            citations: [
              {
                title: 'Weather',
                sourceContent: [{ text: 'Rain' }],
                location: { documentPage: { documentIndex: 1, start: 2, end: 3 } },
              },
              { source: 'https://example.com', location: { web: { url: 'https://example.com/a' } } },
              { location: { searchResultLocation: { searchResultIndex: 4, start: 0, end: 1 } } },
            ],
          },
        },
        { toolUse: { toolUseId: 'tooluse_1', name: 'weather', input: { city: 'Ulm' } } },
        { toolUse: { toolUseId: 'tooluse_2', name: 'now' } },
        { image: { format: 'png', source: { bytes: 'iVBORw==' } } },
      ],
      { stopReason: 'tool_use' },
    ),
  );

  expect(decoded).toEqual({
    choices: [
      {
        finishReason: 'tool_calls',
        content: [
          { type: 'reasoning', text: 'Hm', state: { origin: 'anthropic', value: 'EqQB' } },
          { type: 'redacted-reasoning', state: { origin: 'bedrock', value: 'aGlkZGVu' } },
          { type: 'reasoning', text: 'Open' },
          { type: 'text', text: 'Look: ' },
          {
            type: 'text',
            text: 'It rains in Ulm.',
            citations: [
              { kind: 'page', title: 'Weather', citedText: 'Rain', documentIndex: 1, start: 2, end: 3 },
              { kind: 'url', url: 'https://example.com/a' },
              { kind: 'search-result', documentIndex: 4, start: 0, end: 1 },
            ],
          },
          { type: 'tool-call', id: 'tooluse_1', name: 'weather', arguments: '{"city":"Ulm"}' },
          { type: 'tool-call', id: 'tooluse_2', name: 'now', arguments: '{}' },
          { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'iVBORw==' } },
        ],
      },
    ],
    usage: {
      inputTokens: 12,
      cacheReadInputTokens: 0,
      cacheWrite5mInputTokens: 0,
      cacheWrite1hInputTokens: 0,
      outputTokens: 7,
      reasoningTokens: 0,
    },
  });
});

test('does not show tools that Bedrock ran itself as calls of the client', () => {
  const decoded = decode(
    answer([
      { toolUse: { toolUseId: 't1', name: 'nova_grounding', input: {}, type: 'server_tool_use' } },
      { toolResult: { toolUseId: 't1', content: [{ text: 'Found' }], type: 'nova_grounding_result' } },
      { text: 'Done' },
    ]),
  );

  expect(decoded?.choices[0]?.content).toEqual([{ type: 'text', text: 'Done' }]);
});

test('tells the sequence that stopped it', () => {
  const decoded = decode(
    answer([], { stopReason: 'stop_sequence', additionalModelResponseFields: { stop_sequence: 'END' } }),
  );

  expect(decoded?.choices[0]).toMatchObject({ finishReason: 'stop', stopSequence: 'END' });
});

test.each([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['tool_use', 'tool_calls'],
  ['guardrail_intervened', 'content_filter'],
  ['content_filtered', 'content_filter'],
  ['refusal', 'refusal'],
  ['malformed_model_output', 'other'],
  ['malformed_tool_use', 'other'],
  ['something_new', 'other'],
  [undefined, 'other'],
])('reads the stop reason %s as %s', (stopReason, expected) => {
  expect(decode(answer([], { stopReason }))?.choices[0]?.finishReason).toBe(expected);
});

describe('usage', () => {
  test.each([
    [
      'without a split is written for five minutes',
      { cacheReadInputTokens: 100, cacheWriteInputTokens: 50 },
      { cacheReadInputTokens: 100, cacheWrite5mInputTokens: 50, cacheWrite1hInputTokens: 0 },
    ],
    [
      'is split by lifetime and never counted twice',
      {
        cacheWriteInputTokens: 50,
        cacheDetails: [
          { ttl: '1h', inputTokens: 30 },
          { ttl: '5m', inputTokens: 20 },
        ],
      },
      { cacheWrite5mInputTokens: 20, cacheWrite1hInputTokens: 30 },
    ],
    [
      'keeps what the split leaves out',
      { cacheWriteInputTokens: 50, cacheDetails: [{ ttl: '1h', inputTokens: 30 }] },
      { cacheWrite5mInputTokens: 20, cacheWrite1hInputTokens: 30 },
    ],
  ])('of a cache %s', (_name, counts, expected) => {
    const usage = { inputTokens: 12, outputTokens: 7, totalTokens: 19, ...counts };

    expect(decode(answer([], { usage }))?.usage).toMatchObject({ inputTokens: 12, outputTokens: 7, ...expected });
  });

  test('that makes no sense counts as not told', () => {
    expect(decode(answer([], { usage: { inputTokens: -1 } }))?.usage).toBeUndefined();
    expect(decode(answer([], { usage: null }))?.usage).toBeUndefined();
  });
});

test.each([
  ['an error', { message: 'The security token included in the request is invalid.' }],
  [
    "an error of AWS's own envelope",
    { Output: { __type: 'com.amazon.coral.service#UnknownOperationException' }, Version: '1.0' },
  ],
  ['an answer without output', { output: null, stopReason: 'end_turn' }],
  ['a text', 'answer'],
  ['nothing', null],
])('takes %s under status 200 for no answer', (_name, value) => {
  expect(decode(value)).toBeUndefined();
});

test('never crashes, whatever comes', () => {
  const shaped = fc.record({
    output: fc.record({ message: fc.record({ content: fc.array(fc.oneof(fc.jsonValue(), anyBlock())) }) }),
    stopReason: fc.jsonValue(),
    usage: fc.jsonValue(),
    additionalModelResponseFields: fc.jsonValue(),
  });
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), shaped), (value) => {
      expect(() => decode(value)).not.toThrow();
    }),
    { numRuns: 1000 },
  );
});

function anyBlock() {
  const names = ['text', 'toolUse', 'reasoningContent', 'citationsContent', 'image', 'toolResult'];
  const members = ['reasoningText', 'text', 'content', 'citations', 'source', 'name', 'location', 'bytes', 'format'];
  const inner = fc.dictionary(fc.constantFrom(...members), fc.jsonValue());
  return fc.dictionary(fc.constantFrom(...names), fc.oneof(inner, fc.jsonValue()), { maxKeys: 2 });
}
