import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { openaiChatCodec } from '../../../../../lambdas/wire/codecs/openai-chat/codec.ts';
import { WireError } from '../../../../../lambdas/wire/wire-error.ts';

const word = fc.constantFrom('text', 'image_url', 'file', 'function', 'user', 'assistant', 'tool', 'data:', 'x', '');
const names = [
  'type role content text image_url url file file_data tool_calls function name id arguments reasoning_details',
  'cache_control tool_call_id input_audio json_schema schema thinking refusal function_call effort constructor',
].flatMap((line) => line.split(' '));
const anyJson = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom(null, true, 0, -1.5, 'x'),
    word,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...names), tie('value'), { maxKeys: 5 }),
  ),
})).value;
const member = fc.constantFrom(
  'tools',
  'tool_choice',
  'functions',
  'response_format',
  'reasoning',
  'thinking',
  'stop',
  'n',
);
const message = fc.oneof(anyJson, fc.record({ role: word, content: anyJson, tool_calls: anyJson, images: anyJson }));

test('any JSON is read or refused with a path, never anything else', () => {
  fc.assert(
    fc.property(fc.array(message), fc.dictionary(member, anyJson), (messages, members) => {
      try {
        openaiChatCodec.decodeRequest({ messages, ...members }, { stream: false });
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
        expect((error as WireError).param).toMatch(/^[\w.[\]]+$/);
      }
    }),
    { numRuns: 1000 },
  );
});

test('any JSON is an answer or none', () => {
  fc.assert(
    fc.property(fc.array(anyJson), anyJson, (choices, value) => {
      openaiChatCodec.decodeResponse(value);
      openaiChatCodec.decodeResponse({ choices: choices.map((each) => ({ message: each, delta: each })) });
      const decoder = openaiChatCodec.createStreamDecoder();
      for (const delta of choices) {
        const data = JSON.stringify({ choices: [{ index: 0, delta }, delta], x_groq: delta });
        decoder.decode({ name: undefined, data });
        decoder.decode({ name: undefined, data: JSON.stringify(delta) });
      }
    }),
  );
});
