import * as fc from 'fast-check';
import { describe, test } from 'vitest';
import { openaiResponsesCodec } from '../../../../../lambdas/wire/codecs/openai-responses/codec.ts';
import { WireError } from '../../../../../lambdas/wire/wire-error.ts';

describe('any JSON at all', () => {
  const types = ['message', 'function_call', 'function_call_output', 'custom_tool_call', 'reasoning', 'item_reference'];
  const known = fc.constantFrom(
    ...types,
    'input_text',
    'input_image',
    'input_file',
    'output_text',
    'function',
    'custom',
  );
  const value = fc.letrec((tie) => ({
    any: fc.oneof({ maxDepth: 4 }, fc.jsonValue({ maxDepth: 1 }), known, tie('list'), tie('object')),
    list: fc.array(tie('any'), { maxLength: 3 }),
    object: fc.dictionary(
      fc.constantFrom(
        'type',
        'role',
        'content',
        'text',
        'call_id',
        'name',
        'arguments',
        'output',
        'summary',
        'format',
        'tools',
      ),
      tie('any'),
      { maxKeys: 5 },
    ),
  })).any;
  const names = [
    'input',
    'instructions',
    'tools',
    'tool_choice',
    'text',
    'reasoning',
    'include',
    'metadata',
    'temperature',
  ];

  const item = fc
    .record({ type: known, value })
    .map(({ type, value: rest }) => ({ ...(isRecord(rest) && rest), type }));
  const isRecord = (given: unknown): given is object => typeof given === 'object' && given !== null;

  test('is read or refused, and never breaks the reader', () => {
    const fields = fc.dictionary(fc.constantFrom(...names), fc.oneof(value, fc.array(item, { maxLength: 4 })));

    const read = fc.property(fields, (any) => {
      try {
        openaiResponsesCodec.decodeRequest({ input: 'Hi', ...any }, { stream: false });
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
      }
    });

    fc.assert(read, { numRuns: 2000 });
  });
});
