import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createAssembler } from '../../../../../lambdas/wire/canonical/assemble.ts';
import type { AnswerContext } from '../../../../../lambdas/wire/canonical/codec.ts';
import type { CanonicalEvent, Reading } from '../../../../../lambdas/wire/canonical/response.ts';
import { geminiCodec } from '../../../../../lambdas/wire/codecs/gemini/codec.ts';
import { createSseFraming } from '../../../../../lambdas/wire/translation/framing.ts';
import { createTranslatingReader } from '../../../../../lambdas/wire/translation/translating-reader.ts';

const context: AnswerContext = { requestId: 'req_1', createdAt: 1, model: 'asked', includeUsage: true, request: {} };

const chunk = (parts: readonly object[], members: object = {}) => ({
  candidates: [{ content: { role: 'model', parts }, ...members }],
  modelVersion: 'gemini-3-pro',
});
const usageMetadata = { promptTokenCount: 9, candidatesTokenCount: 5, thoughtsTokenCount: 2 };

interface EncodedChunk {
  readonly candidates: readonly {
    readonly content: { readonly parts: readonly object[] };
    readonly groundingMetadata?: object;
  }[];
}

function decode(chunks: readonly unknown[]): Reading[] {
  const decoder = geminiCodec.createStreamDecoder();
  return chunks.flatMap((value) => decoder.decode({ name: undefined, data: JSON.stringify(value) }));
}

function assemble(readings: readonly Reading[]): CanonicalEvent[] {
  const assembler = createAssembler('req_1');
  return [...readings.flatMap((reading) => assembler.read(reading)), ...assembler.end()];
}

function encode(events: readonly CanonicalEvent[], answer: AnswerContext = context): EncodedChunk[] {
  const encoder = geminiCodec.createStreamEncoder(answer);
  return events
    .map((event) => encoder.encode(event))
    .join('')
    .split('\n\n')
    .filter((text) => text !== '')
    .map((text) => JSON.parse(text.replace(/^data: /, '')) as EncodedChunk);
}

const block = (index: number, start: object, ...events: object[]): CanonicalEvent[] =>
  [{ type: 'block-start', block: start }, ...events, { type: 'block-stop' }].map((event) => ({
    ...event,
    choice: 0,
    index,
  })) as CanonicalEvent[];
const finish = (reason: string, choice = 0) =>
  ({ type: 'finish', choice, reason, stopSequence: undefined }) as CanonicalEvent;
const end: CanonicalEvent = { type: 'end', usage: undefined };

describe('a stream of Gemini', () => {
  test('becomes blocks of thought, text and calls', () => {
    const events = assemble(
      decode([
        chunk([{ text: 'Let me ', thought: true }]),
        chunk([{ text: 'see', thought: true }]),
        chunk([{ text: 'It ' }]),
        chunk([{ text: 'rains' }], {}),
        chunk([{ text: '', thoughtSignature: 'YQ==' }]),
        {
          ...chunk([{ functionCall: { name: 'f', args: { a: 1 } }, thoughtSignature: 'Yg==' }], {
            finishReason: 'STOP',
          }),
          usageMetadata,
        },
      ]),
    );

    const at = { choice: 0 };
    const usage = { inputTokens: 9, outputTokens: 7, reasoningTokens: 2 };
    expect(events).toMatchObject([
      { type: 'start', model: 'gemini-3-pro' },
      { type: 'block-start', ...at, index: 0, block: { kind: 'reasoning' } },
      { type: 'delta', ...at, index: 0, text: 'Let me ' },
      { type: 'delta', ...at, index: 0, text: 'see' },
      { type: 'block-stop', ...at, index: 0 },
      { type: 'block-start', ...at, index: 1, block: { kind: 'text' } },
      { type: 'delta', ...at, index: 1, text: 'It ' },
      { type: 'delta', ...at, index: 1, text: 'rains' },
      { type: 'state', ...at, index: 1, state: { origin: 'gemini', value: 'YQ==' } },
      { type: 'block-stop', ...at, index: 1 },
      {
        type: 'block-start',
        ...at,
        index: 2,
        block: { kind: 'tool-call', id: 'call_1_0', name: 'f', state: { origin: 'gemini', value: 'Yg==' } },
      },
      { type: 'delta', ...at, index: 2, text: '{"a":1}' },
      { type: 'block-stop', ...at, index: 2 },
      { type: 'finish', ...at, reason: 'tool_calls' },
      { type: 'end', usage },
    ]);
  });

  test('keeps parallel calls apart, in one chunk and with one name', () => {
    const calls = [
      { functionCall: { name: 'f', args: { city: 'Bonn' } } },
      { functionCall: { name: 'f', args: { city: 'Köln' } } },
      { functionCall: { id: 'theirs', name: 'g' } },
    ];

    const events = assemble(
      decode([chunk(calls), chunk([{ functionCall: { name: 'f', args: {} } }], { finishReason: 'STOP' })]),
    );

    const starts = events.filter(({ type }) => type === 'block-start');
    expect(starts).toMatchObject([
      { block: { id: 'call_1_0', name: 'f' } },
      { block: { id: 'call_1_1', name: 'f' } },
      { block: { id: 'theirs', name: 'g' } },
      { block: { id: 'call_1_2', name: 'f' } },
    ]);
    const texts = events.flatMap((event) => (event.type === 'delta' ? [event.text] : []));
    expect(texts).toEqual(['{"city":"Bonn"}', '{"city":"Köln"}', '{}', '{}']);
  });

  test('ends each call with its arguments, so that nobody waits for what comes next', () => {
    const readings = decode([chunk([{ functionCall: { name: 'f' } }, { functionCall: { name: 'f' } }])]);

    const at = { choice: 0 };
    expect(readings.slice(1)).toEqual([
      { type: 'tool-call', ...at, key: 1, name: 'f' },
      { type: 'tool-arguments', ...at, key: 1, text: '{}' },
      { type: 'block-end', ...at },
      { type: 'tool-call', ...at, key: 2, name: 'f' },
      { type: 'tool-arguments', ...at, key: 2, text: '{}' },
      { type: 'block-end', ...at },
    ]);
  });

  test('has its candidates by their numbers', () => {
    const readings = decode([
      { candidates: [{ content: { parts: [{ text: 'b' }] }, index: 1 }, { content: { parts: [{ text: 'a' }] } }] },
    ]);

    expect(readings.slice(1)).toEqual([
      { type: 'text', choice: 0, text: 'a' },
      { type: 'text', choice: 1, text: 'b' },
    ]);
  });

  test('cites by offsets in all of its text', () => {
    const readings = decode([
      chunk([{ text: 'Grüße ' }]),
      chunk([{ text: '👋' }], {
        groundingMetadata: {
          groundingChunks: [{ web: { uri: 'https://example.com' } }],
          groundingSupports: [{ segment: { startIndex: 8, endIndex: 12 }, groundingChunkIndices: [0] }],
        },
      }),
    ]);

    expect(readings.at(-1)).toEqual({
      type: 'citation',
      choice: 0,
      citation: { kind: 'url', url: 'https://example.com', textStart: 6, textEnd: 8 },
    });
  });

  test.each([
    [{ promptFeedback: { blockReason: 'SAFETY' } }, { type: 'finish', choice: 0, reason: 'content_filter' }],
    [{ error: { code: 503, message: 'm' } }, { type: 'error', error: { error: { code: 503, message: 'm' } } }],
    [
      chunk([{ thought: true, thoughtSignature: 'YQ==' }]),
      { type: 'redacted-reasoning', choice: 0, state: { origin: 'gemini', value: 'YQ==' } },
    ],
    [
      chunk([{ inlineData: { mimeType: 'image/png', data: 'aGk=' } }]),
      { type: 'image', choice: 0, mediaType: 'image/png', data: 'aGk=' },
    ],
    [chunk([], { finishReason: 'MALFORMED_FUNCTION_CALL' }), { type: 'finish', choice: 0, reason: 'other' }],
  ])('says at last %j', (value, reading) => {
    expect(decode([value]).at(-1)).toEqual(reading);
  });

  test.each(['', '{', '1', '[]', '<html>'])('is broken by an event of %j', (data) => {
    expect(geminiCodec.createStreamDecoder().decode({ name: undefined, data })).toEqual([
      { type: 'error', error: undefined },
    ]);
  });

  test('is read without a crash whatever its JSON says', () => {
    const names = [
      'candidates',
      'content',
      'parts',
      'text',
      'functionCall',
      'args',
      'index',
      'finishReason',
      'usageMetadata',
    ].concat([
      'promptTokenCount',
      'groundingMetadata',
      'groundingSupports',
      'groundingChunks',
      'segment',
      'endIndex',
      'logprobsResult',
      'chosenCandidates',
    ]);
    const { node } = fc.letrec((tie) => ({
      node: fc.oneof(
        { depthSize: 'medium' },
        fc.constantFrom<unknown>('a', 1, -1, true, null),
        fc.array(tie('node'), { maxLength: 2 }),
        fc.dictionary(fc.constantFrom(...names), tie('node'), { maxKeys: 4 }),
      ),
    }));

    fc.assert(
      fc.property(fc.array(node, { maxLength: 3 }), (chunks) => {
        expect(() => encode(assemble(decode(chunks)))).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });
});

describe('a stream for a client of Gemini', () => {
  test('is whole responses under one id, with the end in the last one', () => {
    const usage = {
      inputTokens: 9,
      cacheReadInputTokens: 0,
      cacheWrite5mInputTokens: 1,
      cacheWrite1hInputTokens: 2,
      outputTokens: 7,
      reasoningTokens: 2,
    };

    const chunks = encode([
      { type: 'start', model: 'claude', usage: undefined },
      ...block(0, { kind: 'text' }, { type: 'delta', text: 'Hel' }, { type: 'delta', text: 'lo' }),
      finish('length'),
      { type: 'end', usage },
    ]);

    const same = { modelVersion: 'claude', responseId: 'req_1' };
    const content = (text: string) => ({ role: 'model', parts: [{ text }] });
    expect(chunks).toEqual([
      { candidates: [{ content: content('Hel'), index: 0 }], ...same },
      { candidates: [{ content: content('lo'), index: 0 }], ...same },
      {
        candidates: [{ content: content(''), finishReason: 'MAX_TOKENS', index: 0 }],
        usageMetadata: { promptTokenCount: 12, candidatesTokenCount: 5, thoughtsTokenCount: 2, totalTokenCount: 19 },
        ...same,
      },
    ]);
  });

  test('gives each call whole, behind its last argument', () => {
    const start = { kind: 'tool-call', id: 'one', name: 'f', state: { origin: 'gemini', value: 'YQ==' } };

    const chunks = encode([
      ...block(0, start, { type: 'delta', text: '{"a":' }, { type: 'delta', text: '1}' }),
      ...block(1, { ...start, id: 'two' }, { type: 'delta', text: '{}' }),
    ]);

    expect(chunks.map(({ candidates }) => candidates[0]?.content.parts ?? [])).toEqual([
      [{ functionCall: { id: 'one', name: 'f', args: { a: 1 } }, thoughtSignature: 'YQ==' }],
      [{ functionCall: { id: 'two', name: 'f', args: {} }, thoughtSignature: 'YQ==' }],
    ]);
  });

  test('leaves out a call that was cut short, and says so', () => {
    const chunks = encode([
      ...block(0, { kind: 'tool-call', id: 'one', name: 'f' }, { type: 'delta', text: '{"secret":' }),
      finish('tool_calls'),
      end,
    ]);

    expect(chunks).toHaveLength(1);
    expect(chunks[0]?.candidates[0]).toMatchObject({ finishReason: 'MALFORMED_FUNCTION_CALL' });
    expect(JSON.stringify(chunks)).not.toContain('secret');
  });

  test('carries signatures of thoughts and text behind them', () => {
    const state = { origin: 'anthropic', value: 'EqQB' };
    const thoughtSignature = Buffer.from('gh1.anthropic.EqQB').toString('base64');

    const chunks = encode([
      ...block(0, { kind: 'reasoning' }, { type: 'delta', text: 'Hm' }, { type: 'state', state }),
      ...block(1, { kind: 'redacted-reasoning', state }),
      ...block(2, { kind: 'text' }, { type: 'delta', text: 'Hi' }, { type: 'state', state }),
    ]);

    expect(chunks.flatMap(({ candidates }) => candidates[0]?.content.parts ?? [])).toEqual([
      { text: 'Hm', thought: true },
      { text: '', thought: true, thoughtSignature },
      { thought: true, thoughtSignature },
      { text: 'Hi' },
      { text: '', thoughtSignature },
    ]);
  });

  test('cites what was cited in its last response, in bytes of all text', () => {
    const citation = { kind: 'url', url: 'https://example.com' };

    const chunks = encode([
      ...block(0, { kind: 'text' }, { type: 'delta', text: 'Grüße ' }),
      ...block(1, { kind: 'text' }, { type: 'delta', text: '👋' }, { type: 'citation', citation }),
      finish('stop'),
      end,
    ]);

    expect(chunks.at(-1)?.candidates[0]?.groundingMetadata).toEqual({
      groundingChunks: [{ web: { uri: 'https://example.com' } }],
      groundingSupports: [{ segment: { startIndex: 8, endIndex: 12, text: '👋' }, groundingChunkIndices: [0] }],
    });
  });

  test('ends all of its candidates at once', () => {
    const chunks = encode([finish('stop', 0), finish('refusal', 1), end]);

    expect(chunks).toMatchObject([
      {
        candidates: [
          { finishReason: 'STOP', index: 0 },
          { finishReason: 'SAFETY', index: 1 },
        ],
      },
    ]);
  });

  test('tells no usage where none is wanted', () => {
    const usage = {
      inputTokens: 9,
      cacheReadInputTokens: 0,
      cacheWrite5mInputTokens: 0,
      cacheWrite1hInputTokens: 0,
      outputTokens: 7,
      reasoningTokens: 2,
    };

    const [chunkWithEnd] = encode([finish('stop'), { type: 'end', usage }], { ...context, includeUsage: false });

    expect(chunkWithEnd).not.toHaveProperty('usageMetadata');
  });
});

test('what Gemini streams reaches a client of Gemini, wherever its bytes are split', () => {
  const chunks = [
    chunk([{ text: 'Überlegung', thought: true }]),
    chunk([
      { text: 'Grüße 👋' },
      { functionCall: { id: 'one', name: 'f', args: { a: 'ü' } }, thoughtSignature: 'YQ==' },
    ]),
    { ...chunk([{ text: '' }], { finishReason: 'STOP' }), usageMetadata },
  ];
  const bytes = Buffer.from(chunks.map((value) => `data: ${JSON.stringify(value)}\r\n\r\n`).join(': ping\n\n'));
  const translate = (split: number): string => {
    const reader = createTranslatingReader({
      framing: createSseFraming(),
      decoder: geminiCodec.createStreamDecoder(),
      encoder: geminiCodec.createStreamEncoder(context),
      requestId: 'req_1',
    });
    const passed = [reader.push(bytes.subarray(0, split)), reader.push(bytes.subarray(split)), reader.finish()];
    const ending = reader.ending();
    return Buffer.concat([...passed, ending?.kind === 'end' ? ending.bytes : Buffer.from('broken')]).toString();
  };
  const whole = translate(0);

  for (let split = 1; split <= bytes.length; split += 1) expect(translate(split)).toBe(whole);
  expect(whole.split('\n\n').length - 1).toBe(4);
  expect(whole).toContain('"thoughtSignature":"YQ=="');
  expect(whole).toContain('"totalTokenCount":16');
});
