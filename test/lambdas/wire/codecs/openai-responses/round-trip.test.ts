import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AssistantPart } from '../../../../../lambdas/wire/canonical/request.ts';
import type { BlockStart, CanonicalEvent } from '../../../../../lambdas/wire/canonical/response.ts';
import { openaiResponsesCodec as codec } from '../../../../../lambdas/wire/codecs/openai-responses/codec.ts';
import { at, block, delta, ending, patching, start, stream, whole } from './answers.ts';

describe('any answer', () => {
  const text = fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' });
  const opaque = fc.stringMatching(/^[\w+/=.:-]{1,12}$/);
  const state = fc.record({
    origin: fc.constantFrom('anthropic', 'gemini', 'openai', 'bedrock'),
    value: opaque,
  } as const);
  const foreign = fc.record({ origin: fc.constantFrom('anthropic', 'openai', 'bedrock'), value: opaque } as const);
  const part: fc.Arbitrary<AssistantPart> = fc.oneof(
    fc.record({ type: fc.constant('text'), text } as const),
    fc.record({
      type: fc.constant('text'),
      text,
      state: fc.record({ origin: fc.constant('gemini'), value: opaque } as const),
    } as const),
    fc.record({ type: fc.constant('refusal'), text } as const),
    fc.record({ type: fc.constant('reasoning'), text } as const),
    fc.record({ type: fc.constant('reasoning'), text: fc.oneof(text, fc.constant('')), state } as const),
    fc.record({ type: fc.constant('redacted-reasoning'), state: foreign } as const),
    fc
      .record({
        name: fc.constantFrom('look', 'apply_patch'),
        input: fc.string(),
        state: fc.option(state, { nil: undefined }),
      })
      .map(({ name, input, state: signed }) => ({
        type: 'tool-call' as const,
        id: 'call',
        name,
        arguments: JSON.stringify({ input }),
        ...(signed !== undefined && { state: signed }),
      })),
  );
  const contents = fc
    .array(part, { minLength: 1, maxLength: 6 })
    .map((parts) => parts.map((each, index) => (each.type === 'tool-call' ? { ...each, id: `call_${index}` } : each)));

  test('comes back from its client as it was said, states and signatures included', () => {
    const returned = fc.property(contents, (content) => {
      const { output } = whole(content, 'stop', {}, patching);

      const { messages } = codec.decodeRequest({ ...patching, input: output }, { stream: false });

      const withoutPaths = JSON.parse(JSON.stringify(messages, (key, value) => (key === 'path' ? undefined : value)));
      expect(withoutPaths).toEqual([{ role: 'assistant', content }]);
    });

    fc.assert(returned, { numRuns: 500 });
  });

  test('is the same streamed as whole', () => {
    const streamed = fc.property(contents, (content) => {
      const blocks = content.flatMap((each, index) => {
        const { type, ...rest } = each;
        const opened = type === 'tool-call' || type === 'redacted-reasoning' ? { ...rest, kind: type } : { kind: type };
        const said = 'arguments' in each ? each.arguments : 'text' in each ? each.text : '';
        const signed = 'state' in each && 'text' in each && each.state !== undefined;
        return block(
          index,
          opened as BlockStart,
          ...(said === '' ? [] : [delta(index, said)]),
          ...(signed ? [{ type: 'state', ...at(index), state: each.state } as CanonicalEvent] : []),
        );
      });

      const events = stream([start, ...blocks, ...ending('stop')], patching);

      expect(events.at(-1)?.response).toEqual(whole(content, 'stop', {}, patching));
    });

    fc.assert(streamed, { numRuns: 500 });
  });
});
