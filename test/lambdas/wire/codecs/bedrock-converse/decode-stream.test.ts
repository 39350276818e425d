import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AwsEventStreamReader } from '../../../../../lambdas/wire/aws-event-stream.ts';
import { createAssembler } from '../../../../../lambdas/wire/canonical/assemble.ts';
import type { WireEvent } from '../../../../../lambdas/wire/canonical/codec.ts';
import type { CanonicalEvent, Reading } from '../../../../../lambdas/wire/canonical/response.ts';
import { bedrockConverseCodec } from '../../../../../lambdas/wire/codecs/bedrock-converse/codec.ts';
import { exceptionFrame, frame } from './event-stream-fixture.ts';

function decode(pieces: readonly Buffer[]): readonly Reading[] {
  const reader = new AwsEventStreamReader();
  const decoder = bedrockConverseCodec.createStreamDecoder();
  return pieces.flatMap((piece) => reader.push(piece).flatMap((event) => decoder.decode(event)));
}

function assemble(pieces: readonly Buffer[]): readonly CanonicalEvent[] {
  const assembler = createAssembler('req_1');
  return decode(pieces).flatMap((reading) => assembler.read(reading));
}

const delta = (index: number, value: object): Buffer =>
  frame('contentBlockDelta', { contentBlockIndex: index, delta: value });
const stop = (index: number): Buffer => frame('contentBlockStop', { contentBlockIndex: index });
const call = (index: number, id: string, name: string): Buffer =>
  frame('contentBlockStart', { contentBlockIndex: index, start: { toolUse: { toolUseId: id, name } } });
const metadata = frame('metadata', {
  usage: { inputTokens: 9, outputTokens: 30, totalTokens: 139, cacheReadInputTokens: 100, cacheWriteInputTokens: 0 },
  metrics: { latencyMs: 921 },
});
const usage = {
  inputTokens: 9,
  cacheReadInputTokens: 100,
  cacheWrite5mInputTokens: 0,
  cacheWrite1hInputTokens: 0,
  outputTokens: 30,
  reasoningTokens: 0,
};

/** Claude thinks, speaks and calls two tools, one of them without arguments. */
const golden = [
  frame('messageStart', { role: 'assistant' }),
  delta(0, { reasoningContent: { text: 'Two cities' } }),
  delta(0, { reasoningContent: { text: ', two calls.' } }),
  delta(0, { reasoningContent: { signature: 'EqQB' } }),
  delta(0, { reasoningContent: { signature: 'CkYI' } }),
  stop(0),
  delta(1, { text: 'Ich prüfe' }),
  delta(1, { text: ' beide. 👋' }),
  stop(1),
  call(2, 'tooluse_a', 'weather'),
  delta(2, { toolUse: { input: '' } }),
  delta(2, { toolUse: { input: '{"city"' } }),
  delta(2, { toolUse: { input: ': "Köln"}' } }),
  stop(2),
  call(3, 'tooluse_b', 'now'),
  stop(3),
  frame('messageStop', { stopReason: 'tool_use' }),
  metadata,
];
const goldenEvents: CanonicalEvent[] = [
  { type: 'start', model: undefined, usage: undefined },
  { type: 'block-start', choice: 0, index: 0, block: { kind: 'reasoning' } },
  { type: 'delta', choice: 0, index: 0, text: 'Two cities' },
  { type: 'delta', choice: 0, index: 0, text: ', two calls.' },
  { type: 'state', choice: 0, index: 0, state: { origin: 'anthropic', value: 'EqQBCkYI' } },
  { type: 'block-stop', choice: 0, index: 0 },
  { type: 'block-start', choice: 0, index: 1, block: { kind: 'text' } },
  { type: 'delta', choice: 0, index: 1, text: 'Ich prüfe' },
  { type: 'delta', choice: 0, index: 1, text: ' beide. 👋' },
  { type: 'block-stop', choice: 0, index: 1 },
  { type: 'block-start', choice: 0, index: 2, block: { kind: 'tool-call', id: 'tooluse_a', name: 'weather' } },
  { type: 'delta', choice: 0, index: 2, text: '{"city"' },
  { type: 'delta', choice: 0, index: 2, text: ': "Köln"}' },
  { type: 'block-stop', choice: 0, index: 2 },
  { type: 'block-start', choice: 0, index: 3, block: { kind: 'tool-call', id: 'tooluse_b', name: 'now' } },
  { type: 'delta', choice: 0, index: 3, text: '{}' },
  { type: 'block-stop', choice: 0, index: 3 },
  { type: 'finish', choice: 0, reason: 'tool_calls', stopSequence: undefined },
  { type: 'end', usage },
];

describe('a stream with reasoning, text and parallel calls', () => {
  const bytes = Buffer.concat(golden);

  test('is read the same wherever it is split in two', () => {
    for (let at = 0; at <= bytes.length; at += 1) {
      const events = assemble([bytes.subarray(0, at), bytes.subarray(at)]);

      expect(events, `split at ${at}`).toEqual(goldenEvents);
    }
  });

  test('is read the same byte by byte', () => {
    expect(assemble([...bytes].map((byte) => Buffer.of(byte)))).toEqual(goldenEvents);
  });
});

test('joins redacted reasoning of several deltas by its bytes', () => {
  const readings = decode([
    delta(0, { reasoningContent: { redactedContent: Buffer.from('abcd').toString('base64') } }),
    delta(0, { reasoningContent: { redactedContent: Buffer.from('ef').toString('base64') } }),
    stop(0),
  ]);

  const state = { origin: 'bedrock', value: Buffer.from('abcdef').toString('base64') };
  expect(readings).toEqual([
    { type: 'redacted-reasoning', choice: 0, state },
    { type: 'block-end', choice: 0 },
  ]);
});

test('keeps a signature whose reasoning is not shown', () => {
  const events = assemble([delta(0, { reasoningContent: { signature: 'EqQB' } }), stop(0)]);

  expect(events).toContainEqual({
    type: 'state',
    choice: 0,
    index: 0,
    state: { origin: 'anthropic', value: 'EqQB' },
  });
});

test('reads citations and images', () => {
  const readings = decode([
    delta(0, { text: 'Rain' }),
    delta(0, {
      citation: { title: 'Weather', location: { documentChar: { documentIndex: 0, start: 3, end: 9 } } },
    }),
    stop(0),
    frame('contentBlockStart', { contentBlockIndex: 1, start: { image: { format: 'png' } } }),
    delta(1, { image: { source: { bytes: 'iVBO' } } }),
    delta(1, { image: { source: { bytes: 'Rw==' } } }),
    stop(1),
  ]);

  const citation = { kind: 'char', title: 'Weather', documentIndex: 0, start: 3, end: 9 };
  expect(readings).toContainEqual({ type: 'citation', choice: 0, citation });
  expect(readings).toContainEqual({ type: 'image', choice: 0, mediaType: 'image/png', data: 'iVBORw==' });
});

test('does not show tools that Bedrock runs itself as calls of the client', () => {
  const readings = decode([
    frame('contentBlockStart', {
      contentBlockIndex: 0,
      start: { toolUse: { toolUseId: 't', name: 'nova_grounding', type: 'server_tool_use' } },
    }),
    delta(0, { toolUse: { input: '{"query":"Ulm"}' } }),
    stop(0),
    frame('contentBlockStart', { contentBlockIndex: 1, start: { toolResult: { toolUseId: 't' } } }),
    delta(1, { toolResult: [{ text: 'Found' }] }),
    stop(1),
  ]);

  expect(readings.map(({ type }) => type)).toEqual(['block-end', 'block-end']);
});

test('ends with the stop sequence and all of the usage', () => {
  const readings = decode([
    frame('messageStop', { stopReason: 'stop_sequence', additionalModelResponseFields: { stop_sequence: 'END' } }),
    metadata,
  ]);

  expect(readings).toEqual([
    { type: 'finish', choice: 0, reason: 'stop', stopSequence: 'END' },
    { type: 'usage', usage },
    { type: 'end' },
  ]);
});

test('gives out what an unended block holds when the message stops', () => {
  const readings = decode([
    delta(0, { reasoningContent: { signature: 'EqQB' } }),
    frame('messageStop', { stopReason: 'end_turn' }),
  ]);

  expect(readings.map(({ type }) => type)).toEqual(['state', 'block-end', 'finish']);
});

describe('a failure inside the stream', () => {
  test.each([
    'throttlingException',
    'modelStreamErrorException',
    'internalServerException',
    'serviceUnavailableException',
    'validationException',
  ])('says by its type that it is a %s', (name) => {
    const readings = decode([golden[0] as Buffer, exceptionFrame(name, { message: 'No.' })]);

    expect(readings.at(-1)).toEqual({ type: 'error', error: { type: name, message: 'No.' } });
  });

  test('says with which status the model failed', () => {
    const readings = decode([
      exceptionFrame('modelStreamErrorException', { originalStatusCode: 424, originalMessage: 'Model failed.' }),
    ]);

    const error = { type: 'modelStreamErrorException', code: 424, message: 'Model failed.' };
    expect(readings).toEqual([{ type: 'error', error }]);
  });

  test('that the service does not describe is one by its message type', () => {
    const decoder = bedrockConverseCodec.createStreamDecoder();

    const readings = decoder.decode({ name: 'InternalFailure', data: '{"message":"No."}', isError: true });

    expect(readings).toEqual([{ type: 'error', error: { type: 'InternalFailure', message: 'No.' } }]);
  });

  test('without a payload that could be read still says its type', () => {
    const decoder = bedrockConverseCodec.createStreamDecoder();

    const readings = decoder.decode({ name: 'throttlingException', data: '', isError: true });

    expect(readings).toEqual([{ type: 'error', error: { type: 'throttlingException', message: undefined } }]);
  });

  test.each<[string, WireEvent]>([
    ['bytes that are no event stream', { name: undefined, data: '', isError: true }],
    ['data that is not JSON', { name: 'contentBlockDelta', data: '{"delta":' }],
    ['data that is no object', { name: 'contentBlockDelta', data: '[]' }],
  ])('of %s says nothing', (_name, event) => {
    const readings = bedrockConverseCodec.createStreamDecoder().decode(event);

    expect(readings).toEqual([{ type: 'error', error: undefined }]);
  });
});

test('never crashes, whatever events come', () => {
  const names = [
    'messageStart',
    'contentBlockStart',
    'contentBlockDelta',
    'contentBlockStop',
    'messageStop',
    'metadata',
  ];
  const members = ['delta', 'start', 'text', 'toolUse', 'image', 'source', 'citation', 'reasoningContent', 'usage'];
  const nested = fc.dictionary(
    fc.constantFrom(...members),
    fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom(...members), fc.jsonValue())),
  );
  const anyEvent = fc.record({
    name: fc.constantFrom(...names, 'other'),
    data: fc.oneof(
      fc.json(),
      nested.map((value) => JSON.stringify({ ...value, contentBlockIndex: 0 })),
    ),
  });
  fc.assert(
    fc.property(fc.array(anyEvent), (events) => {
      const decoder = bedrockConverseCodec.createStreamDecoder();
      const assembler = createAssembler('req_1');

      expect(() => events.flatMap((event) => decoder.decode(event)).map((each) => assembler.read(each))).not.toThrow();
    }),
    { numRuns: 1000 },
  );
});
