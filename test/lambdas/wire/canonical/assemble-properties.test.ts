import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { noUsage } from '../../../../lambdas/metering/token-usage.ts';
import { createAssembler } from '../../../../lambdas/wire/canonical/assemble.ts';
import type { OpaqueState } from '../../../../lambdas/wire/canonical/opaque.ts';
import type { CanonicalEvent, Reading } from '../../../../lambdas/wire/canonical/response.ts';
import { readSequence } from './grammar.ts';

const choice = 0;
const state: OpaqueState = { origin: 'anthropic', value: 'c2ln' };
const usage = { ...noUsage, inputTokens: 7, outputTokens: 3 };

function assemble(readings: readonly Reading[]): readonly CanonicalEvent[] {
  const assembler = createAssembler('req_01ARZ3NDEKTSV4RRFFQ69G5FAV');
  return [...readings.flatMap((reading) => assembler.read(reading)), ...assembler.end()];
}

const words = fc.string({ maxLength: 4 });
const key = fc.integer({ min: 0, max: 2 });
const anyChoice = fc.constantFrom(0, 0, 0, 1);
const anyReading: fc.Arbitrary<Reading> = fc.oneof(
  fc.record({ type: fc.constant('start' as const), model: fc.constant('m') }),
  fc.record({
    type: fc.constantFrom('text' as const, 'refusal' as const, 'reasoning' as const),
    choice: anyChoice,
    text: words,
  }),
  fc.record({
    type: fc.constant('state' as const),
    choice: anyChoice,
    of: fc.constantFrom('reasoning' as const, 'text' as const),
    state: fc.constant(state),
  }),
  fc.record({ type: fc.constant('redacted-reasoning' as const), choice: anyChoice, state: fc.constant(state) }),
  fc.record({
    type: fc.constant('tool-call' as const),
    choice: anyChoice,
    key,
    id: fc.constantFrom('', 'a', 'b'),
    name: fc.constantFrom('', 'f'),
  }),
  fc.record({
    type: fc.constant('tool-arguments' as const),
    choice: anyChoice,
    key,
    text: fc.constantFrom('', '{', '}', '"', ' ', '{}'),
  }),
  fc.record({
    type: fc.constant('citation' as const),
    choice: anyChoice,
    citation: fc.constant({ kind: 'url' as const }),
  }),
  fc.record({
    type: fc.constant('logprobs' as const),
    choice: anyChoice,
    logprobs: fc.constantFrom([], [{ token: 'a', logprob: 0, alternatives: [] }]),
  }),
  fc.record({
    type: fc.constant('image' as const),
    choice: anyChoice,
    mediaType: fc.constant('image/png'),
    data: words,
  }),
  fc.record({ type: fc.constant('block-end' as const), choice: anyChoice }),
  fc.record({
    type: fc.constant('finish' as const),
    choice: anyChoice,
    reason: fc.constantFrom('stop' as const, 'length' as const),
  }),
  fc.record({ type: fc.constant('usage' as const), usage: fc.constant(usage) }),
  fc.record({ type: fc.constant('end' as const) }),
);

test('any readings make a legal sequence in which every text is whole and every call has an id of its own', () => {
  fc.assert(
    fc.property(fc.array(anyReading, { maxLength: 30 }), (readings) => {
      const choices = readSequence(assemble(readings));

      const end = readings.findIndex(({ type }) => type === 'end');
      const read = end === -1 ? readings : readings.slice(0, end);
      for (const [number, { blocks }] of choices) {
        for (const kind of ['text', 'refusal', 'reasoning'] as const) {
          const expected = read.map((each) => (each.type === kind && each.choice === number ? each.text : '')).join('');
          const got = blocks.map((block) => (block.start.kind === kind ? block.text : '')).join('');
          expect(got).toBe(expected);
        }
      }
      const ids = [...choices.values()].flatMap(({ blocks }) =>
        blocks.flatMap(({ start }) => (start.kind === 'tool-call' ? [start.id] : [])),
      );
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids).not.toContain('');
    }),
  );
});

/** The arguments of some calls in pieces, mixed in any way, with text between them. */
const mixed = fc
  .array(fc.tuple(fc.dictionary(words, fc.jsonValue()), fc.integer({ min: 1, max: 5 })), { minLength: 1, maxLength: 4 })
  .chain((calls) => {
    const documents = calls.map(([value]) => JSON.stringify(value));
    const pieces = documents.map((document, at) => {
      const size = Math.ceil(document.length / (calls[at]?.[1] ?? 1));
      return document.match(new RegExp(`.{1,${size}}`, 'gsu')) ?? [];
    });
    const turns = [...pieces.flatMap((all, at) => all.map(() => at)), -1, -1];
    return fc.shuffledSubarray(turns, { minLength: turns.length }).map((order) => ({ documents, pieces, order }));
  });

test('arguments come out as they went in, however the provider mixes them', () => {
  fc.assert(
    fc.property(mixed, ({ documents, pieces, order }) => {
      const left = pieces.map((all) => [...all]);
      const readings: Reading[] = [
        ...documents.map((_, at): Reading => ({ type: 'tool-call', choice, key: at, id: `id${at}`, name: 'f' })),
        ...order.map((at): Reading =>
          at === -1
            ? { type: 'text', choice, text: 'x' }
            : { type: 'tool-arguments', choice, key: at, text: left[at]?.shift() ?? '' },
        ),
      ];

      const blocks = readSequence(assemble(readings)).get(choice)?.blocks ?? [];

      const textOf = (kind: string): string[] =>
        blocks.flatMap((block) => (block.start.kind === kind ? [block.text] : []));
      expect(textOf('tool-call')).toEqual(documents);
      expect(textOf('text').join('')).toBe('xx');
    }),
  );
});
