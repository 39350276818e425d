import type { Message } from '@anthropic-ai/sdk/resources/messages';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { completeResponse } from '../../../../../lambdas/wire/canonical/complete-response.ts';
import { decodeToolCallId } from '../../../../../lambdas/wire/canonical/opaque.ts';
import type { AssistantPart, Citation } from '../../../../../lambdas/wire/canonical/request.ts';
import type { CanonicalResponse } from '../../../../../lambdas/wire/canonical/response.ts';
import { anthropicMessagesCodec } from '../../../../../lambdas/wire/codecs/anthropic-messages/codec.ts';
import type { FinishReason } from '../../../../../lambdas/wire/protocol.ts';
import { context } from './fixtures.ts';
import decoded from './golden/answer.decoded.json' with { type: 'json' };
import answer from './golden/answer.json' with { type: 'json' };

const { decodeResponse, encodeResponse } = anthropicMessagesCodec;
const ofParts = (content: readonly AssistantPart[], finishReason: FinishReason = 'stop'): CanonicalResponse => ({
  choices: [{ content, finishReason }],
});
const encode = (response: CanonicalResponse): Message => encodeResponse(response, context) as Message;
const stopped = (reason: FinishReason, stopSequence?: string): Message =>
  encode({ choices: [{ content: [], finishReason: reason, ...(stopSequence !== undefined && { stopSequence }) }] });

describe('an answer of Anthropic', () => {
  test('is read whole, but for what Anthropic’s own tools did', () => {
    expect(decodeResponse(answer)).toEqual(decoded);
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
    [null, 'other'],
  ])('that stopped for %s has finished for %s', (stop_reason, finishReason) => {
    expect(decodeResponse({ ...answer, stop_reason })?.choices[0]?.finishReason).toBe(finishReason);
  });

  test('tells which sequence stopped it, and why it was refused', () => {
    const response = decodeResponse({
      type: 'message',
      content: [],
      stop_reason: 'refusal',
      stop_sequence: 'END',
      stop_details: { type: 'refusal', category: 'bio', explanation: 'Too dangerous.' },
    });

    expect(response).toEqual({
      choices: [
        { content: [{ type: 'refusal', text: 'Too dangerous.' }], finishReason: 'refusal', stopSequence: 'END' },
      ],
    });
  });

  test.each([[undefined], [null], [[]], [{ type: 'error' }], ['message']])('is not %j', (value) => {
    expect(decodeResponse(value)).toBeUndefined();
  });

  test('is read without a fault, however odd its blocks are', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('content', 'usage', 'stop_details', 'model'), fc.jsonValue()),
        (members) => {
          expect(decodeResponse({ type: 'message', ...members })?.choices).toHaveLength(1);
        },
      ),
    );
  });
});

describe('an answer for a client', () => {
  test('is the one that Anthropic gave, with an id of ours', () => {
    const again = encode(decoded as CanonicalResponse);

    const shown = answer.content.filter(({ type }) => type !== 'server_tool_use' && type !== 'web_search_tool_result');
    expect(again).toMatchObject({ id: 'msg_7', type: 'message', role: 'assistant', model: 'claude-test-20260801' });
    expect(again.content).toMatchObject(
      JSON.parse(JSON.stringify(shown).replace(',"caller":{"type":"direct"}', '').replace('Eo8B', '')) as object[],
    );
    expect(again.usage).toEqual({ ...answer.usage, service_tier: undefined });
  });

  test('has every figure of its usage, known or not', () => {
    expect(encode({ choices: [] }).usage).toEqual({
      input_tokens: 0,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
      output_tokens: 0,
      output_tokens_details: { thinking_tokens: 0 },
    });
  });

  test.each<[FinishReason, string]>([
    ['stop', 'end_turn'],
    ['length', 'max_tokens'],
    ['tool_calls', 'tool_use'],
    ['content_filter', 'refusal'],
    ['refusal', 'refusal'],
    ['pause', 'pause_turn'],
    ['other', 'end_turn'],
  ])('that finished for %s stopped for %s', (reason, expected) => {
    expect(stopped(reason)).toMatchObject({ stop_reason: expected, stop_sequence: null });
  });

  test('names the sequence that stopped it', () => {
    expect(stopped('stop', 'END')).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: 'END' });
    expect(stopped('length', 'END')).toMatchObject({ stop_reason: 'max_tokens', stop_sequence: null });
  });

  test('of a model that refuses in words says so in the stop reason', () => {
    const message = encode(completeResponse(ofParts([{ type: 'refusal', text: 'No.' }]), 'req_7'));

    expect(message).toMatchObject({
      content: [{ type: 'text', text: 'No.' }],
      stop_reason: 'refusal',
      stop_details: { type: 'refusal' },
    });
  });

  test('carries the state of every vendor in what the client sends back', () => {
    const gemini = { origin: 'gemini', value: 'sig' } as const;
    const openai = { origin: 'openai', value: 'enc' } as const;

    const message = encode(
      ofParts([
        { type: 'reasoning', text: '', state: openai },
        { type: 'text', text: 'So', state: gemini },
        { type: 'tool-call', id: 'call_1', name: 'look', arguments: '{"a":1}', state: gemini },
      ]),
    );

    const { messages } = anthropicMessagesCodec.decodeRequest(
      { messages: [{ role: 'assistant', content: message.content }] },
      { stream: false },
    );
    expect(messages[0]?.content).toMatchObject([
      { type: 'reasoning', text: '', state: openai },
      { type: 'text', text: 'So', state: gemini },
      { type: 'tool-call', id: 'call_1', state: gemini },
    ]);
    expect(message.content).toHaveLength(4);
  });

  test('ends in its text, whose state Gemini does not insist on', () => {
    const message = encode(ofParts([{ type: 'text', text: 'So', state: { origin: 'gemini', value: 'sig' } }]));

    expect(message.content).toEqual([{ type: 'text', text: 'So', citations: null }]);
  });

  test('has a signature where the SDK reads one, also of thoughts without', () => {
    expect(encode(ofParts([{ type: 'reasoning', text: 'Hm' }])).content).toEqual([
      { type: 'thinking', thinking: 'Hm', signature: 'gh1.none.' },
    ]);
  });

  test('shows an image that a model made as Markdown, which comes back as an image', () => {
    const image: AssistantPart = { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'aGk=' } };

    const { content } = encode(ofParts([image]));

    const [again] = anthropicMessagesCodec.decodeRequest(
      { messages: [{ role: 'assistant', content }] },
      { stream: false },
    ).messages;
    expect(content).toEqual([{ type: 'text', text: '![image](data:image/png;base64,aGk=)', citations: null }]);
    expect(again?.content).toMatchObject([image]);
  });
});

test('what was encoded is read back as it was', () => {
  const state = fc.constant({ origin: 'anthropic' as const, value: 'sig' });
  const part: fc.Arbitrary<AssistantPart> = fc.oneof(
    fc.record({ type: fc.constant('text' as const), text: fc.string() }),
    fc.record({
      type: fc.constant('text' as const),
      text: fc.string(),
      citations: fc.array(citation(), { minLength: 1 }),
    }),
    fc.record({ type: fc.constant('reasoning' as const), text: fc.string(), state }),
    fc.record({ type: fc.constant('redacted-reasoning' as const), state }),
    fc.record({
      type: fc.constant('tool-call' as const),
      id: fc.stringMatching(/^\w{1,9}$/),
      name: fc.stringMatching(/^\w{1,9}$/),
      arguments: fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.stringify(value)),
    }),
  );
  const count = fc.nat(1e9);
  const usage = fc
    .record({
      inputTokens: count,
      cacheReadInputTokens: count,
      cacheWrite5mInputTokens: count,
      cacheWrite1hInputTokens: count,
      outputTokens: count,
      reasoningTokens: count,
    })
    .map((figures) => ({ ...figures, reasoningTokens: Math.min(figures.reasoningTokens, figures.outputTokens) }));
  const reason = fc.constantFrom<FinishReason>('stop', 'length', 'tool_calls', 'refusal', 'pause');

  fc.assert(
    fc.property(fc.array(part), usage, reason, (content, figures, finishReason) => {
      const response = { model: 'm', choices: [{ content, finishReason }], usage: figures };

      const again = decodeResponse(JSON.parse(JSON.stringify(encode(response))));

      expect(JSON.stringify(again)).toBe(JSON.stringify(response));
      expect(content.every((one) => one.type !== 'tool-call' || decodeToolCallId(one.id).id === one.id)).toBe(true);
    }),
  );
});

function citation(): fc.Arbitrary<Citation> {
  const text = { citedText: fc.string(), title: fc.string() };
  const range = { documentIndex: fc.nat(), start: fc.nat(), end: fc.nat() };
  return fc.oneof(
    fc.record({ kind: fc.constant('url' as const), ...text, url: fc.string() }),
    fc.record({ kind: fc.constantFrom('char', 'page', 'block'), ...text, ...range }),
    fc.record({ kind: fc.constant('search-result' as const), ...text, url: fc.string(), ...range }),
  );
}
