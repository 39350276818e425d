import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EncodingTarget } from '../../../../../lambdas/wire/canonical/codec.ts';
import { createLosses } from '../../../../../lambdas/wire/canonical/losses.ts';
import { openaiChatCodec } from '../../../../../lambdas/wire/codecs/openai-chat/codec.ts';

const target: EncodingTarget = {
  model: 'gpt-x',
  maxOutputTokens: undefined,
  modelMaxOutputTokens: undefined,
  maxTokensField: 'max_completion_tokens',
  acceptsStreamOptions: true,
};

const text = fc.string({ minLength: 1, maxLength: 8 });
const json = fc.dictionary(fc.string({ maxLength: 4 }), fc.jsonValue()).map((value) => JSON.stringify(value));
const userMessage = fc.oneof(
  text.map((content) => ({ role: 'user', content })),
  fc
    .array(
      fc.oneof(
        text.map((words) => ({ type: 'text', text: words })),
        fc.constantFrom<object>(
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==', detail: 'high' } },
          { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
          { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBE' } },
          { type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } },
        ),
      ),
      { minLength: 2, maxLength: 4 },
    )
    .map((content) => ({ role: 'user', content })),
);
const turn = fc
  .tuple(userMessage, fc.option(text, { nil: null }), fc.array(fc.tuple(json, text), { maxLength: 3 }))
  .map(([asked, content, calls], at = 0) => [asked, content, calls, at] as const);
const conversation = fc.array(turn, { minLength: 1, maxLength: 4 }).map((turns) =>
  turns.flatMap(([asked, content, calls], at) => [
    asked,
    ...(content === null && calls.length === 0
      ? []
      : [
          {
            role: 'assistant',
            content,
            ...(calls.length > 0 && {
              tool_calls: calls.map(([written], index) => ({
                id: `call_${at}_${index}`,
                type: 'function',
                function: { name: 'f', arguments: written },
              })),
            }),
          },
        ]),
    ...calls.map(([, result], index) => ({ role: 'tool', tool_call_id: `call_${at}_${index}`, content: result })),
  ]),
);

test('a conversation comes back as it was read', () => {
  fc.assert(
    fc.property(conversation, (messages) => {
      const request = openaiChatCodec.decodeRequest({ messages }, { stream: false });

      const body = openaiChatCodec.encodeRequest(request, target, createLosses('Example', { dropping: false }));

      expect(body).toEqual({ model: 'gpt-x', messages });
    }),
  );
});
