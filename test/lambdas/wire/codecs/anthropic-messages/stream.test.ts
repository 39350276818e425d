import { readFileSync } from 'node:fs';
import { MessageStream } from '@anthropic-ai/sdk/lib/MessageStream';
import type { Message } from '@anthropic-ai/sdk/resources/messages';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TokenUsage } from '../../../../../lambdas/metering/token-usage.ts';
import type { CanonicalEvent, Reading } from '../../../../../lambdas/wire/canonical/response.ts';
import { anthropicMessagesCodec } from '../../../../../lambdas/wire/codecs/anthropic-messages/codec.ts';
import { assemble, decodeStream, encodeStream, type Json, toWireEvents } from './fixtures.ts';
import decoded from './golden/answer.decoded.json' with { type: 'json' };

const golden = readFileSync(new URL('golden/answer.sse', import.meta.url), 'utf8');
const choice = 0;
const usage: TokenUsage = decoded.usage;

const parse = (sse: string): Json[] => toWireEvents(sse).map(({ data }) => JSON.parse(data) as Json);
const types = (events: readonly Json[]): unknown[] => events.map(({ type }) => type);
const decodeOne = (event: Json, name?: string): readonly Reading[] =>
  anthropicMessagesCodec.createStreamDecoder().decode({ name, data: JSON.stringify(event) });

/** What the SDK makes of a stream. */
async function accumulate(sse: string): Promise<Message> {
  const lines = parse(sse).map((event) => `${JSON.stringify(event)}\n`);
  return MessageStream.fromReadableStream(new Blob(lines).stream()).finalMessage();
}

describe('a stream of Anthropic', () => {
  test('says what the whole answer says', async () => {
    const message = await accumulate(encodeStream(decodeStream(golden)));

    expect(anthropicMessagesCodec.decodeResponse(message)).toEqual(decoded);
  });

  test('is read up to its end, with all figures of its usage', () => {
    const readings = decodeStream(golden);

    expect(readings.slice(0, 3)).toEqual([
      { type: 'start', model: 'claude-test-20260801' },
      { type: 'usage', usage: { ...usage, outputTokens: 1, reasoningTokens: 0 } },
      { type: 'reasoning', choice, text: 'The user ' },
    ]);
    expect(readings.slice(-3)).toEqual([
      { type: 'usage', usage },
      { type: 'finish', choice, reason: 'tool_calls' },
      { type: 'end' },
    ]);
  });

  test('shows nothing of what Anthropic’s own tools did', () => {
    const readings = decodeStream(golden);

    expect(JSON.stringify(readings)).not.toMatch(/srvtoolu|web_search"|query/);
  });

  test('tells why it was refused before it finishes', () => {
    const details = { type: 'refusal', category: null, explanation: 'Too dangerous.' };

    const readings = decodeOne({ type: 'message_delta', delta: { stop_reason: 'refusal', stop_details: details } });

    expect(readings).toEqual([
      { type: 'refusal', choice, text: 'Too dangerous.' },
      { type: 'finish', choice, reason: 'refusal' },
    ]);
  });

  test('may give the whole of a call’s input at its start', () => {
    const block = { type: 'tool_use', id: 'a', name: 'look', input: { at: 'sky' } };
    const start = { type: 'content_block_start', index: 3, content_block: block };
    const decoder = anthropicMessagesCodec.createStreamDecoder();
    const read = (event: Json) => decoder.decode({ name: undefined, data: JSON.stringify(event) });

    const readings = [...read(start), ...read({ type: 'content_block_stop', index: 3 })];

    expect(readings).toEqual([
      { type: 'tool-call', choice, key: 3, id: 'a', name: 'look' },
      { type: 'tool-arguments', choice, key: 3, text: '{"at":"sky"}' },
      { type: 'block-end', choice },
    ]);
  });

  test.each<[string, string | undefined, readonly Reading[]]>([
    [
      '{"type":"error","error":{"type":"overloaded_error"}}',
      'error',
      [{ type: 'error', error: { type: 'error', error: { type: 'overloaded_error' } } }],
    ],
    ['<html>', 'message_start', [{ type: 'error', error: undefined }]],
    ['', 'ping', []],
    ['{"type":"ping"}', undefined, []],
    ['{"type":"something_new"}', undefined, []],
    ['{"type":"content_block_start","index":0,"content_block":{"type":"something_new"}}', undefined, []],
  ])('with the event %s', (data, name, readings) => {
    expect(anthropicMessagesCodec.createStreamDecoder().decode({ name, data })).toEqual(readings);
  });

  test('is read without a fault, however odd its events are', () => {
    const type = fc.constantFrom(
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
    );
    const inner = fc.dictionary(
      fc.constantFrom('type', 'text', 'input', 'partial_json', 'usage', 'stop_details'),
      fc.jsonValue(),
    );
    const event = fc.record({
      type,
      index: fc.nat(1),
      message: inner,
      content_block: inner,
      delta: inner,
      usage: inner,
    });

    fc.assert(
      fc.property(fc.array(event), (events) => {
        const decoder = anthropicMessagesCodec.createStreamDecoder();
        for (const one of events) decoder.decode({ name: undefined, data: JSON.stringify(one) });
      }),
    );
  });
});

describe('a stream for a client', () => {
  test('begins with all fields of the usage, and ends with its figures', () => {
    const events = parse(
      encodeStream([
        { type: 'start' },
        { type: 'text', choice, text: 'Hi' },
        { type: 'finish', choice, reason: 'stop', stopSequence: 'END' },
        { type: 'usage', usage },
        { type: 'end' },
      ]),
    );

    expect(events[0]).toMatchObject({
      type: 'message_start',
      message: {
        id: 'msg_7',
        model: 'asked/for',
        content: [],
        stop_reason: null,
        usage: { input_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 0 },
      },
    });
    expect(events.slice(-2)).toMatchObject([
      {
        type: 'message_delta',
        delta: { stop_reason: 'stop_sequence', stop_sequence: 'END' },
        usage: { input_tokens: 12, cache_creation_input_tokens: 70, cache_read_input_tokens: 500, output_tokens: 90 },
      },
      { type: 'message_stop' },
    ]);
  });

  test('names each event, and signs a thought before it ends', () => {
    const sse = encodeStream([
      { type: 'reasoning', choice, text: 'Hm' },
      { type: 'state', choice, of: 'reasoning', state: { origin: 'openai', value: 'enc' } },
      { type: 'redacted-reasoning', choice, state: { origin: 'anthropic', value: 'hidden' } },
    ]);

    const events = parse(sse);
    expect(toWireEvents(sse).map(({ name }) => name)).toEqual(types(events));
    expect(events.slice(1, -2)).toEqual([
      { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'Hm' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'gh1.openai.enc' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'content_block_start', index: 1, content_block: { type: 'redacted_thinking', data: 'hidden' } },
      { type: 'content_block_stop', index: 1 },
    ]);
  });

  test('has the state of a text in a block after it', () => {
    const state = { origin: 'gemini', value: 'sig' } as const;

    const events = parse(
      encodeStream([
        { type: 'text', choice, text: 'So' },
        { type: 'state', choice, of: 'text', state },
        { type: 'tool-call', choice, key: 0, id: 'a', name: 'look', state },
      ]),
    );

    expect(events.filter(({ type }) => type === 'content_block_start')).toMatchObject([
      { index: 0, content_block: { type: 'text' } },
      { index: 1, content_block: { type: 'thinking', thinking: '', signature: '' } },
      { index: 2, content_block: { type: 'tool_use', id: 'a_gh1_gemini_c2ln', name: 'look', input: {} } },
    ]);
    expect(events.filter(({ index, type }) => index === 1 && type === 'content_block_delta')).toMatchObject([
      { delta: { type: 'signature_delta', signature: 'gh1.gemini.sig' } },
    ]);
  });

  test('ends in its text, whatever proves it', async () => {
    const state = { origin: 'gemini', value: 'sig' } as const;

    const { content } = await accumulate(
      encodeStream([
        { type: 'text', choice, text: 'So' },
        { type: 'state', choice, of: 'text', state },
      ]),
    );

    expect(content).toMatchObject([{ type: 'text', text: 'So' }]);
    expect(content).toHaveLength(1);
  });

  test('of a model that refuses in words says so in the stop reason', async () => {
    const message = await accumulate(encodeStream([{ type: 'refusal', choice, text: 'No.' }]));

    expect(message).toMatchObject({ content: [{ type: 'text', text: 'No.' }], stop_reason: 'refusal' });
  });

  test('shows an image that a model made as Markdown', async () => {
    const sse = encodeStream([
      { type: 'text', choice, text: 'Look:' },
      { type: 'image', choice, mediaType: 'image/png', data: 'aGk=' },
    ]);

    const { content } = await accumulate(sse);

    expect(content).toMatchObject([
      { type: 'text', text: 'Look:' },
      { type: 'text', text: '![image](data:image/png;base64,aGk=)' },
    ]);
  });

  test('has the answer that the client asked for, and no other', () => {
    const events = parse(
      encodeStream([
        { type: 'text', choice: 1, text: 'Other' },
        { type: 'text', choice, text: 'First' },
      ]),
    );

    expect(JSON.stringify(events)).not.toContain('Other');
  });

  test('keeps the grammar of the protocol, and loses nothing', () => {
    fc.assert(
      fc.property(fc.array(reading(), { maxLength: 30 }), (said) => {
        const readings: Reading[] = [...said, { type: 'finish', choice, reason: 'length' }];
        const sse = encodeStream(readings);

        const events = parse(sse);
        expect(grammarFault(events)).toBeUndefined();
        expect(contentOf(assemble(decodeStream(sse)))).toEqual(contentOf(assemble(readings)));
      }),
    );
  });
});

function reading(): fc.Arbitrary<Reading> {
  const text = fc.string({ minLength: 1 });
  const key = fc.nat(2);
  const state = fc.constant({ origin: 'anthropic' as const, value: 'sig' });
  const fixed = { choice: fc.constant(0) };
  return fc.oneof(
    fc.record({ type: fc.constantFrom('text', 'reasoning'), ...fixed, text }),
    fc.record({ type: fc.constant('state' as const), ...fixed, of: fc.constant('reasoning' as const), state }),
    fc.record({ type: fc.constant('redacted-reasoning' as const), ...fixed, state }),
    fc.record({
      type: fc.constant('tool-call' as const),
      ...fixed,
      key,
      id: fc.stringMatching(/^\w{1,5}$/),
      name: fc.constant('look'),
    }),
    fc.record({
      type: fc.constant('tool-arguments' as const),
      ...fixed,
      key,
      text: fc.constantFrom('{"a"', ':1', '}'),
    }),
    fc.record({ type: fc.constant('block-end' as const), ...fixed }),
    fc.record({
      type: fc.constant('finish' as const),
      ...fixed,
      reason: fc.constantFrom('stop', 'length', 'tool_calls'),
    }),
    fc.record({ type: fc.constant('usage' as const), usage: fc.constant(usage) }),
    fc.constant<Reading>({ type: 'start', model: 'm' }),
  );
}

/** Content and ending, without how the text was cut into pieces. */
function contentOf(events: readonly CanonicalEvent[]): unknown[] {
  const content: unknown[] = [];
  for (const event of events) {
    const last = content.at(-1) as { type?: string; text?: string } | undefined;
    if (event.type === 'delta' && last?.type === 'delta')
      content.splice(-1, 1, { ...last, text: `${last.text}${event.text}` });
    else if (event.type !== 'start' && event.type !== 'end') content.push(event);
  }
  return content;
}

/** The first event that the protocol does not allow where it stands. */
function grammarFault(events: readonly Json[]): string | undefined {
  const order = types(events).join(' ');
  const blocks = '(content_block_start (content_block_delta )*content_block_stop )*';
  if (!new RegExp(`^message_start ${blocks}message_delta message_stop$`).test(order)) return order;
  let open = -1;
  for (const { type, index } of events) {
    if (type === 'content_block_start') open += 1;
    if (String(type).startsWith('content_block') && index !== open) return `${String(type)} of ${String(index)}`;
  }
  return undefined;
}
