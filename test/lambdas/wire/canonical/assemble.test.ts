import { describe, expect, test } from 'vitest';
import { noUsage } from '../../../../lambdas/metering/token-usage.ts';
import { createAssembler } from '../../../../lambdas/wire/canonical/assemble.ts';
import type { OpaqueState } from '../../../../lambdas/wire/canonical/opaque.ts';
import type { CanonicalEvent, Reading } from '../../../../lambdas/wire/canonical/response.ts';
import type { FinishReason } from '../../../../lambdas/wire/protocol.ts';
import { readSequence } from './grammar.ts';

const seed = 'req_01ARZ3NDEKTSV4RRFFQ69G5FAV';
const choice = 0;
const state: OpaqueState = { origin: 'anthropic', value: 'c2ln' };
const usage = { ...noUsage, inputTokens: 7, outputTokens: 3 };

const text = (words: string): Reading => ({ type: 'text', choice, text: words });
const reasoning = (words: string): Reading => ({ type: 'reasoning', choice, text: words });
const call = (key: number, id: string | undefined, name: string): Reading => ({
  type: 'tool-call',
  choice,
  key,
  name,
  ...(id !== undefined && { id }),
});
const args = (key: number, words: string): Reading => ({ type: 'tool-arguments', choice, key, text: words });
const finish = (reason: FinishReason): Reading => ({ type: 'finish', choice, reason });

/** Every event, and how many had come after each reading. */
function assemble(readings: readonly Reading[]): { events: CanonicalEvent[]; counts: number[] } {
  const assembler = createAssembler(seed);
  const events: CanonicalEvent[] = [];
  const counts = readings.map((reading) => events.push(...assembler.read(reading)));
  events.push(...assembler.end());
  return { events, counts };
}

function blocksOf(readings: readonly Reading[]) {
  return readSequence(assemble(readings).events)
    .get(choice)
    ?.blocks.map(({ start, text: words, state: proof }) => [start.kind, words, ...(proof ? [proof] : [])]);
}

const reasonOf = (readings: readonly Reading[]): FinishReason | undefined =>
  readSequence(assemble(readings).events).get(choice)?.finishReason;

describe('the sequence', () => {
  test('begins with the model and the usage known by then, and ends with the last usage', () => {
    const last = { ...usage, outputTokens: 9 };

    const { events, counts } = assemble([
      { type: 'start', model: 'm-1' },
      { type: 'usage', usage },
      text('Hi'),
      finish('stop'),
      { type: 'usage', usage: last },
      { type: 'end' },
    ]);

    expect(events).toEqual([
      { type: 'start', model: 'm-1', usage },
      { type: 'block-start', choice, index: 0, block: { kind: 'text' } },
      { type: 'delta', choice, index: 0, text: 'Hi' },
      { type: 'block-stop', choice, index: 0 },
      { type: 'finish', choice, reason: 'stop', stopSequence: undefined },
      { type: 'end', usage: last },
    ]);
    expect(counts).toEqual([0, 1, 3, 3, 3, 6]);
  });

  test('starts with the first content where no usage comes before it', () => {
    const { events, counts } = assemble([{ type: 'start', model: 'm-1' }, text(''), text('Hi')]);

    expect(counts).toEqual([0, 0, 3]);
    expect(events[0]).toEqual({ type: 'start', model: 'm-1', usage: undefined });
  });

  test('of an answer without content has its finish and its end', () => {
    const { events } = assemble([{ type: 'usage', usage }]);

    expect(events).toEqual([
      { type: 'start', model: undefined, usage },
      { type: 'finish', choice, reason: 'other', stopSequence: undefined },
      { type: 'end', usage },
    ]);
  });

  test('has nothing after the end, nor after an error', () => {
    const ended = createAssembler(seed);
    const failed = createAssembler(seed);
    ended.read({ type: 'end' });
    failed.read(text('Hi'));
    const atError = failed.read({ type: 'error', error: { message: 'overloaded' } });

    const late = [ended, failed].flatMap((assembler) => [
      ...assembler.read(text('late')),
      ...assembler.read({ type: 'end' }),
      ...assembler.end(),
    ]);

    expect([...atError, ...late]).toEqual([]);
  });

  test('finishes every choice, in their order', () => {
    const { events } = assemble([
      { type: 'text', choice: 1, text: 'b' },
      { type: 'finish', choice: 1, reason: 'length' },
      { type: 'text', choice: 0, text: 'a' },
      { type: 'finish', choice: 0, reason: 'stop', stopSequence: 'END' },
    ]);

    expect(events.filter(({ type }) => type === 'finish')).toEqual([
      { type: 'finish', choice: 0, reason: 'stop', stopSequence: 'END' },
      { type: 'finish', choice: 1, reason: 'length', stopSequence: undefined },
    ]);
    readSequence(events);
  });
});

describe('blocks', () => {
  test.each<[string, readonly Reading[], readonly unknown[]]>([
    [
      'change with the kind',
      [reasoning('a'), reasoning('b'), text('c')],
      [
        ['reasoning', 'ab'],
        ['text', 'c'],
      ],
    ],
    [
      'end where the provider says so',
      [text('a'), { type: 'block-end', choice }, text('b')],
      [
        ['text', 'a'],
        ['text', 'b'],
      ],
    ],
    [
      'of reasoning end with their state',
      [reasoning('a'), { type: 'state', choice, of: 'reasoning', state }, reasoning('b')],
      [
        ['reasoning', 'a', state],
        ['reasoning', 'b'],
      ],
    ],
    [
      'keep the state of text with the text',
      [text('a'), { type: 'state', choice, of: 'text', state }],
      [['text', 'a', state]],
    ],
    [
      'are made for a state that comes alone',
      [text('a'), { type: 'state', choice, of: 'reasoning', state }, text('b')],
      [
        ['text', 'a'],
        ['reasoning', '', state],
        ['text', 'b'],
      ],
    ],
    [
      'may be whole at once',
      [
        text('a'),
        { type: 'redacted-reasoning', choice, state },
        { type: 'image', choice, mediaType: 'image/png', data: 'AA==' },
      ],
      [
        ['text', 'a'],
        ['redacted-reasoning', ''],
        ['image', ''],
      ],
    ],
  ])('%s', (_, readings, expected) => {
    const blocks = blocksOf(readings);

    expect(blocks).toEqual(expected);
  });

  test('of text carry citations and log probabilities, alone too', () => {
    const citation: Reading = { type: 'citation', choice, citation: { kind: 'url', url: 'https://example.com' } };
    const logprobs: Reading = { type: 'logprobs', choice, logprobs: [{ token: 'a', logprob: -1, alternatives: [] }] };

    const { events } = assemble([text('a'), citation, logprobs, { type: 'block-end', choice }, citation]);

    const blocks = readSequence(events).get(choice)?.blocks ?? [];
    expect(blocks.map(({ start, notes }) => [start.kind, notes.map(({ type }) => type)])).toEqual([
      ['text', ['citation', 'logprobs']],
      ['text', ['citation']],
    ]);
  });
});

describe('tool calls', () => {
  test('stream as they come', () => {
    const { counts } = assemble([call(0, 'a', 'f'), args(0, '{"x"'), args(0, ':1}'), call(1, 'b', 'g')]);

    expect(counts).toEqual([2, 3, 4, 6]);
  });

  test('lose nothing when their arguments are mixed', () => {
    const blocks = blocksOf([
      call(0, 'a', 'f'),
      call(1, 'b', 'g'),
      args(1, '{"y":'),
      args(0, '{"x"'),
      args(1, '2}'),
      args(0, ':"}"}'),
      text('done'),
    ]);

    expect(blocks).toEqual([
      ['tool-call', '{"x":"}"}'],
      ['tool-call', '{"y":2}'],
      ['text', 'done'],
    ]);
  });

  test('let a complete call go as soon as another begins', () => {
    const { events } = assemble([call(0, 'a', 'f'), args(0, '{}'), call(1, 'b', 'g')]);

    expect(events.slice(1).map(({ type }) => type)).toEqual([
      'block-start',
      'delta',
      'block-stop',
      'block-start',
      'delta',
      'block-stop',
      'finish',
      'end',
    ]);
  });

  test.each([
    ['none', []],
    ['white space', [args(0, ' \n')]],
  ])('with %s as arguments get an empty object', (_, readings) => {
    const blocks = blocksOf([call(0, 'a', 'f'), ...readings]);

    expect(JSON.parse(blocks?.[0]?.[1] as string)).toEqual({});
  });

  test('wait for a name that comes late', () => {
    const { events, counts } = assemble([args(0, '{"x":1}'), call(0, 'a', ''), call(0, '', 'f')]);

    expect(counts).toEqual([0, 0, 3]);
    expect(events[1]).toMatchObject({ block: { kind: 'tool-call', id: 'a', name: 'f' } });
  });

  test('get unique ids where theirs are missing, empty or taken', () => {
    const { events } = assemble([
      call(0, undefined, 'f'),
      call(1, '', 'f'),
      call(2, 'a', 'f'),
      call(3, 'a', 'f'),
      call(4, 'call_01ARZ3NDEKTSV4RRFFQ69G5FAV_3', 'f'),
    ]);

    const ids = events.flatMap((event) =>
      event.type === 'block-start' && event.block.kind === 'tool-call' ? [event.block.id] : [],
    );
    expect(ids).toEqual([
      'call_01ARZ3NDEKTSV4RRFFQ69G5FAV_0',
      'call_01ARZ3NDEKTSV4RRFFQ69G5FAV_1',
      'a',
      'call_01ARZ3NDEKTSV4RRFFQ69G5FAV_2',
      'call_01ARZ3NDEKTSV4RRFFQ69G5FAV_3',
    ]);
  });

  test('keep apart what ended while it waited', () => {
    const end: Reading = { type: 'block-end', choice };

    const blocks = blocksOf([call(0, 'a', 'f'), args(0, '{'), text('x'), end, text('y'), args(0, '}')]);

    expect(blocks).toEqual([
      ['tool-call', '{}'],
      ['text', 'x'],
      ['text', 'y'],
    ]);
  });

  test('that have ended take nothing more, and do not hide what is open', () => {
    const end: Reading = { type: 'block-end', choice };

    const blocks = blocksOf([call(0, 'a', 'f'), args(0, '{}'), text('x'), args(0, ' '), end, text('y')]);

    expect(blocks).toEqual([
      ['tool-call', '{}'],
      ['text', 'x'],
      ['text', 'y'],
    ]);
  });

  test('are told apart by their ids where the provider uses one key for all', () => {
    const blocks = blocksOf([call(0, 'a', 'f'), args(0, '{"x":1}'), call(0, 'b', 'g'), args(0, '{"x":2}')]);

    expect(blocks).toEqual([
      ['tool-call', '{"x":1}'],
      ['tool-call', '{"x":2}'],
    ]);
  });

  test('that ended leave their key to the next', () => {
    const end: Reading = { type: 'block-end', choice };

    const blocks = blocksOf([call(0, undefined, 'f'), args(0, '1'), end, call(0, undefined, 'f'), args(0, '2')]);

    expect(blocks).toEqual([
      ['tool-call', '1'],
      ['tool-call', '2'],
    ]);
  });
});

describe('the finish reason', () => {
  test.each<[readonly Reading[], FinishReason]>([
    [[text('a'), finish('stop')], 'stop'],
    [[text('a')], 'other'],
    [[call(0, 'a', 'f'), finish('stop')], 'tool_calls'],
    [[call(0, 'a', 'f'), finish('other')], 'tool_calls'],
    [[call(0, 'a', 'f')], 'tool_calls'],
    [[text('a'), finish('tool_calls')], 'stop'],
    [[call(0, 'a', 'f'), finish('length')], 'length'],
    [[call(0, 'a', 'f'), finish('content_filter')], 'content_filter'],
    [[{ type: 'refusal', choice, text: 'No.' }, finish('stop')], 'refusal'],
    [[text('a'), finish('pause')], 'pause'],
    [[text('a'), finish('stop'), finish('length')], 'length'],
  ])('fits what was seen: %j', (readings, expected) => {
    const reason = reasonOf(readings);

    expect(reason).toBe(expected);
  });
});

test('facts are the usage, the reason once it was told, and how much content there was', () => {
  const assembler = createAssembler(seed);
  for (const reading of [text('a'), reasoning('b'), call(0, 'a', 'f')]) assembler.read(reading);

  const before = assembler.facts();
  assembler.read(finish('stop'));
  assembler.read({ type: 'usage', usage });
  const after = assembler.facts();

  expect(before).toEqual({ usage: undefined, finishReason: undefined });
  expect(after).toEqual({ usage, finishReason: 'tool_calls' });
  expect(assembler.contentEvents()).toBe(3);
});
